import type { Pool } from 'pg';

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

/** Gives every connection of the pool its role and scope before its first query. */
export function actAs(pool: Pool, actsFor: ActsFor): void {
  if (actsFor === 'schema') return;
  const scope = actsFor === 'system' ? 'system' : 'people';
  let warned = false;
  pool.on('connect', (client) => {
    // Queued on the connection before whatever it was opened for. A connection that breaks here breaks there too.
    client
      .query(
        `select set_config('muster.scope', '${scope}', false), set_config('role', case when exists
           (select 1 from pg_roles where rolname = '${APP_ROLE}' and pg_has_role(session_user, oid, 'set')) then '${APP_ROLE}' else 'none' end, false) as role`,
      )
      .then(({ rows }: { rows: { role?: string }[] }) => {
        if (rows[0]?.role === APP_ROLE || warned) return;
        warned = true;
        process.emitWarning(FORCED_NOTICE);
      })
      .catch(() => client.end());
  });
}
