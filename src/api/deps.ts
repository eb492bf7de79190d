import type { Logger } from 'pino';
import type { Settings } from '../config.ts';
import type { AuditTrail } from '../persistence/audit-trail.ts';
import type { Database } from '../persistence/database.ts';
import type { Passwords } from '../security/passwords.ts';
import type { TokenSigner } from '../security/tokens.ts';
import type { ApiMetrics } from '../telemetry/metrics/api-metrics.ts';
import type { Tracing } from '../telemetry/tracing/tracing.ts';
import type { AnyRoute } from './define-route.ts';
import type { GuessGuard } from './guess-guard.ts';
import type { RateLimits } from './rate-limits.ts';
import type { OpenStreams } from './realtime/open-streams.ts';
import type { CredentialWatch } from './realtime/credential-watch.ts';

/** What a look at Temporal says. `unavailable` is an answer, not an error: starts are accepted all the same. */
export interface TemporalHealth {
  status: 'ok' | 'unavailable';
  address: string;
}

/** Everything `createApp` needs from outside. */
export interface ApiDeps {
  settings: Settings;
  database: Database;
  logger: Logger;
  /** Closed by whoever made it, after the last request and before the database. */
  audit: AuditTrail;
  /** Of the program, as `/` and the OpenAPI document say it. */
  version: string;
  temporalHealth: () => Promise<TemporalHealth>;
  /** Every request is the local admin's; only loopback is answered. */
  noAuth: boolean;
  /** Check each answer against its schema and fail with 500 when it does not fit. For tests. */
  validateResponses: boolean;
  /** Whether the demo model stands in for every model, because no provider is configured. */
  demoStandsIn: boolean;
  /** True once the process is on its way out: it finishes what it has and wants nothing new. */
  isDraining: () => boolean;
  /** Default: limits as the settings say, counted in this process alone. */
  rateLimits?: RateLimits;
  /** Looks after the rights behind open streams. Default: one of the app's own. */
  credentials?: CredentialWatch;
  /** What this process counts. Default: counted for nobody. */
  metrics?: ApiMetrics;
  /** Whom it tells what it does. Default: nobody. */
  tracing?: Tracing;
  /** Default: the clock of the machine. */
  now?: () => Date;
  /** Routes beside those of `resources/index.ts`. */
  routes?: readonly AnyRoute[];
}

/** What resources may use: the deps, and what `createApp` made of them. */
export interface ResourceDeps extends ApiDeps {
  passwords: Passwords;
  guesses: GuessGuard;
  open: OpenStreams;
  tokens: TokenSigner;
}
