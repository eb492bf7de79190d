import { Migration } from '@mikro-orm/migrations';
import { ownedBy, policy } from './row-policies.ts';

/** How many instances stand how, kept beside them: lists and summaries of 100,000 instances count no rows. */
export class Migration20261124000025 extends Migration {
  override up(): void {
    this.addSql(counts);
    this.addSql(policy('agent_instance_counts', ownedBy('owner_id')));
    this.addSql(countInstance);
    this.addSql(foldCounts);
    this.addSql(rebuildCounts);
    this.addSql('select rebuild_agent_instance_counts()');
    this.addSql(pages);
  }
}

/**
 * A number is the sum of its rows. Whoever makes, ends or moves an instance adds a row (+1, −1) and waits for nobody; now
 * and then one process folds the rows of a number into one.
 */
const counts = `
create table agent_instance_counts (
  owner_id uuid not null,
  agent_type_id uuid not null,
  is_run boolean not null,
  status text not null,
  count integer not null,
  is_folded boolean not null
);
create index agent_instance_counts_owner on agent_instance_counts (owner_id, agent_type_id);
create index agent_instance_counts_type on agent_instance_counts (agent_type_id);
create index agent_instance_counts_changes on agent_instance_counts (is_folded) where not is_folded;
`;

/** In the transaction of the change, whoever makes it: an account that is deleted sees nothing of its own any more. */
const countInstance = `
create function count_instance(p_instance agent_instances, p_count integer) returns void language sql as $$
  insert into agent_instance_counts (owner_id, agent_type_id, is_run, status, count, is_folded)
  values (p_instance.owner_id, p_instance.agent_type_id, p_instance.execution_id is not null, p_instance.status, p_count, false)
$$;
create function count_instances() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    perform count_instance(old, -1);
  end if;
  perform count_instance(new, 1);
  return null;
end
$$;
create function discount_instance() returns trigger language plpgsql security definer as $$
declare
  v_scope text := current_setting('muster.scope', true);
begin
  -- By hand, and back again: a function that carries the setting could be made by a superuser only.
  perform set_config('muster.scope', 'system', true);
  perform count_instance(old, -1);
  perform set_config('muster.scope', v_scope, true);
  return null;
end
$$;
create trigger agent_instances_counted after insert on agent_instances for each row execute function count_instances();
create trigger agent_instances_moved after update of status on agent_instances for each row
  when (old.status <> new.status) execute function count_instances();
create trigger agent_instances_discounted after delete on agent_instances for each row execute function discount_instance();
`;

/** Folds at most so many changes; for a connection that acts for the system, one at a time. Returns how many it folded. */
const foldCounts = `
create function fold_agent_instance_counts(p_limit integer) returns integer language plpgsql as $$
declare
  v_changes integer;
begin
  if not pg_try_advisory_xact_lock(7305025) then
    return 0;
  end if;
  with changes as (
    delete from agent_instance_counts
     where ctid = any (array(select ctid from agent_instance_counts where not is_folded limit p_limit))
    returning owner_id, agent_type_id, is_run, status, count
  ), former as (
    delete from agent_instance_counts f
     using (select distinct owner_id, agent_type_id, is_run, status from changes) c
     where f.is_folded and f.owner_id = c.owner_id and f.agent_type_id = c.agent_type_id and f.is_run = c.is_run
       and f.status = c.status
    returning f.owner_id, f.agent_type_id, f.is_run, f.status, f.count
  ), sums as (
    insert into agent_instance_counts (owner_id, agent_type_id, is_run, status, count, is_folded)
    select owner_id, agent_type_id, is_run, status, sum(count), true
      from (select * from changes union all select * from former) r
     group by owner_id, agent_type_id, is_run, status having sum(count) <> 0
  )
  select count(*) into v_changes from changes;
  return v_changes;
end
$$;
`;

/** Counts everything anew, as far as whoever calls it sees everything. */
const rebuildCounts = `
create function rebuild_agent_instance_counts() returns void language plpgsql as $$
begin
  lock table agent_instances in share row exclusive mode;
  delete from agent_instance_counts;
  insert into agent_instance_counts (owner_id, agent_type_id, is_run, status, count, is_folded)
  select owner_id, agent_type_id, execution_id is not null, status, count(*), true
    from agent_instances group by 1, 2, 3, 4;
end
$$;
`;

/** Agents elsewhere among many runs, and the other way round, newest first. */
const pages = `
create index agent_instances_external on agent_instances (owner_id, started_at desc, id desc) where execution_id is null;
create index agent_instances_runs on agent_instances (owner_id, started_at desc, id desc) where execution_id is not null;
`;
