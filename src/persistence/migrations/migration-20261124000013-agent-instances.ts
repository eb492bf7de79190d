import { Migration } from '@mikro-orm/migrations';
import { ownedBy, policy } from './row-policies.ts';

/**
 * Agent instances: sessions of agents elsewhere, and every run of a crew. They speak in the one store of messages, and
 * agents elsewhere ask in the one table of questions.
 */
export class Migration20261124000013 extends Migration {
  override up(): void {
    this.addSql(instances);
    this.addSql(messages);
    this.addSql(questions);
    this.addSql(projectMessage);
    this.addSql(forgetInstance);
    this.addSql(policy('agent_types', ownedBy('owner_id')));
    this.addSql(policy('agent_instances', ownedBy('owner_id')));
    this.addSql(earlierRuns);
  }
}

/**
 * The id of a type follows from its owner and name, so that nobody has to look for it: runs of crews are made in one
 * statement. An instance's id is its agent's own, so it is unique for one owner only; that of a run is its UUID.
 * `heard_at` is the last sign of life of an agent elsewhere; `last_read_seq` is how far it has read. No index holds what
 * a message changes: such an update writes no index entry.
 */
const instances = `
create function agent_type_id(p_owner_id uuid, p_name text) returns uuid language sql immutable as $$
  select overlay(overlay(md5(p_owner_id::text || '/' || lower(p_name)) placing '8' from 13) placing 'a' from 17)::uuid
$$;
create function instance_status(p_execution_status text) returns text language sql immutable as $$
  select case p_execution_status
    when 'waiting' then 'AWAITING_INPUT' when 'paused' then 'PAUSED' when 'completed' then 'COMPLETED'
    when 'failed' then 'FAILED' when 'cancelled' then 'KILLED' else 'ACTIVE' end
$$;
create table agent_types (
  id uuid primary key,
  owner_id uuid not null references users (id) on delete cascade,
  name text not null,
  created_at timestamptz not null
);
create index agent_types_owner on agent_types (owner_id, name, id);
create index agent_types_name on agent_types (name, id);
create table agent_instances (
  owner_id uuid not null references users (id) on delete cascade,
  id uuid not null,
  agent_type_id uuid not null references agent_types (id) on delete cascade,
  conversation_id integer not null,
  execution_id integer references executions (id) on delete cascade,
  name text,
  status text not null check (status in
    ('ACTIVE', 'AWAITING_INPUT', 'PAUSED', 'COMPLETED', 'FAILED', 'KILLED', 'STALE')),
  message_count integer not null default 0,
  last_message text,
  last_message_at timestamptz,
  last_read_seq integer not null default 0,
  heard_at timestamptz,
  started_at timestamptz not null,
  ended_at timestamptz,
  updated_at timestamptz not null,
  primary key (owner_id, id)
);
create index agent_instances_owner on agent_instances (owner_id, started_at desc, id desc);
create index agent_instances_status on agent_instances (owner_id, status, started_at desc, id desc);
create index agent_instances_type on agent_instances (agent_type_id, status, started_at desc, id desc);
create index agent_instances_type_newest on agent_instances (agent_type_id, started_at desc, id desc);
create index agent_instances_newest on agent_instances (started_at desc, id desc);
create unique index agent_instances_execution on agent_instances (execution_id) where execution_id is not null;
create index agent_instances_silent on agent_instances (heard_at) where status = 'ACTIVE' and execution_id is null;
`;

/**
 * Agents name their messages themselves, so an id is unique for one owner only. `cursor_before` is how far an agent had
 * read when it wrote: a repeat is answered with the same queue. `tx` is the transaction that wrote a message: all of an
 * owner's are followed in the order of (tx, conversation, seq) up to the oldest transaction that is still open, without
 * a lock that writers would share.
 */
