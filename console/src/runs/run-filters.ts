import type { ExecutionSchema } from '../api/client.ts';
import { PAGE_SIZE, pageOf } from '../design/list-address.ts';

export type RunStatus = ExecutionSchema['status'];
export type RunKind = ExecutionSchema['kind'];

export const RUN_STATUSES = [
  'pending',
  'running',
  'waiting',
  'paused',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly RunStatus[];
export const RUN_KINDS = ['crew', 'flow', 'task', 'agent_test'] as const satisfies readonly RunKind[];

const FINAL: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);
/** Whether nothing happens any more unless somebody retries it. */
export const isFinal = (status: string): boolean => FINAL.has(status);

/** What the list shows; it stands in the address, so that a view can be sent to somebody. */
export interface RunFilter {
  statuses: RunStatus[];
  kind: RunKind | undefined;
  graphId: string | undefined;
  scheduleId: string | undefined;
  everybodys: boolean;
  page: number;
}

export function readFilter(params: URLSearchParams): RunFilter {
  const asked = (params.get('status') ?? '').split(',');
  return {
    statuses: RUN_STATUSES.filter((status) => asked.includes(status)),
    kind: RUN_KINDS.find((kind) => kind === params.get('kind')),
    graphId: params.get('graph_id') ?? undefined,
    scheduleId: params.get('schedule_id') ?? undefined,
    everybodys: params.get('scope') === 'all',
    page: pageOf(params),
  };
}

export function writeFilter({
  statuses,
  kind,
  graphId,
  scheduleId,
  everybodys,
  page,
}: RunFilter): URLSearchParams {
  const params = new URLSearchParams();
  if (statuses.length > 0) params.set('status', statuses.join(','));
  if (kind !== undefined) params.set('kind', kind);
  if (graphId !== undefined) params.set('graph_id', graphId);
  if (scheduleId !== undefined) params.set('schedule_id', scheduleId);
  if (everybodys) params.set('scope', 'all');
  if (page > 1) params.set('page', String(page));
  return params;
}

/** The same as the API's query. */
export const toQuery = ({ statuses, kind, graphId, scheduleId, everybodys, page }: RunFilter) => ({
  ...(statuses.length > 0 && { status: statuses.join(',') }),
  ...(kind !== undefined && { kind }),
  ...(graphId !== undefined && { graph_id: graphId }),
  ...(scheduleId !== undefined && { schedule_id: scheduleId }),
  scope: everybodys ? ('all' as const) : ('mine' as const),
  skip: (page - 1) * PAGE_SIZE,
  limit: PAGE_SIZE,
});
