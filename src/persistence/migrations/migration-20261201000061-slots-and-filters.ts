import { Migration } from '@mikro-orm/migrations';

/**
 * A run that is paused or waits for a person holds no slot of its owner. Indexes for what is open of an owner, and for the
 * filters of those who look at the runs of everybody.
 */
export class Migration20261201000061 extends Migration {
  override up(): void {
    this.addSql('drop index executions_active');
    this.addSql(`create index executions_active on executions (owner_id)
      where not queued and status in ('pending', 'running', 'cancelling')`);
    this.addSql(`create index executions_open_of_owner on executions (owner_id)
      where status not in ('completed', 'failed', 'cancelled')`);
    this.addSql('create index executions_status on executions (status, id)');
    this.addSql('create index executions_crew on executions (crew_name, id) where crew_name is not null');
    this.addSql('create index executions_kind on executions (kind, id)');
    this.addSql('create index executions_created on executions (created_at, id)');
    this.addSql(takeRunSlot);
  }
}

/**
 * As before, except that those count which are at work or about to be: of a flow that waits for a crew which itself is paused
 * or waits for a person, neither does.
 */
const takeRunSlot = `
create or replace function take_run_slot(p_owner_id uuid, p_limit integer) returns boolean
language plpgsql as $$
declare
  v_active integer;
begin
  if p_limit <= 0 then
    return false;
  end if;
  perform pg_advisory_xact_lock(7305007, hashtext(p_owner_id::text));
  select count(*) into v_active from (
    select 1 from executions e
     where e.owner_id = p_owner_id and not e.queued and e.status in ('pending', 'running', 'cancelling')
       and not (e.kind = 'flow' and e.status = 'running' and exists (
         select 1 from task_executions t join executions c on c.id = t.child_execution_id
          where t.execution_id = e.id and t.status in ('running', 'waiting') and c.status in ('paused', 'waiting')))
     limit p_limit
  ) as active;
  return v_active >= p_limit;
end
$$;
`;
