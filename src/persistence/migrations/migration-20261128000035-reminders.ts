import { Migration } from '@mikro-orm/migrations';

/** People are reminded, once, of a question that stands open: its time is a column, and the reminder a message as well. */
export class Migration20261128000035 extends Migration {
  override up(): void {
    this.addSql(reminders);
    this.addSql(projectMessage);
  }
}

/** In the index are the reminders to come, and nothing else. */
const reminders = `
alter table questions add column remind_at timestamptz, add column reminded_at timestamptz;
create index questions_remind on questions (remind_at)
  where status = 'open' and reminded_at is null and remind_at is not null;
`;

/** As before, with reminders. */
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
  if v_type not in ('task_completed', 'question_asked', 'question_reminded', 'question_answered', 'workflow_completed',
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
    when 'question_reminded' then
      v_kind := 'reminder';
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
    v_run.instance_id, v_sender, v_kind, v_content, v_kind in ('question', 'reminder'),
    jsonb_strip_nulls(jsonb_build_object('event_type', v_type, 'event_seq', p_seq,
      'task_key', p_event->>'task_key', 'agent', v_data->>'agent', 'error_code', v_data->>'error_code',
      'question_id', v_data->>'question_id')),
    v_at);
end
$$;
`;
