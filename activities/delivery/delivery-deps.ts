import type { SqlPool } from '../../src/persistence/sql.ts';
import type { Waker } from '../../src/persistence/wake.ts';
import type { SecretBox } from '../../src/security/secret-box.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { GuardedFetch } from '../../src/tools/guarded-fetch.ts';

/** What deliveries are made with. */
export interface DeliveryDeps {
  sql: SqlPool;
  fetch: GuardedFetch;
  secrets: SecretBox;
  waker: Waker;
  logger: Logger;
  /** WEBHOOK_RETRY_DELAYS: how long after each failed attempt the next one follows. */
  retryDelaysMs: readonly number[];
  /** WEBHOOK_DISABLE_AFTER */
  disableAfterMs: number;
  now: () => Date;
  draining: () => boolean;
}