const messages = `
alter table messages drop constraint messages_pkey;
alter table messages add primary key (owner_id, id);
alter table messages add column cursor_before integer;
alter table messages add column tx xid8 not null default pg_current_xact_id();
create index messages_inbox on messages (owner_id, tx, conversation_id, seq);
`;

/** An agent elsewhere asks in its instance and with a message; a run as before. */
const questions = `
alter table questions
  alter column execution_id drop not null,
  alter column task_execution_id drop not null,
  alter column task_key drop not null,
  alter column question_key drop not null,
  alter column generation drop not null,
  add column agent_instance_id uuid,
  add column message_id uuid,
  add column multiple boolean not null default false,
  drop constraint questions_kind_check,
  add constraint questions_kind_check check (kind in ('ask_human', 'human_input', 'unknown_outcome', 'agent')),
  add constraint questions_asker_check check (execution_id is not null or agent_instance_id is not null);
update questions q set agent_instance_id = e.execution_id from executions e where e.id = q.execution_id and e.kind = 'crew';
create index questions_instance on questions (owner_id, agent_instance_id, status, asked_at) where agent_instance_id is not null;
create index questions_due on questions (expires_at) where status = 'open' and execution_id is null;
`;

/**
 * What of a run's log is said in its thread, or in the conversation of its own, and how its instance stands: as the
 * execution does. The instance's row is locked after the head of the log and before that of the conversation.
 */
const projectMessage = `
create or replace function project_message(p_execution_id integer, p_seq integer, p_event jsonb) returns void
language plpgsql as $$
declare
  v_type text := p_event->>'type';
  v_data jsonb := coalesce(p_event->'data', '{}'::jsonb);
  v_at timestamptz := (p_event->>'at')::timestamptz;
  v_run record;
  v_seq integer;
  v_sender text := 'agent';
  v_kind text;
  v_content text;
begin
  if v_type in ('workflow_started', 'workflow_retried', 'workflow_paused', 'workflow_resumed', 'workflow_waiting',
                'workflow_cancelling', 'task_skipped') then
    update agent_instances i set status = instance_status(e.status), updated_at = v_at, ended_at = null
      from executions e
     where e.id = p_execution_id and i.execution_id = p_execution_id and i.status <> instance_status(e.status);
    return;
  end if;
  if v_type not in ('task_completed', 'question_asked', 'question_answered', 'workflow_completed',
                    'workflow_failed', 'workflow_cancelled') then
    return;
  end if;
  select e.owner_id, e.status, e.thread_id, e.result, e.error, i.id as instance_id,
         case when e.thread_id is null then i.conversation_id else t.conversation_id end as conversation_id into v_run
    from executions e
    left join threads t on t.id = e.thread_id
    left join agent_instances i on i.execution_id = e.id
   where e.id = p_execution_id;
  if v_run.conversation_id is null then
    return;
  end if;
  case v_type
    when 'task_completed' then
      v_kind := 'step';
      v_content := v_data->>'raw';
    when 'question_asked' then
      v_kind := 'question';
      v_content := v_data->>'question';
    when 'question_answered' then
      v_sender := 'user';
      v_kind := 'answer';
      v_content := v_data->>'answer';
    when 'workflow_completed' then
      v_kind := 'result';
      v_content := v_run.result->>'raw';
    else
      v_kind := 'failure';
      v_content := coalesce(v_run.error, v_data->>'error', v_data->>'error_code');
  end case;
  v_content := coalesce(v_content, '');
  if v_run.instance_id is not null then
    update agent_instances set status = instance_status(v_run.status), message_count = message_count + 1,
      last_message = left(v_content, 1000), last_message_at = v_at, updated_at = v_at,
      ended_at = case when v_kind in ('result', 'failure') then v_at end
     where execution_id = p_execution_id;
  end if;
  update conversation_heads set last_seq = last_seq + 1 where id = v_run.conversation_id
    returning last_seq into v_seq;
  if not found then
    return;
  end if;
  insert into messages (id, owner_id, conversation_id, seq, thread_id, execution_id, agent_instance_id, sender_type, kind,
    content, requires_user_input, message_metadata, created_at)
  values (gen_random_uuid(), v_run.owner_id, v_run.conversation_id, v_seq, v_run.thread_id, p_execution_id,
    v_run.instance_id, v_sender, v_kind, v_content, v_kind = 'question',
    jsonb_strip_nulls(jsonb_build_object('event_type', v_type, 'event_seq', p_seq,
      'task_key', p_event->>'task_key', 'agent', v_data->>'agent', 'error_code', v_data->>'error_code',
      'question_id', v_data->>'question_id')),
    v_at);
end
$$;
`;

