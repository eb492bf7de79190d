import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { isDatabaseAway } from '../../src/persistence/database-away.ts';

/** What the database says of a set of runs. */
export interface RunCheck {
  count: number;
  byStatus: Record<string, number>;
  /** Runs that are missing, whose log has a gap or not exactly one final event at its end, or with a task done twice. */
  problems: string[];
}

/** How long a database that is on its way up is waited for. */
const PATIENCE_MS = 60_000;

/** Asks the database as its owner; one that is away is asked again. */
async function query<Row extends object>(url: string, text: string, values: unknown[]): Promise<Row[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const client = new Client({ connectionString: url });
    // A server that is stopped under us says so on the connection as well as in the query.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(text, values)).rows;
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > deadline) throw error;
      await sleep(500);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Waits until all of the runs are final. @throws with how many are not when `timeoutMs` is over */
export async function untilFinal(url: string, ids: readonly string[], timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const [row] = await query<{ open: number }>(
      url,
      `select count(*)::int as open from executions
        where execution_id = any($1) and status not in ('completed', 'failed', 'cancelled')`,
      [ids],
    );
    if (row?.open === 0) return;
    if (Date.now() > deadline) throw new Error(`${row?.open} of ${ids.length} runs are not final`);
    await sleep(1_000);
  }
}

/** Looks at runs that are final. */
export async function checkRuns(url: string, ids: readonly string[]): Promise<RunCheck> {
  const rows = await query<{
    execution_id: string;
    status: string;
    events: number;
    last_seq: number;
    finals: number;
    last_type: string;
    tasks: number;
    done: number;
    done_twice: number;
  }>(
    url,
    `select e.execution_id, e.status,
       (select count(*)::int from execution_events v where v.execution_id = e.id) as events,
       (select max(seq) from execution_events v where v.execution_id = e.id) as last_seq,
       (select count(*)::int from execution_events v where v.execution_id = e.id
          and v.type in ('workflow_completed', 'workflow_failed', 'workflow_cancelled')) as finals,
       (select type from execution_events v where v.execution_id = e.id order by seq desc limit 1) as last_type,
       (select count(*)::int from task_executions t where t.execution_id = e.id) as tasks,
       (select count(distinct task_key)::int from execution_events v
         where v.execution_id = e.id and v.type = 'task_completed') as done,
       (select count(*)::int from (select 1 from execution_events v
         where v.execution_id = e.id and v.type = 'task_completed' group by task_key having count(*) > 1) d) as done_twice
      from executions e where e.execution_id = any($1)`,
    [ids],
  );
  const byStatus: Record<string, number> = {};
  const problems =
    ids.length === rows.length ? [] : [`${ids.length} were accepted, ${rows.length} are there`];
  for (const row of rows) {
    byStatus[row.status] = (byStatus[row.status] ?? 0) + 1;
    const say = (what: string): void => void problems.push(`${row.execution_id}: ${what}`);
    if (row.events !== row.last_seq) say(`${row.events} events, the last is ${row.last_seq}`);
    if (row.finals !== 1 || row.last_type !== `workflow_${row.status}`)
      say(`${row.finals} final events, the last event is ${row.last_type}`);
    if (row.done_twice > 0) say(`${row.done_twice} tasks completed twice`);
    if (row.status === 'completed' && row.done !== row.tasks)
      say(`${row.done} of ${row.tasks} tasks completed`);
  }
  return { count: rows.length, byStatus, problems };
}

/** How many tasks of these runs are completed. */
export async function completedTasks(url: string, ids: readonly string[]): Promise<number> {
  const [row] = await query<{ count: number }>(
    url,
    `select count(*)::int as count from execution_events v join executions e on e.id = v.execution_id
      where e.execution_id = any($1) and v.type = 'task_completed'`,
    [ids],
  );
  return row?.count ?? 0;
}

/** The version of PostgreSQL, as it says itself. */
export async function postgresVersion(url: string): Promise<string> {
  const [row] = await query<{ server_version: string }>(url, 'show server_version', []);
  return row?.server_version ?? 'unknown';
}
