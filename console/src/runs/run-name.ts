import type { ExecutionSchema } from '../api/client.ts';

/** What a run is called. */
export const nameOf = (run: ExecutionSchema): string =>
  run.crew_name ?? run.flow_name ?? run.kind.replace('_', ' ');
