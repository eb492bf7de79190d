import type { CrewCatalogue } from '../crews/crew-catalogue.ts';
import type { Database } from '../persistence/database.ts';
import type { SecretBox } from '../security/secret-box.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ApiMetrics } from '../telemetry/metrics/api-metrics.ts';
import type { Runs } from '../temporal/runs.ts';
import type { UrlCheck } from '../tools/guarded-fetch.ts';
import type { Reconciler } from './reconciling/reconciler.ts';
import type { PlanServices, StartServices } from './starting/start-services.ts';
import type { DeliveryDispatcher } from './webhooks/delivery-dispatcher.ts';

/** What the engine is made of in one API process, for the doors that start, steer and show runs. */
export interface EngineServices extends StartServices, PlanServices {
  /** As `system`, for repositories. */
  systemDatabase: Database;
  /** What this process counts for Prometheus. */
  metrics: ApiMetrics;
  logger: Logger;
  runs: Runs;
  reconciler: Reconciler;
  crews: CrewCatalogue;
  /** Tells Temporal of what is to be delivered to webhooks and user agents. */
  deliveries: DeliveryDispatcher;
  /** For secrets of others that must be used again. */
  secrets: SecretBox;
  /** Whether an address that is handed in may be called at all. */
  checkUrl: UrlCheck;
}
