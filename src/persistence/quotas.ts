import type { EntityManager } from '@mikro-orm/postgresql';
import { MusterError } from '../domain/errors.ts';
import type { CountedLimit, UserLimits } from '../domain/user-limits.ts';
import type { Sql } from './sql.ts';

/** What a user keeps, counted in one place for what refuses it and for what shows it. */

/** Advisory lock of what one owner adds, to the end of the transaction. After that of the run slots (runs/queue.ts). */
const QUOTA_LOCK = 7_305_021;

interface Quota {
  /** SQL: how much the owner `$1` has, as a number. */
  used: string;
  /** For people: what there is too much of, and how it becomes less. */
  things: string;
  mend: string;
}

const rows = (table: string, more = ''): string => `select count(*) from ${table} where owner_id = $1${more}`;

export const QUOTAS: Readonly<Record<CountedLimit, Quota>> = {
  api_keys: {
    used: rows('api_keys', ' and revoked_at is null'),
    things: 'API keys',
    mend: 'revoke keys that are not used any more',
  },
  webhooks: {
    used: rows('delivery_endpoints', ` and kind = 'webhook'`),
    things: 'webhooks',
    mend: 'delete some; one webhook may hear of many events',
  },
  user_agents: {
    used: rows('delivery_endpoints', ` and kind = 'user_agent'`),
    things: 'user agents',
    mend: 'delete some',
  },
  schedules: { used: rows('schedules', ' and deleted_at is null'), things: 'schedules', mend: 'delete some' },
  flows: { used: rows('flows'), things: 'declared flows', mend: 'delete some' },
  graphs: { used: rows('graphs'), things: 'graphs', mend: 'delete some' },
  agents: { used: rows('agents'), things: 'agents', mend: 'delete some' },
  workflows: { used: rows('workflows'), things: 'workflows', mend: 'delete some' },
  tasks: { used: rows('tasks'), things: 'tasks', mend: 'delete some' },
  threads: { used: rows('threads'), things: 'threads', mend: 'delete some' },
  knowledge_sources: { used: rows('knowledge_sources'), things: 'knowledge sources', mend: 'delete some' },
  knowledge_bytes: {
    used: 'select coalesce(sum(bytes), 0) from knowledge_sources where owner_id = $1',
    things: 'bytes of knowledge',
    mend: 'delete sources that are not used any more',
  },
  queued_executions: {
    used: rows('executions', ` and queued and status = 'pending'`),
    things: 'executions that wait for their turn',
    mend: 'wait until some have begun, or cancel some',
  },
};

const NAMES = Object.keys(QUOTAS).filter((name): name is CountedLimit => Object.hasOwn(QUOTAS, name));

/** How much an owner has of these, in one statement. */
async function usedBy(
  sql: Sql,
  ownerId: string,
  names: readonly CountedLimit[],
): Promise<Map<CountedLimit, number>> {
  const select = names.map((name) => `(${QUOTAS[name].used})::bigint as ${name}`).join(', ');
  const [row = {}] = await sql.query<Partial<Record<CountedLimit, string>>>(`select ${select}`, [ownerId]);
  return new Map(names.map((name) => [name, Number(row[name] ?? 0)]));
}

/** An entity manager's transaction as one of statements with `$1`. */
const sqlOf = (em: EntityManager, ownerId: string): Sql => ({
  query: (text) =>
    em.execute(text.replaceAll('$1', '?'), Array<string>(text.split('$1').length - 1).fill(ownerId)),
});

/**
 * Called after something was added, in its transaction: refuses it when its owner has more than may be then. Whoever adds for
 * the same owner meanwhile waits for the end of this transaction, so the count is right.
 * @throws {MusterError} CONFLICT; for what goes away by waiting RATE_LIMITED. `details`: `limit`, `maximum`, `current`
 */
export async function refuseAboveQuota(
  sql: Sql,
  ownerId: string,
  names: readonly CountedLimit[],
  limits: UserLimits,
  added: Partial<Record<CountedLimit, number>> = {},
): Promise<void> {
  const bounded = names.filter((name) => limits[name] > 0);
  if (bounded.length === 0) return;
  await sql.query(`select pg_advisory_xact_lock(${QUOTA_LOCK}, hashtext($1::text))`, [ownerId]);
  for (const [name, used] of await usedBy(sql, ownerId, bounded)) {
    if (used > limits[name]) throw aboveQuota(name, limits[name], used - (added[name] ?? 1));
  }
}

function aboveQuota(name: CountedLimit, maximum: number, current: number): MusterError {
  const { things, mend } = QUOTAS[name];
  const message = `You may have ${maximum} ${things} and have ${current}: ${mend}, or ask an admin for more (USER_LIMITS)`;
  const details = { limit: name, maximum, current };
  return name === 'queued_executions'
    ? new MusterError('RATE_LIMITED', message, { details, retryAfterSeconds: 30 })
    : new MusterError('CONFLICT', message, { details });
}

/** The same in a unit of work. */
export async function refuseAboveQuotaIn(
  em: EntityManager,
  ownerId: string,
  names: readonly CountedLimit[],
  limits: UserLimits,
  added: Partial<Record<CountedLimit, number>> = {},
): Promise<void> {
  await em.flush();
  await refuseAboveQuota(sqlOf(em, ownerId), ownerId, names, limits, added);
}

/** How much of everything an owner has, by the limits' names. */
export const readQuotaUse = (em: EntityManager, ownerId: string): Promise<Map<CountedLimit, number>> =>
  usedBy(sqlOf(em, ownerId), ownerId, NAMES);
