import { Migration } from '@mikro-orm/migrations';

/**
 * Flows run on the tables of crews: an execution keeps the flow's shape and its state, each run of a step is a row of
 * task_executions. Their row policies hold for the new columns too.
 */
export class Migration20261121000011 extends Migration {
  override up(): void {
    this.addSql(columns);
    this.addSql(wakeParent);
  }
}

const columns = `
alter table executions
  add column flow_shape jsonb,
  add column flow_state jsonb,
  add column steps_finished integer not null default 0;
create index executions_owner_flow on executions (owner_id, flow_name, id desc) where flow_name is not null;
alter table task_executions
  add column triggered_by text,
  add column label text,
  add column finish_order integer,
  add column due_at timestamptz,
  add column child_execution_id integer references executions (id) on delete set null,
  add column child_generation integer;
create index task_executions_child on task_executions (child_execution_id) where child_execution_id is not null;
`;

/** The end of a run that a step of a flow waits for is told to the flow's workflow, whoever writes that end. */
const wakeParent = `
create function wake_parent_flow() returns trigger language plpgsql as $$
begin
  insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
  select p.id, p.execution_id, 'answer', jsonb_build_object('generation', p.generation, 'taskKey', t.task_key),
         new.updated_at, new.updated_at
    from task_executions t join executions p on p.id = t.execution_id
   where t.child_execution_id = new.id and p.status not in ('completed', 'failed', 'cancelled');
  return null;
end
$$;
create trigger executions_wake_parent_flow after update of status on executions for each row
  when (new.parent_execution_id is not null and new.status in ('completed', 'failed', 'cancelled')
    and old.status is distinct from new.status)
  execute function wake_parent_flow();
`;