/** What was said in an instance goes with it, whoever deletes it, its owner's account included. A thread keeps its own. */
const forgetInstance = `
create function forget_instance() returns trigger language plpgsql security definer as $$
declare
  v_scope text := current_setting('muster.scope', true);
begin
  -- By hand, and back again: a function that carries the setting could be made by a superuser only.
  perform set_config('muster.scope', 'system', true);
  delete from messages where conversation_id = old.conversation_id and thread_id is null;
  delete from questions where owner_id = old.owner_id and agent_instance_id = old.id and execution_id is null;
  delete from conversation_heads h where h.id = old.conversation_id
     and not exists (select 1 from threads where conversation_id = h.id);
  perform set_config('muster.scope', v_scope, true);
  return null;
end
$$;
create trigger agent_instances_forget after delete on agent_instances for each row execute function forget_instance();
`;

/** Runs of crews that were made before: each its instance, and what their logs say as messages. */
const earlierRuns = `
insert into agent_types (id, owner_id, name, created_at)
select distinct on (agent_type_id(owner_id, coalesce(crew_name, 'crew')))
       agent_type_id(owner_id, coalesce(crew_name, 'crew')), owner_id, coalesce(crew_name, 'crew'), created_at
  from executions where kind = 'crew'
 order by agent_type_id(owner_id, coalesce(crew_name, 'crew')), created_at;
do $$
declare
  v_run record;
  v_conversation integer;
begin
  for v_run in select e.*, t.conversation_id as in_thread from executions e left join threads t on t.id = e.thread_id
                where e.kind = 'crew' and (e.thread_id is null or t.id is not null) order by e.id loop
    v_conversation := v_run.in_thread;
    if v_conversation is null then
      insert into conversation_heads (owner_id) values (v_run.owner_id) returning id into v_conversation;
    end if;
    insert into agent_instances (owner_id, id, agent_type_id, conversation_id, execution_id, name, status, started_at,
      ended_at, updated_at)
    values (v_run.owner_id, v_run.execution_id, agent_type_id(v_run.owner_id, coalesce(v_run.crew_name, 'crew')),
      v_conversation, v_run.id, v_run.crew_name, instance_status(v_run.status), v_run.created_at, v_run.completed_at,
      v_run.updated_at);
    if v_run.in_thread is null then
      perform project_message(v_run.id, l.seq, jsonb_build_object('type', l.type, 'task_key', l.task_key,
          'data', l.data, 'at', l.created_at))
         from (select * from execution_events where execution_id = v_run.id order by seq) l;
      update agent_instances set ended_at = v_run.completed_at, updated_at = v_run.updated_at
       where execution_id = v_run.id;
    else
      update messages set agent_instance_id = v_run.execution_id
       where execution_id = v_run.id and (sender_type = 'agent' or kind = 'answer');
      update agent_instances i set (message_count, last_message, last_message_at) = (
        select count(*), (array_agg(left(m.content, 1000) order by m.seq desc))[1], max(m.created_at) from messages m
         where m.execution_id = v_run.id and m.agent_instance_id = v_run.execution_id)
       where i.execution_id = v_run.id;
    end if;
  end loop;
end
$$;
`;
