import { Migration } from '@mikro-orm/migrations';

/**
 * Addresses that a kickoff over `/amp` names: endpoints of the kind `kickoff`, which hear of that one execution and go with it.
 * And what its client keeps with the execution (`meta`).
 */
export class Migration20261201000111 extends Migration {
  override up(): void {
    this.addSql('alter table executions add column meta jsonb');
    this.addSql(endpoints);
    this.addSql(fanOut);
  }
}

/**
 * `name` says which address of the kickoff it is: `task`, `step` or `crew`. The first index also finds them when an execution is
 * deleted. `hears_of` is the owner or the execution whose events an endpoint may have to be told of, so that one scan finds both; a
 * column and no expression, which row-level security would keep from its index.
 */
const endpoints = `
alter table delivery_endpoints
  add column execution_uuid uuid references executions (execution_id) on delete cascade,
  add column hears_of uuid generated always as (coalesce(execution_uuid, owner_id)) stored,
  drop constraint delivery_endpoints_kind_check,
  add constraint delivery_endpoints_kind_check check (kind in ('webhook', 'user_agent', 'kickoff')),
  add constraint delivery_endpoints_of_kickoff check ((kind = 'kickoff') = (execution_uuid is not null));
create unique index delivery_endpoints_kickoff on delivery_endpoints (execution_uuid, name)
  where execution_uuid is not null;
drop index delivery_endpoints_listening;
create index delivery_endpoints_listening on delivery_endpoints (hears_of)
  where kind <> 'user_agent' and is_enabled;
`;

/**
 * As before, and for the addresses of the event's own execution. What a model is asked beside the work (it has a \`purpose\`) is
 * no step of an agent.
 */
const fanOut = `
create or replace function fan_out_event() returns trigger language plpgsql as $$
begin
  insert into deliveries (id, endpoint_id, owner_id, event_type, execution_id, event_seq, status, next_attempt_at, created_at)
  select gen_random_uuid(), w.id, w.owner_id, new.type, new.execution_id, new.seq, 'pending', new.created_at, new.created_at
    from executions e
    join delivery_endpoints w on w.hears_of = any (array[e.owner_id, e.execution_id])
   where e.id = new.execution_id and w.kind <> 'user_agent' and w.is_enabled
     and new.type like any (w.event_patterns)
     and (w.workflow_id is null or w.workflow_id = e.workflow_id)
     and (w.graph_id is null or w.graph_id = e.graph_id)
     and (w.flow_name is null or w.flow_name = e.flow_name)
     and (w.kind = 'webhook' or new.type <> 'llm_call_completed' or not new.data ? 'purpose');
  return null;
end
$$;
`;
