import type { EntityManager } from '@mikro-orm/postgresql';
import type { InstanceStatus } from '../../domain/instance/instance-status.ts';
import type { OwnerScope } from '../database.ts';
import { parseTimestamp } from '../timestamp.ts';

/**
 * Agent instances and their types, for those who look on. Counters of messages and last messages stand in the rows; how many
 * instances stand how is counted beside them (instances/instance-counts.ts).
 */

export interface ShownInstance {
  id: string;
  ownerId: string;
  agentTypeId: string;
  agentTypeName: string;
  conversationId: number;
  /** The UUID of the run it is; null for an agent elsewhere. */
  executionId: string | null;
  name: string | null;
  status: InstanceStatus;
  messageCount: number;
  lastMessage: string | null;
  lastMessageAt: Date | null;
  lastReadMessageId: string | null;
  startedAt: Date;
  endedAt: Date | null;
  updatedAt: Date;
}

interface InstanceRow {
  id: string;
  owner_id: string;
  agent_type_id: string;
  agent_type_name: string;
  conversation_id: number;
  execution_id: number | null;
  name: string | null;
  status: InstanceStatus;
  message_count: number;
  last_message: string | null;
  last_message_at: string | null;
  last_read_message_id: string | null;
  started_at: string;
  ended_at: string | null;
  updated_at: string;
}

const moment = (text: string | null): Date | null => (text === null ? null : parseTimestamp(text));

const toInstance = (row: InstanceRow): ShownInstance => ({
  id: row.id,
  ownerId: row.owner_id,
  agentTypeId: row.agent_type_id,
  agentTypeName: row.agent_type_name,
  conversationId: row.conversation_id,
  // An instance that is a run has the run's UUID as its own id.
  executionId: row.execution_id === null ? null : row.id,
  name: row.name,
  status: row.status,
  messageCount: row.message_count,
  lastMessage: row.last_message,
  lastMessageAt: moment(row.last_message_at),
  lastReadMessageId: row.last_read_message_id,
  startedAt: parseTimestamp(row.started_at),
  endedAt: moment(row.ended_at),
  updatedAt: parseTimestamp(row.updated_at),
});

export interface InstanceFilter {
  statuses?: readonly InstanceStatus[] | undefined;
  agentTypeId?: string | undefined;
  /** Only runs of crews here, or only agents elsewhere. */
  source?: 'run' | 'external' | undefined;
}

/** What is filtered by: instances themselves, or their counts, which know of an instance whether it is a run. */
type Filtered = 'instances' | 'counts';
const IS_RUN = {
  instances: { run: 'i.execution_id is not null', external: 'i.execution_id is null' },
  counts: { run: 'i.is_run', external: 'not i.is_run' },
} as const;

/** The conditions of a list, with their parameters in order. */
function conditions(
  scope: OwnerScope,
  filter: InstanceFilter,
  of: Filtered = 'instances',
): { where: string; params: unknown[] } {
  const parts: [string, unknown[]][] = 'ownerId' in scope ? [['i.owner_id = ?', [scope.ownerId]]] : [];
  if (filter.agentTypeId !== undefined) parts.push(['i.agent_type_id = ?', [filter.agentTypeId]]);
  if (filter.statuses !== undefined) {
    parts.push([`i.status in (${filter.statuses.map(() => '?').join(', ')})`, [...filter.statuses]]);
  }
  if (filter.source !== undefined) parts.push([IS_RUN[of][filter.source], []]);
  return {
    where: parts.length === 0 ? 'true' : parts.map(([text]) => text).join(' and '),
    params: parts.flatMap(([, values]) => values),
  };
}

const COLUMNS = `i.id, i.owner_id, i.agent_type_id, t.name as agent_type_name, i.conversation_id, i.execution_id, i.name,
  i.status, i.message_count, i.last_message, i.last_message_at, i.started_at, i.ended_at, i.updated_at,
  (select m.id from messages m where m.conversation_id = i.conversation_id and m.seq = i.last_read_seq) as last_read_message_id`;

