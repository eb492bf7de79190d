import type { Claim, ClaimRef, TaskShape } from '../../contracts/crew-run.ts';
import type { FinishedStep, FlowShape } from '../../domain/flow/flow-shape.ts';
import type { ExecutionStatus, TaskStatus } from '../../domain/run/status.ts';
import { appendEvents, type NewEvent } from '../../persistence/event-log.ts';
import { together, type Sql, type SqlPool } from '../../persistence/sql.ts';
import { parseTimestamp } from '../../persistence/timestamp.ts';
import { KEYS_LEFT } from './tasks-left.ts';

/** How a Temporal run takes an execution, and what it learns with that. */

interface ClaimRow {
  status: ExecutionStatus;
  flow_shape: FlowShape | null;
  pause_requested: boolean;
  control_version: number;
  timeout_seconds: number | null;
  started_at: string;
  created_at: string;
}

export interface ClaimOptions {
  /** How many tasks one Temporal run takes; left out for all. */
  mostTasks?: number | null;
  /** Hears of the first claim, once it is written: how long the run had waited. */
  onStart?: (waitedMs: number) => void;
}

/**
 * Takes a run for one Temporal run. The first to claim a generation has it; the same Temporal run may claim
 * again (a local activity can be repeated), and so may the one that continues it. Only a claim counts as started.
 */
export async function claimRun(
  database: SqlPool,
  ref: ClaimRef,
  temporalRunId: string,
  now: Date,
  { mostTasks = null, onStart }: ClaimOptions = {},
): Promise<Claim> {
  let waitedMs: number | undefined;
  const claim = await database.transaction(async (sql): Promise<Claim> => {
    const [row] = await sql.query<ClaimRow>(
      `update executions set claimed_run_id = $3,
         status = case when status = 'pending' then 'running' else status end,
         started_at = coalesce(started_at, $4), updated_at = $4
       where id = $1 and generation = $2 and execution_id = $6 and (claimed_run_id is null or claimed_run_id in ($3, $5)) and not queued
         and status not in ('completed', 'failed', 'cancelled')
       returning status, flow_shape, pause_requested, control_version, timeout_seconds, started_at, created_at`,
      [
        ref.id,
        ref.generation,
        temporalRunId,
        now.toISOString(),
        ref.continues ?? temporalRunId,
        ref.executionId,
      ],
    );
    if (row === undefined) return { accepted: false };
    if (parseTimestamp(row.started_at).getTime() === now.getTime())
      waitedMs = now.getTime() - parseTimestamp(row.created_at).getTime();
    const started: NewEvent = { type: 'workflow_started', key: 'g1:started', status: row.status };
    const isFirst = ref.generation === 1 && ref.continues === undefined;
    const [work] = await together([
      row.flow_shape === null
        ? nextTasks(sql, ref.id, ref.pages === true ? mostTasks : null)
        : finishedSteps(sql, ref.id, row.flow_shape),
      isFirst ? appendEvents(sql, ref.id, [started], now) : undefined,
    ]);
    return {
      accepted: true,
      ...work,
      paused: row.pause_requested,
      cancelling: row.status === 'cancelling',
      controlVersion: row.control_version,
      timeoutMs: timeLeft(row, now),
    };
  });
  if (waitedMs !== undefined) onStart?.(waitedMs);
  return claim;
}

function timeLeft(row: ClaimRow, now: Date): number | null {
  if (row.timeout_seconds === null) return null;
  const deadline = parseTimestamp(row.started_at).getTime() + row.timeout_seconds * 1000;
  return Math.max(deadline - now.getTime(), 0);
}

type Work = Pick<Extract<Claim, { accepted: true }>, 'tasks' | 'doneBefore' | 'moreTasks' | 'flow'>;

interface TaskRow {
  key: string;
  name: string;
  status: TaskStatus;
  depends_on: string[];
  total: number;
  undone: number;
}

/**
 * The next tasks in plan order that are not done. Those that wait for a person come in addition: however many they are,
 * the others go on. In plan order a task depends on earlier ones only, so these depend on nothing beyond each other.
 * One that was left out before its turn comes as pending: handed out in its turn, it is found to be over.
 */
async function nextTasks(sql: Sql, id: number, most: number | null): Promise<Work> {
  const rows = await sql.query<TaskRow>(
    `with recursive ${KEYS_LEFT}, left_over as materialized (
       select t.task_key, t.name, t.position, t.spec, case when t.status = 'skipped' then 'pending' else t.status end as status
         from task_executions t join keys_left k on k.task_key = t.task_key where t.execution_id = $1
     ), page as (
       select * from left_over where status = 'waiting'
       union all
       (select * from left_over where status <> 'waiting' order by position limit $2::integer)
     )
     select task_key as key, left(name, 200) as name, status,
       array(select d.key from jsonb_array_elements_text(page.spec->'dependsOn') d(key)
              where d.key in (select task_key from keys_left)) as depends_on,
       (select count(*)::integer from task_executions t where t.execution_id = $1) as total,
       (select count(*)::integer from left_over) as undone
     from page order by position`,
    [id, most],
  );
  const tasks: TaskShape[] = rows.map(({ key, name, status, depends_on: dependsOn }) => ({
    key,
    name,
    dependsOn,
    status,
  }));
  const [first] = rows;
  if (first === undefined) return { tasks, doneBefore: await countTasks(sql, id) };
  return { tasks, doneBefore: first.total - first.undone, moreTasks: first.undone - tasks.length };
}

async function countTasks(sql: Sql, id: number): Promise<number> {
  const [row] = await sql.query<{ n: number }>(
    'select count(*)::integer as n from task_executions where execution_id = $1',
    [id],
  );
  return row?.n ?? 0;
}

/** Runs of steps that are over, in the order of their ends: what they set off is worked out from that. */
async function finishedSteps(sql: Sql, id: number, shape: FlowShape): Promise<Work> {
  const finished = await sql.query<FinishedStep>(
    `select task_key as key, label from task_executions
      where execution_id = $1 and status in ('completed', 'skipped') order by finish_order nulls last, position`,
    [id],
  );
  return { tasks: [], flow: { shape, finished } };
}
