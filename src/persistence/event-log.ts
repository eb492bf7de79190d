import type { EventFrame, EventType } from '../contracts/events.ts';
import type { JsonObject } from '../domain/json.ts';
import { toJsonb } from './jsonb.ts';
import { parseTimestamp } from './timestamp.ts';
import type { Sql } from './sql.ts';

/** An event on its way into the log. */
export interface NewEvent {
  type: EventType;
  /** Unique within the execution and with the generation in it: writing it twice is harmless. */
  key: string;
  taskKey?: string;
  /** Of the stored task and agent the run came from, null where it came from elsewhere. */
  taskId?: number | null;
  agentId?: number | null;
  status?: string;
  data?: JsonObject;
  /** Closes the log: nothing follows until a retry. */
  final?: boolean;
  /** Opens a closed log again. */
  reopens?: boolean;
}

/**
 * Appends to an execution's log inside the caller's transaction, as its last statement: the head row it
 * locks is the last lock in the order execution → task → head. Wake the readers after the commit.
 * @returns the log's last seq.
 */
export async function appendEvents(
  sql: Sql,
  executionId: number,
  events: readonly NewEvent[],
  at: Date,
): Promise<number> {
  const rows = events.map((event) => ({
    type: event.type,
    key: event.key,
    task_key: event.taskKey ?? null,
    task_id: event.taskId ?? null,
    agent_id: event.agentId ?? null,
    status: event.status ?? null,
    data: event.data ?? {},
    final: event.final ?? false,
    reopens: event.reopens ?? false,
    at: at.toISOString(),
  }));
  const [row] = await sql.query<{ last: number }>('select append_events($1, $2) as last', [
    executionId,
    toJsonb(rows),
  ]);
  return row?.last ?? 0;
}

/** A row of the log as it is selected with its execution. */
export interface EventRow {
  seq: number;
  type: EventType;
  execution_uuid: string;
  execution_id: number;
  workflow_id: number | null;
  task_key: string | null;
  task_id: number | null;
  agent_id: number | null;
  status: string | null;
  data: JsonObject;
  created_at: string;
}

const SELECT_EVENTS = `select e.seq, e.type, x.execution_id as execution_uuid, e.execution_id, x.workflow_id,
       e.task_key, e.task_id, e.agent_id, e.status, e.data, e.created_at
  from execution_events e join executions x on x.id = e.execution_id`;

/** A page of a log after `after`, oldest first. */
export async function readEvents(
  sql: Sql,
  executionId: number,
  after: number,
  limit: number,
): Promise<EventFrame[]> {
  const rows = await sql.query<EventRow>(
    `${SELECT_EVENTS} where e.execution_id = $1 and e.seq > $2 order by e.seq limit $3`,
    [executionId, after, limit],
  );
  return rows.map(toEventFrame);
}

/** Of each value of an event so much is sent along with its execution. */
const SENT_ALONG = 1_000;

/** The beginning of a log, with each value of the events' data cut where it is long. */
export async function readCutEvents(sql: Sql, executionId: number, limit: number): Promise<EventFrame[]> {
  const rows = await sql.query<EventRow>(
    `select e.seq, e.type, x.execution_id as execution_uuid, e.execution_id, x.workflow_id, e.task_key, e.task_id, e.agent_id,
            e.status, cut_texts(e.data, ${SENT_ALONG}, 'the whole: …/events?after=' || e.seq - 1 || '&limit=1') as data, e.created_at
       from execution_events e join executions x on x.id = e.execution_id
      where e.execution_id = $1 order by e.seq limit $2`,
    [executionId, limit],
  );
  return rows.map(toEventFrame);
}

/** What is looked for in one log; each field narrows it down. */
export interface EventFilter {
  taskKey?: string | undefined;
  types?: readonly EventType[] | undefined;
  /** Words in an event's type, task or data, whatever their case. */
  text?: string | undefined;
}

const MATCHES = `($2::text is null or e.task_key = $2) and ($3::text[] is null or e.type = any($3))
  and ($4::text is null or strpos(lower(e.type || ' ' || coalesce(e.task_key, '') || ' ' || e.data::text), lower($4)) > 0)`;

/** A page of what a filter finds in one log, oldest first, and how much it finds in all. One log is read, by its key. */
export async function findEvents(
  sql: Sql,
  executionId: number,
  filter: EventFilter,
  page: { after: number; limit: number },
): Promise<{ events: EventFrame[]; total: number }> {
  const params = [executionId, filter.taskKey ?? null, filter.types ?? null, filter.text ?? null];
  const isFiltered = params.slice(1).some((param) => param !== null);
  const [rows, [counted]] = await Promise.all([
    sql.query<EventRow>(
      `${SELECT_EVENTS} where e.execution_id = $1 and ${MATCHES} and e.seq > $5 order by e.seq limit $6`,
      [...params, page.after, page.limit],
    ),
    // A whole log is not counted: its last seq is how many there are.
    isFiltered
      ? sql.query<{ total: number }>(
          `select count(*)::integer as total from execution_events e where e.execution_id = $1 and ${MATCHES}`,
          params,
        )
      : sql.query<{ total: number }>(
          'select last_seq as total from execution_log_heads where execution_id = $1',
          [executionId],
        ),
  ]);
  return { events: rows.map(toEventFrame), total: counted?.total ?? 0 };
}

/** The envelope of contract §7. */
export const toEventFrame = (row: EventRow): EventFrame => ({
  seq: row.seq,
  type: row.type,
  execution_id: row.execution_uuid,
  id: row.execution_id,
  workflow_id: row.workflow_id,
  task_id: row.task_id,
  task_key: row.task_key,
  agent_id: row.agent_id,
  status: row.status,
  timestamp: parseTimestamp(row.created_at).toISOString(),
  data: row.data,
});

/** Where a log stands: its last seq, and whether a final event closed it. */
export async function readHeads(
  sql: Sql,
  executionIds: readonly number[],
): Promise<Map<number, { lastSeq: number; closed: boolean }>> {
  const rows = await sql.query<{ execution_id: number; last_seq: number; closed: boolean }>(
    'select execution_id, last_seq, closed from execution_log_heads where execution_id = any($1)',
    [executionIds],
  );
  return new Map(rows.map((row) => [row.execution_id, { lastSeq: row.last_seq, closed: row.closed }]));
}