/** A page of instances, newest first, and how many there are in all. */
export async function listInstances(
  em: EntityManager,
  scope: OwnerScope,
  filter: InstanceFilter,
  page: { skip: number; limit: number },
): Promise<[ShownInstance[], number]> {
  const { where, params } = conditions(scope, filter);
  // The page is cut first, and what is skipped is read in an index only; what is joined is a page.
  const rows = await em.execute<InstanceRow[]>(
    `select ${COLUMNS} from (
       select i.owner_id, i.id from agent_instances i where ${where} order by i.started_at desc, i.id desc offset ? limit ?
     ) page join agent_instances i on i.owner_id = page.owner_id and i.id = page.id
       join agent_types t on t.id = i.agent_type_id order by i.started_at desc, i.id desc`,
    [...params, page.skip, page.limit],
  );
  return [rows.map(toInstance), await countInstances(em, scope, filter)];
}

async function countInstances(em: EntityManager, scope: OwnerScope, filter: InstanceFilter): Promise<number> {
  const { where, params } = conditions(scope, filter, 'counts');
  const [row] = await em.execute<{ count: number }[]>(
    `select coalesce(sum(i.count), 0)::integer as count from agent_instance_counts i where ${where}`,
    params,
  );
  return row?.count ?? 0;
}

/**
 * One instance, or null: absent and foreign look the same. An id is unique for one owner only: whoever sees everybody's
 * gets their own first, then the one that began last.
 */
export async function findInstance(
  em: EntityManager,
  id: string,
  scope: OwnerScope,
  preferOwner: string,
): Promise<ShownInstance | null> {
  const { where, params } = conditions(scope, {});
  const [row] = await em.execute<InstanceRow[]>(
    `select ${COLUMNS} from agent_instances i join agent_types t on t.id = i.agent_type_id
      where ${where} and i.id = ? order by i.owner_id = ? desc, i.started_at desc limit 1`,
    [...params, id, preferOwner],
  );
  return row === undefined ? null : toInstance(row);
}

/** Gives an instance a name. */
export async function renameInstance(
  em: EntityManager,
  of: { ownerId: string; id: string },
  name: string | null,
  now: Date,
): Promise<void> {
  await em.execute('update agent_instances set name = ?, updated_at = ? where owner_id = ? and id = ?', [
    name,
    now,
    of.ownerId,
    of.id,
  ]);
}

/** A kind of agent with what there is of it. */
export interface ShownAgentType {
  id: string;
  ownerId: string;
  name: string;
  createdAt: Date;
  counts: InstanceCounts;
  recent: ShownInstance[];
}

/** How many instances stand how; `total` is all of them. */
export type InstanceCounts = { total: number } & Partial<Record<InstanceStatus, number>>;

interface TypeRow {
  id: string;
  owner_id: string;
  name: string;
  created_at: string;
}

/** A page of agent types by name, each with its counts and its newest instances, and how many types there are. */
export async function listAgentTypes(
  em: EntityManager,
  scope: OwnerScope,
  page: { skip: number; limit: number },
  recent: number,
): Promise<[ShownAgentType[], number]> {
  const [where, params] = 'ownerId' in scope ? ['owner_id = ?', [scope.ownerId]] : ['true', []];
  const types = await em.execute<TypeRow[]>(
    `select id, owner_id, name, created_at from agent_types where ${where} order by name, id offset ? limit ?`,
    [...params, page.skip, page.limit],
  );
  const [count] = await em.execute<{ count: number }[]>(
    `select count(*)::integer as count from agent_types where ${where}`,
    params,
  );
  const ids = types.map(({ id }) => id);
  const counts = await countsOf(em, ids);
  const newest = await newestOf(em, ids, recent);
  const shown = types.map((type) => ({
    id: type.id,
    ownerId: type.owner_id,
    name: type.name,
    createdAt: parseTimestamp(type.created_at),
    counts: counts.get(type.id) ?? { total: 0 },
    recent: newest.filter(({ agentTypeId }) => agentTypeId === type.id),
  }));
  return [shown, count?.count ?? 0];
}

