import type { ClientBase } from 'pg';

/**
 * The second wall around owned rows: row-level security in Postgres (migration 4). The first are the
 * repositories, which take an owner; this one holds when a query forgets it.
 *
 * The program connects as the tables' owner, whom policies do not bind, and at once takes on the role
 * `muster_app`, which owns nothing. What a connection may see is said by two settings: `muster.scope`, and
 * `muster.owner` for the scope `owner`. A transaction narrows them (`Database.as`) and they fall back after it.
 */

/** The role under which the running program works. */
export const APP_ROLE = 'muster_app';

/**
 * `system`: everything (engine, worker). `owners`: people and their credentials, so that callers can be
 * recognised, and nothing that belongs to them until a transaction says whose. `schema`: the tables' owner
 * itself, for migrations.
 */
export type ActsFor = 'system' | 'owners' | 'schema';

const FORCED_NOTICE =
  `the role ${APP_ROLE} could not be made or taken on: row-level security is forced on the tables instead, ` +
  'and does not bind a superuser';

const TAKE_ROLE = `
  select set_config('role', case when exists (
    select 1 from pg_roles where rolname = '${APP_ROLE}' and pg_has_role(session_user, oid, 'set')
  ) then '${APP_ROLE}' else 'none' end, false) as role, set_config('muster.scope', $1, false)`;

/**
 * A lock is waited for so long, and a transaction may stand idle so long: one holder that froze must not take
 * every connection of the pool with it. Both end as an error that is tried again (database-away.ts).
 */
const LIMITS = "set lock_timeout = '5s'; set idle_in_transaction_session_timeout = '20s'";

/**
 * The engine's statements are few, prepared, and look their rows up by key: planning each of the first executions on
 * each connection anew cost more than running them (2 ms a statement, measured on 2026-11-21).
 */
const PLANS = 'set plan_cache_mode = force_generic_plan';

/** What the pool does with each new connection before it hands it out: limits, role, scope. */
export function actAs(actsFor: ActsFor): (client: ClientBase) => Promise<void> {
  let warned = false;
  return async (client) => {
    if (actsFor === 'schema') return;
    await client.query(actsFor === 'system' ? `${LIMITS}; ${PLANS}` : LIMITS);
    const scope = actsFor === 'system' ? 'system' : 'people';
    const { rows } = await client.query<{ role: string }>(TAKE_ROLE, [scope]);
    if (rows[0]?.role === APP_ROLE || warned) return;
    warned = true;
    process.emitWarning(FORCED_NOTICE);
  };
}
