import type { SqlPool } from '../../src/persistence/sql.ts';

/** An owner whose lists are read, straight into the tables as the program would leave them. */

export interface FillSize {
  instances: number;
  /** Of all instances together; each has its share. */
  messages: number;
  types: number;
}

/** Messages one statement writes. */
const CHUNK = 250_000;
/** Messages of the instance whose messages are read. */
export const LONG_CONVERSATION = 10_000;

/**
 * Half of the instances are runs of crews. Most are over, 3 of 100 wait for an answer, a few are live; every owner has an
 * id of its own in `names`. @returns the instance with the long conversation
 */
export async function fillOwner(
  sql: SqlPool,
  ownerId: string,
  size: FillSize,
  say: (line: string) => void,
): Promise<string> {
  const [base] = await sql.query<{ id: number }>(
    'select coalesce(max(id), 0)::integer as id from conversation_heads',
  );
  const first = base?.id ?? 0;
  // A row for each of them says nothing about answers: they are counted at the end, all at once.
  await sql.query('alter table agent_instances disable trigger agent_instances_counted');
  await makeInstances(sql, ownerId, size, first);
  await sql.query('alter table agent_instances enable trigger agent_instances_counted');
  const each = Math.floor(size.messages / size.instances);
  const step = Math.max(1, Math.floor(CHUNK / each));
  for (let from = 1; from <= size.instances; from += step) {
    const to = Math.min(from + step - 1, size.instances);
    await makeMessages(sql, ownerId, { from: first + from, to: first + to }, each);
    say(`  ${(to * each).toLocaleString('en')} messages`);
  }
  await makeQuestions(sql, ownerId, first);
  await sql.query(`select setval(pg_get_serial_sequence('conversation_heads', 'id'), $1::integer)`, [
    first + size.instances,
  ]);
  return lengthen(sql, ownerId, first + size.instances, each);
}

/** Instance n has conversation `first` + n. */
async function makeInstances(
  sql: SqlPool,
  ownerId: string,
  { instances, types }: FillSize,
  first: number,
): Promise<void> {
  await sql.query(
    `insert into agent_types (id, owner_id, name, created_at)
     select agent_type_id($1, 'agent ' || n), $1, 'agent ' || n, now() from generate_series(0, $2::integer - 1) as n`,
    [ownerId, types],
  );
  await sql.query(
    `insert into conversation_heads (id, owner_id, last_seq)
     select $2::integer + n, $1, 0 from generate_series(1, $3::integer) as n`,
    [ownerId, first, instances],
  );
  await sql.query(
    `with numbered as (
       select n, gen_random_uuid() as id, 'agent ' || n % $4::integer as type, n % 2 = 0 as is_run,
         now() - ($3::integer - n) * interval '20 seconds' as at,
         case when n % 100 < 3 then 'AWAITING_INPUT' when n % 100 = 3 then 'ACTIVE' when n % 100 = 4 then 'PAUSED'
              when n % 20 = 5 then 'FAILED' when n % 100 = 7 then 'KILLED' when n % 200 = 9 then 'STALE'
              else 'COMPLETED' end as status
         from generate_series(1, $3::integer) as n
     ), run as (
       insert into executions (execution_id, owner_id, kind, crew_name, status, plan, input_data, created_at, started_at,
         completed_at, updated_at, reconciled_at)
       select id, $1, 'crew', type, case status when 'COMPLETED' then 'completed' when 'FAILED' then 'failed'
           when 'KILLED' then 'cancelled' when 'PAUSED' then 'paused' when 'AWAITING_INPUT' then 'waiting' else 'running' end,
         '{}', '{}', at, at, case when status in ('COMPLETED', 'FAILED', 'KILLED') then at + interval '1 minute' end, at,
         'infinity'
         from numbered where is_run
       returning id, execution_id
     )
     insert into agent_instances (owner_id, id, agent_type_id, conversation_id, execution_id, name, status, message_count,
       last_message, last_message_at, last_read_seq, heard_at, started_at, ended_at, updated_at)
     select $1, n.id, agent_type_id($1, n.type), $2::integer + n.n, r.id, 'session ' || n.n, n.status, 0,
       repeat('The last step is done and the tests pass. ', 5), n.at, 3, n.at, n.at,
       case when n.status in ('COMPLETED', 'FAILED', 'KILLED') then n.at + interval '1 minute' end, n.at
       from numbered n left join run r on r.execution_id = n.id`,
    [ownerId, first, instances, types],
  );
}

async function makeMessages(
  sql: SqlPool,
  ownerId: string,
  conversations: { from: number; to: number },
  each: number,
): Promise<void> {
  await sql.query(
    `insert into messages (id, owner_id, conversation_id, seq, execution_id, agent_instance_id, sender_type, kind, content,
       requires_user_input, created_at)
     select gen_random_uuid(), $1, i.conversation_id, n, i.execution_id, i.id, case when n % 10 = 3 then 'user' else 'agent' end,
       case when n % 10 = 3 then 'feedback' else 'step' end, 'Step ' || n || repeat(': read, changed and tested', 6), false,
       i.started_at + n * interval '1 second'
       from agent_instances i, generate_series(1, $4::integer) as n
      where i.owner_id = $1 and i.conversation_id between $2 and $3`,
    [ownerId, conversations.from, conversations.to, each],
  );
  await sql.query('update conversation_heads set last_seq = $3 where id between $1 and $2', [
    conversations.from,
    conversations.to,
    each,
  ]);
}

/** Whoever waits has asked; and five questions are answered for each that is open. */
const makeQuestions = (sql: SqlPool, ownerId: string, first: number): Promise<unknown> =>
  sql.query(
    `insert into questions (id, owner_id, agent_instance_id, kind, question, options, has_default, status, answer, asked_at,
       answered_at)
     select gen_random_uuid(), $1, i.id, 'agent', 'Shall I go on?', '["yes", "no"]', false,
       case when n = 0 then 'open' else 'answered' end, case when n > 0 then '"yes"'::jsonb end,
       i.started_at - n * interval '1 minute', case when n > 0 then i.started_at end
       from agent_instances i, generate_series(0, 5) as n
      where i.owner_id = $1 and i.status = 'AWAITING_INPUT' and i.conversation_id > $2`,
    [ownerId, first],
  );

/** Gives one instance a conversation of `LONG_CONVERSATION` messages. @returns its id */
async function lengthen(
  sql: SqlPool,
  ownerId: string,
  conversationId: number,
  from: number,
): Promise<string> {
  const [instance] = await sql.query<{ id: string }>(
    `update agent_instances set message_count = $2 where conversation_id = $1 returning id`,
    [conversationId, LONG_CONVERSATION],
  );
  if (instance === undefined) throw new Error('the last instance is not there');
  await sql.query(
    `insert into messages (id, owner_id, conversation_id, seq, agent_instance_id, sender_type, kind, content, created_at)
     select gen_random_uuid(), $1, $2, n, $3, 'agent', 'step', 'Step ' || n || repeat(': read, changed and tested', 6), now()
       from generate_series($4::integer + 1, $5::integer) as n`,
    [ownerId, conversationId, instance.id, from, LONG_CONVERSATION],
  );
  await sql.query('update conversation_heads set last_seq = $2 where id = $1', [
    conversationId,
    LONG_CONVERSATION,
  ]);
  return instance.id;
}
