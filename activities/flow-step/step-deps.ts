import type { FlowCatalogue } from '../../src/flows/flow-catalogue.ts';
import type { GuardedFetch } from '../../src/tools/guarded-fetch.ts';
import type { TaskDeps } from '../calls/call-deps.ts';

/** What the activities of flows work with. */
export interface FlowDeps extends TaskDeps {
  flows: FlowCatalogue;
  fetch: GuardedFetch;
}