/** One type, or null: absent and foreign look the same. */
export async function findAgentType(
  em: EntityManager,
  id: string,
  scope: OwnerScope,
): Promise<{ id: string; ownerId: string } | null> {
  const rows = await em.execute<TypeRow[]>(`select id, owner_id from agent_types where id = ?`, [id]);
  const found = rows.find((row) => !('ownerId' in scope) || row.owner_id === scope.ownerId);
  return found === undefined ? null : { id: found.id, ownerId: found.owner_id };
}

async function countsOf(em: EntityManager, typeIds: readonly string[]): Promise<Map<string, InstanceCounts>> {
  const counts = new Map<string, InstanceCounts>();
  if (typeIds.length === 0) return counts;
  const rows = await em.execute<{ agent_type_id: string; status: InstanceStatus; count: number }[]>(
    `select agent_type_id, status, sum(count)::integer as count from agent_instance_counts
      where agent_type_id in (${typeIds.map(() => '?').join(', ')}) group by agent_type_id, status having sum(count) <> 0`,
    [...typeIds],
  );
  for (const { agent_type_id: id, status, count } of rows) {
    const one = counts.get(id) ?? { total: 0 };
    counts.set(id, { ...one, total: one.total + count, [status]: count });
  }
  return counts;
}

async function newestOf(
  em: EntityManager,
  typeIds: readonly string[],
  each: number,
): Promise<ShownInstance[]> {
  if (typeIds.length === 0 || each === 0) return [];
  const rows = await em.execute<InstanceRow[]>(
    `select ${COLUMNS} from agent_types t cross join lateral (
       select * from agent_instances n where n.agent_type_id = t.id order by n.started_at desc, n.id desc limit ?
     ) i where t.id in (${typeIds.map(() => '?').join(', ')}) order by i.started_at desc, i.id desc`,
    [each, ...typeIds],
  );
  return rows.map(toInstance);
}

/** What of an owner's agents stands how, now. */
export interface AgentSummary {
  counts: InstanceCounts;
  openQuestions: number;
  types: { id: string; name: string; counts: InstanceCounts }[];
}

/** Types a summary lists: those with the most instances. */
const MOST_TYPES = 100;

/** Counts over everything in the scope. */
export async function summariseAgents(
  em: EntityManager,
  scope: OwnerScope,
  now: Date,
): Promise<AgentSummary> {
  const [where, params] = 'ownerId' in scope ? ['owner_id = ?', [scope.ownerId]] : ['true', []];
  const rows = await em.execute<{ agent_type_id: string; status: InstanceStatus; count: number }[]>(
    `select agent_type_id, status, sum(count)::integer as count from agent_instance_counts where ${where}
      group by agent_type_id, status having sum(count) <> 0`,
    params,
  );
  const [open] = await em.execute<{ count: number }[]>(
    `select count(*)::integer as count from questions
      where ${where} and status = 'open' and (expires_at is null or expires_at > ?)`,
    [...params, now],
  );
  const counts: InstanceCounts = { total: 0 };
  const byType = new Map<string, InstanceCounts>();
  for (const { agent_type_id: id, status, count } of rows) {
    counts.total += count;
    counts[status] = (counts[status] ?? 0) + count;
    const one = byType.get(id) ?? { total: 0 };
    byType.set(id, { ...one, total: one.total + count, [status]: count });
  }
  const largest = [...byType].toSorted(([, one], [, other]) => other.total - one.total).slice(0, MOST_TYPES);
  const names = await namesOf(
    em,
    largest.map(([id]) => id),
  );
  return {
    counts,
    openQuestions: open?.count ?? 0,
    types: largest.map(([id, its]) => ({ id, name: names.get(id) ?? '', counts: its })),
  };
}

async function namesOf(em: EntityManager, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await em.execute<{ id: string; name: string }[]>(
    `select id, name from agent_types where id in (${ids.map(() => '?').join(', ')})`,
    [...ids],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}
