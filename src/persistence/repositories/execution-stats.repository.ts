import type { EntityManager } from '@mikro-orm/postgresql';
import type { OwnerScope } from '../database.ts';

/** How executions ended. */
interface Ends {
  count: number;
  successful: number;
  failed: number;
}

/** What they took. */
interface Took {
  /** How many were started: some are cancelled before. */
  started: number;
  /** From start to end, added up. */
  durationMs: number;
  tokens: number;
  /** Millionths of a US dollar; what has no known price counts as nothing. */
  costMicroUsd: number;
}

export interface ExecutionStats extends Ends {
  running: number;
  /** Milliseconds from start to end, of those that were started; null when there are none. */
  averageMs: number | null;
  tokens: number;
  /** Millionths of a US dollar. */
  costMicroUsd: number;
  /** Oldest first; days on which nothing was created that has ended are left out. */
  days: (Ends & Took & { day: string })[];
  /** Those with the most ends. */
  workflows: (Ends & { workflowId: number })[];
  /** The most frequent. */
  errors: { code: string; count: number }[];
}

const TOP = 10;

interface GroupRow {
  day: string | null;
  workflow_id: number | null;
  level: number;
  successful: string;
  failed: string;
  timed: string;
  duration_ms: string;
  tokens: string;
  cost_micro_usd: string;
}

/** By day, by workflow, and in all: told apart by `grouping`, whose bits say what was summed over. */
const BY_DAY = 1;
const BY_WORKFLOW = 2;

/**
 * Sums of what ended, from the counted days (migration 9): a few rows, however many executions there are.
 * @param since the first UTC day, as `2026-11-21`
 * @param workflowId undefined for all executions, whatever started them
 */
export async function executionStats(
  em: EntityManager,
  scope: OwnerScope,
  { since, workflowId }: { since: string; workflowId: number | undefined },
): Promise<ExecutionStats> {
  const owner = 'ownerId' in scope ? scope.ownerId : null;
  const { condition, values } = whereOf(owner, workflowId);
  const groups = await em.execute<GroupRow[]>(
    `select to_char(day, 'YYYY-MM-DD') as day, workflow_id, grouping(day, workflow_id) as level,
       sum(successful)::bigint as successful, sum(failed)::bigint as failed, sum(timed)::bigint as timed,
       sum(duration_ms)::bigint as duration_ms, sum(tokens)::bigint as tokens, sum(cost_micro_usd)::bigint as cost_micro_usd
     from execution_days where day >= ?::date${condition}
     group by grouping sets ((day), (workflow_id), ())`,
    [since, ...values],
  );
  const errors = await em.execute<{ error_code: string; count: string }[]>(
    `select error_code, sum(count)::bigint as count from execution_day_errors where day >= ?::date${condition}
     group by error_code having sum(count) > 0 order by 2 desc, 1 limit ${TOP}`,
    [since, ...values],
  );
  const running = await em.execute<{ running: number }[]>(
    `select count(*)::integer as running from executions
      where status in ('running', 'paused', 'waiting', 'cancelling')${condition}`,
    values,
  );
  const total = groups.find(({ level }) => level === (BY_DAY | BY_WORKFLOW));
  return {
    ...endsOf(total),
    running: running[0]?.running ?? 0,
    averageMs: averageOf(total),
    tokens: Number(total?.tokens ?? 0),
    costMicroUsd: Number(total?.cost_micro_usd ?? 0),
    days: groups
      .filter((row) => row.level === BY_DAY)
      .map((row) => ({ day: row.day ?? '', ...endsOf(row), ...tookOf(row) }))
      .filter(({ count }) => count > 0)
      .toSorted((one, other) => one.day.localeCompare(other.day)),
    workflows: groups
      .filter((row) => row.level === BY_WORKFLOW && row.workflow_id !== 0)
      .map((row) => ({ workflowId: row.workflow_id ?? 0, ...endsOf(row) }))
      .filter(({ count }) => count > 0)
      .toSorted((one, other) => other.count - one.count || one.workflowId - other.workflowId)
      .slice(0, TOP),
    errors: errors.map((row) => ({ code: row.error_code, count: Number(row.count) })),
  };
}

function whereOf(
  owner: string | null,
  workflowId: number | undefined,
): { condition: string; values: (string | number)[] } {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  if (owner !== null) {
    parts.push(' and owner_id = ?');
    values.push(owner);
  }
  if (workflowId !== undefined) {
    parts.push(' and workflow_id = ?');
    values.push(workflowId);
  }
  return { condition: parts.join(''), values };
}

function endsOf(row: GroupRow | undefined): Ends {
  const [successful, failed] = [Number(row?.successful ?? 0), Number(row?.failed ?? 0)];
  return { count: successful + failed, successful, failed };
}

const tookOf = (row: GroupRow): Took => ({
  started: Number(row.timed),
  durationMs: Number(row.duration_ms),
  tokens: Number(row.tokens),
  costMicroUsd: Number(row.cost_micro_usd),
});

const averageOf = (row: GroupRow | undefined): number | null =>
  row === undefined || Number(row.timed) === 0 ? null : Number(row.duration_ms) / Number(row.timed);

export interface ExecutionMetrics {
  modelCalls: number;
  failedModelCalls: number;
  toolCalls: number;
  /** Milliseconds spent in models and in tools, added up over calls that ran side by side. */
  modelMs: number;
  toolMs: number;
  tasks: Record<string, number>;
}

/** What one execution took, counted over its calls and tasks. */
export async function executionMetrics(em: EntityManager, id: number): Promise<ExecutionMetrics> {
  const calls = await em.execute<{ kind: string; count: number; failed: number; ms: string }[]>(
    `select kind, count(*)::integer as count, count(*) filter (where status in ('failed', 'lost'))::integer as failed,
       coalesce(sum(extract(epoch from finished_at - started_at) * 1000), 0)::bigint as ms
     from calls where execution_id = ? group by kind`,
    [id],
  );
  const tasks = await em.execute<{ status: string; count: number }[]>(
    'select status, count(*)::integer as count from task_executions where execution_id = ? group by status',
    [id],
  );
  const of = (kind: string) => calls.find((row) => row.kind === kind);
  return {
    modelCalls: of('model')?.count ?? 0,
    failedModelCalls: of('model')?.failed ?? 0,
    toolCalls: of('tool')?.count ?? 0,
    modelMs: Number(of('model')?.ms ?? 0),
    toolMs: Number(of('tool')?.ms ?? 0),
    tasks: Object.fromEntries(tasks.map((row) => [row.status, row.count])),
  };
}
