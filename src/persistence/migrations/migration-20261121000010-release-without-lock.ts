import { Migration } from '@mikro-orm/migrations';

/** Ends of an owner's runs need not take turns where nothing waits for a slot. */
export class Migration20261121000010 extends Migration {
  override up(): void {
    this.addSql(releaseRuns);
  }
}

/**
 * As before, except that those who find nothing queued share the owner's lock instead of taking turns. Sharing it, they
 * still come either before or after whoever queues a run: one that saw this run active is seen here. Of several that find one
 * queued only then none waits for the others' lock, which they would want from each other: whoever shares it alone goes
 * on, and the reconciler lets go what is left.
 */
const releaseRuns = `
create or replace function release_runs(p_owner_id uuid, p_limit integer, p_most integer, p_now timestamptz)
returns setof integer
language plpgsql as $$
declare
  v_id integer;
  v_left integer := p_most;
begin
  if not exists (select 1 from executions where owner_id = p_owner_id and queued and status = 'pending') then
    perform pg_advisory_xact_lock_shared(7305007, hashtext(p_owner_id::text));
    if not exists (select 1 from executions where owner_id = p_owner_id and queued and status = 'pending')
      or not pg_try_advisory_xact_lock(7305007, hashtext(p_owner_id::text)) then
      return;
    end if;
  else
    perform pg_advisory_xact_lock(7305007, hashtext(p_owner_id::text));
  end if;
  while v_left > 0 loop
    select id into v_id from executions
     where owner_id = p_owner_id and queued and status = 'pending'
       and (thread_id is null or not exists (
         select 1 from executions other
          where other.thread_id = executions.thread_id and not other.queued
            and other.status not in ('completed', 'failed', 'cancelled')))
     order by priority desc, id limit 1 for no key update skip locked;
    exit when not found or take_run_slot(p_owner_id, p_limit);
    update executions set queued = false, updated_at = p_now where id = v_id;
    insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
    select id, execution_id, 'start', jsonb_build_object('generation', generation), p_now, p_now
      from executions where id = v_id;
    v_left := v_left - 1;
    return next v_id;
  end loop;
end
$$;
`;
