import type { Logger } from '../../telemetry/logger.ts';
import type { SqlPool } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import { aboutRun } from '../../telemetry/tracing/ambient.ts';
import { runWorkflowId } from '../../temporal/names.ts';
import type { RunToStart, Runs } from '../../temporal/runs.ts';

/** Rows one look takes; more wait for the next. */
const BATCH = 50;
/** How often it looks by itself: a lost wake-up call costs at most this. */
const LOOK_MS = 1_000;
/** How long a row in hand is hidden from other processes. */
const LEASE_MS = 15_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

interface OutboxRow {
  id: string;
  execution_id: number;
  execution_uuid: string;
  command: 'start' | 'pause' | 'resume' | 'cancel' | 'answer';
  payload: { generation: number; version?: number; taskKey?: string };
  attempts: number;
  owner_id: string;
  crew_name: string | null;
  kind: string;
  priority: number;
  generation: number;
  traceparent: string | null;
}

interface Deps {
  sql: SqlPool;
  runs: Runs;
  listener: WakeListener;
  logger: Logger;
  now: () => Date;
}

/** Tells Temporal what was committed, until Temporal has heard it. */
export interface Dispatcher {
  /** Delivers what is due now; call it after a commit. Never throws. */
  deliverNow(): Promise<void>;
  /** Delivers a start that this process has just committed and holds the lease of: no need to look for it. */
  deliverStart(outboxId: string, run: RunToStart): void;
  close(): Promise<void>;
}

/**
 * Reads the outbox and delivers: starts, signals, cancels. Any number of processes may do so side by side;
 * a row is hidden while one has it, and comes back when that one dies. Delivering twice is harmless.
 */
export function createDispatcher(deps: Deps): Dispatcher {
  const { listener, logger } = deps;
  let closed = false;
  let again = false;
  let running: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    do {
      again = false;
      const rows = await takeDue(deps);
      const byRun = Map.groupBy(rows, (row) => row.execution_id);
      await Promise.all([...byRun.values()].map((commands) => deliverRun(deps, commands)));
      if (rows.length === BATCH && !closed) again = true;
    } while (again);
  };

  const deliverNow = (): Promise<void> => {
    if (closed) return running ?? Promise.resolve();
    again = true;
    running ??= drain()
      .catch((error: unknown) => logger.warn({ err: error }, 'the outbox could not be read'))
      .finally(() => {
        running = undefined;
        if (again && !closed) void deliverNow();
      });
    return running;
  };

  const starts = new Set<Promise<void>>();
  const deliverStart = (outboxId: string, run: RunToStart): void => {
    const delivery = deliverRun(deps, [toRow(outboxId, run)]).catch((error: unknown) =>
      logger.warn({ err: error }, 'a start stays in the outbox'),
    );
    starts.add(delivery);
    void delivery.finally(() => starts.delete(delivery));
  };

  listener.on('outbox', () => void deliverNow());
  const timer = setInterval(() => void deliverNow(), LOOK_MS);
  return {
    deliverNow,
    deliverStart,
    async close() {
      closed = true;
      clearInterval(timer);
      await Promise.all([running, ...starts]);
    },
  };
}

/** Takes what is due, oldest first, and hides it from everybody else for a while. */
function takeDue({ sql, now }: Deps): Promise<OutboxRow[]> {
  const at = now().getTime();
  return sql.query<OutboxRow>(
    `with due as (
       select id from outbox where due_at <= $1 order by id limit $2 for update skip locked
     ), taken as (
       update outbox o set due_at = $3, attempts = attempts + 1 from due where o.id = due.id
       returning o.id, o.execution_id, o.execution_uuid, o.command, o.payload, o.attempts
     )
     select taken.*, e.owner_id, coalesce(e.crew_name, e.flow_name) as crew_name, e.kind, e.priority, e.generation,
            e.traceparent
       from taken join executions e on e.id = taken.execution_id order by taken.id`,
    [new Date(at).toISOString(), BATCH, new Date(at + LEASE_MS).toISOString()],
  );
}

/** Commands of one run go out in their order; different runs do not wait for each other. */
async function deliverRun(deps: Deps, rows: OutboxRow[]): Promise<void> {
  for (const row of rows) await aboutRun(toStart(row), () => deliverOne(deps, row));
}

async function deliverOne(deps: Deps, row: OutboxRow): Promise<void> {
  let outcome: 'done' | 'later' = 'later';
  try {
    outcome = await deliver(deps, row);
  } catch (error) {
    const { command, attempts } = row;
    deps.logger.warn({ err: error, command, attempts }, 'a command waits for Temporal');
  }
  await settle(deps, row, outcome);
}

async function deliver(deps: Deps, row: OutboxRow): Promise<'done' | 'later'> {
  // A command of an older generation has nothing left to say to.
  if (row.payload.generation !== row.generation) return 'done';
  const workflowId = runWorkflowId({ executionId: row.execution_uuid, kind: row.kind });
  switch (row.command) {
    case 'start':
      return (await deps.runs.start(toStart(row))) === 'started' ? 'done' : 'later';
    case 'cancel':
      return afterStart(deps, row, await deps.runs.cancel(workflowId));
    case 'answer':
      return afterStart(deps, row, await deps.runs.answer(workflowId, row.payload.taskKey ?? ''));
    case 'pause':
    case 'resume':
      return afterStart(deps, row, await deps.runs.signal(workflowId, row.command, row.payload.version ?? 0));
  }
}

const toStart = (row: OutboxRow): RunToStart => ({
  id: row.execution_id,
  executionId: row.execution_uuid,
  generation: row.generation,
  ownerId: row.owner_id,
  crewName: row.crew_name ?? '',
  kind: row.kind,
  priority: row.priority,
  ...(row.traceparent !== null && { traceparent: row.traceparent }),
});

const toRow = (outboxId: string, run: RunToStart): OutboxRow => ({
  id: outboxId,
  execution_id: run.id,
  execution_uuid: run.executionId,
  command: 'start',
  payload: { generation: run.generation },
  attempts: 1,
  owner_id: run.ownerId,
  crew_name: run.crewName,
  kind: run.kind,
  priority: run.priority,
  generation: run.generation,
  traceparent: run.traceparent ?? null,
});

/** Nobody there: the start may still be in the outbox, or the run is over and there is nobody to tell. */
async function afterStart(
  deps: Deps,
  row: OutboxRow,
  answer: 'delivered' | 'absent',
): Promise<'done' | 'later'> {
  if (answer === 'delivered') return 'done';
  const waiting = await deps.sql.query(
    `select 1 from outbox where execution_id = $1 and command = 'start' and id < $2 limit 1`,
    [row.execution_id, row.id],
  );
  return waiting.length > 0 ? 'later' : 'done';
}

async function settle({ sql, now }: Deps, row: OutboxRow, outcome: 'done' | 'later'): Promise<void> {
  if (outcome === 'done') {
    await sql.query('delete from outbox where id = $1', [row.id]);
    return;
  }
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(row.attempts, 10), LONGEST_DELAY_MS);
  const dueAt = new Date(now().getTime() + delay).toISOString();
  await sql.query('update outbox set due_at = $2 where id = $1', [row.id, dueAt]);
}
