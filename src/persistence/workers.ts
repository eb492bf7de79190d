import type { Sql } from './sql.ts';

/** The workers there are, as they tell of themselves. A worker that has not told for a while is gone. */

/** What a worker is, from its start to its end. */
export interface WorkerIdentity {
  id: string;
  taskQueue: string;
  host: string;
  pid: number;
  /** WORKER_BUILD_ID. */
  buildId: string | null;
  version: string;
  startedAt: Date;
}

export const WORKER_STATUSES = ['running', 'draining', 'ended', 'gone'] as const;
export type WorkerStatus = (typeof WORKER_STATUSES)[number];

/** A worker as it is listed. Times in ISO 8601. */
export interface ListedWorker {
  id: string;
  status: WorkerStatus;
  taskQueue: string;
  host: string;
  pid: number;
  buildId: string | null;
  version: string;
  /** Tasks and steps it holds. */
  tasksOut: number;
  startedAt: string;
  seenAt: string;
  drainRequestedAt: string | null;
  endedAt: string | null;
}

/** Without a word for so long it is gone: killed, or cut off from the database. */
export const GONE_AFTER_MS = 15_000;
/** Those that have ended, or are gone, are listed for so long. */
const KEPT_MS = 24 * 3_600_000;

/** Says that a worker lives. @returns whether it is asked to take nothing new */
export async function tellOfWorker(
  sql: Sql,
  worker: WorkerIdentity,
  tasksOut: number,
  now: Date,
): Promise<{ drains: boolean }> {
  const [row] = await sql.query<{ drains: boolean }>(
    `insert into workers (id, task_queue, host, pid, build_id, version, tasks_out, started_at, seen_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (id) do update set tasks_out = $7, seen_at = $9
     returning drain_requested_at is not null as drains`,
    [
      worker.id,
      worker.taskQueue,
      worker.host,
      worker.pid,
      worker.buildId,
      worker.version,
      tasksOut,
      worker.startedAt.toISOString(),
      now.toISOString(),
    ],
  );
  return { drains: row?.drains === true };
}

/** It has ended as it should. */
export async function tellEndOfWorker(sql: Sql, id: string, now: Date): Promise<void> {
  await sql.query('update workers set ended_at = $2, seen_at = $2, tasks_out = 0 where id = $1', [
    id,
    now.toISOString(),
  ]);
}

/** SQL: a row of `workers` as `ListedWorker`, as it is at $1 with those gone that were not seen since $2. */
const LISTED = `id, task_queue as "taskQueue", host, pid, build_id as "buildId", version, tasks_out as "tasksOut",
  to_json(started_at) #>> '{}' as "startedAt", to_json(seen_at) #>> '{}' as "seenAt",
  to_json(drain_requested_at) #>> '{}' as "drainRequestedAt", to_json(ended_at) #>> '{}' as "endedAt",
  case when ended_at is not null then 'ended' when seen_at < $1 then 'gone'
       when drain_requested_at is not null then 'draining' else 'running' end as status`;

const goneBefore = (now: Date): string => new Date(now.getTime() - GONE_AFTER_MS).toISOString();

/** Newest first. */
export async function listWorkers(
  sql: Sql,
  { status, limit, skip }: { status: WorkerStatus | undefined; limit: number; skip: number },
  now: Date,
): Promise<{ workers: ListedWorker[]; total: number }> {
  const rows = await sql.query<ListedWorker & { total: number }>(
    `select *, (count(*) over ())::integer as total from (select ${LISTED}, started_at as begun from workers) w
      where $2::text is null or status = $2 order by begun desc, id limit $3 offset $4`,
    [goneBefore(now), status ?? null, limit, skip],
  );
  return { workers: rows, total: rows[0]?.total ?? 0 };
}

/** Those that live, by status, with the tasks they hold. */
export const countWorkers = (
  sql: Sql,
  now: Date,
): Promise<{ status: WorkerStatus; count: number; tasks: number }[]> =>
  sql.query(
    `select status, count(*)::integer as count, sum("tasksOut")::integer as tasks
       from (select ${LISTED} from workers where ended_at is null and seen_at >= $1) w group by status`,
    [goneBefore(now)],
  );

/** Asks a worker to take nothing new. It reads that within seconds. @returns undefined when there is none of this id */
export async function askToDrain(
  sql: Sql,
  id: string,
  now: Date,
): Promise<{ worker: ListedWorker; isAsked: boolean } | undefined> {
  const asked = await sql.query<ListedWorker>(
    `update workers set drain_requested_at = coalesce(drain_requested_at, $3)
      where id = $2 and ended_at is null and seen_at >= $1 returning ${LISTED}`,
    [goneBefore(now), id, now.toISOString()],
  );
  const [worker] = asked.length > 0 ? asked : await findWorker(sql, id, now);
  return worker === undefined ? undefined : { worker, isAsked: asked.length > 0 };
}

const findWorker = (sql: Sql, id: string, now: Date): Promise<ListedWorker[]> =>
  sql.query<ListedWorker>(`select ${LISTED} from workers where id = $2`, [goneBefore(now), id]);

/** Forgets those that have ended, or gone, a day ago. @returns how many */
export async function pruneWorkers(sql: Sql, now: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    `delete from workers where id in (select id from workers where seen_at < $1 limit $2) returning id`,
    [new Date(now.getTime() - KEPT_MS).toISOString(), limit],
  );
  return rows.length;
}
