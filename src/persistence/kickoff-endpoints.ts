import { randomUUID } from 'node:crypto';
import type { EventType } from '../contracts/events.ts';
import type { JsonObject } from '../domain/json.ts';
import { toJsonb } from './jsonb.ts';
import type { Sql } from './sql.ts';

/** Addresses that a client of CrewAI AMP wants called about one execution. What they are sent: kickoff-payloads.ts. */

export const KICKOFF_CALLS = ['task', 'step', 'crew'] as const;
export type KickoffCall = (typeof KICKOFF_CALLS)[number];

/** The events each address hears of. A reply of a model that is no agent's step is left out by the database (`fan_out_event`). */
const EVENTS: Readonly<Record<KickoffCall, readonly EventType[]>> = {
  task: ['task_completed'],
  step: ['llm_call_completed', 'tool_completed', 'tool_failed'],
  crew: ['workflow_completed', 'workflow_failed', 'workflow_cancelled'],
};

/** Null where nobody is to be called. */
export type KickoffUrls = Readonly<Record<KickoffCall, string | null>>;

export const hasUrls = (urls: KickoffUrls): boolean => KICKOFF_CALLS.some((call) => urls[call] !== null);

/** Keeps with an execution what its client gave to be kept. */
export async function keepMeta(sql: Sql, executionId: number, meta: JsonObject): Promise<void> {
  await sql.query('update executions set meta = $2 where id = $1', [executionId, toJsonb(meta)]);
}

/**
 * Has addresses called from the next event of an execution on, until it is deleted: at most one of each kind. An address that
 * is there already stays as it is.
 * @param options.replaces another address takes the place of the one before, and what waits goes to it
 */
export async function callBack(
  sql: Sql,
  run: { executionId: string; ownerId: string },
  urls: KickoffUrls,
  now: Date,
  { replaces = false }: { replaces?: boolean } = {},
): Promise<void> {
  const rows = KICKOFF_CALLS.flatMap((call) =>
    urls[call] === null
      ? []
      : [
          {
            id: randomUUID(),
            name: call,
            url: urls[call],
            events: EVENTS[call],
            patterns: EVENTS[call].map((type) => type.replaceAll('_', '\\_')),
          },
        ],
  );
  await sql.query(
    `insert into delivery_endpoints (id, owner_id, kind, execution_uuid, name, url, events, event_patterns, created_at, updated_at)
     select i.id, $2, 'kickoff', $1, i.name, i.url, i.events, i.patterns, $3, $3
       from jsonb_to_recordset($4::jsonb) as i(id uuid, name text, url text, events text[], patterns text[])
     on conflict (execution_uuid, name) where execution_uuid is not null do update
       set url = excluded.url, is_enabled = true, disabled_reason = null, failures_in_a_row = 0, failing_since = null,
           held_until = 'epoch', updated_at = excluded.updated_at
     where $5 and delivery_endpoints.url <> excluded.url`,
    [run.executionId, run.ownerId, now.toISOString(), JSON.stringify(rows), replaces],
  );
}
