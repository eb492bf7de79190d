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
 * `name` says which address of the kickoff it is: `task`, `step` or `crew`. The index also finds them when an execution is
 * deleted, and holds nothing of other endpoints.
 */
const endpoints = `
alter table delivery_endpoints
  add column execution_id integer references executions (id) on delete cascade,
  drop constraint delivery_endpoints_kind_check,
  add constraint delivery_endpoints_kind_check check (kind in ('webhook', 'user_agent', 'kickoff')),
  add constraint delivery_endpoints_of_kickoff check ((kind = 'kickoff') = (execution_id is not null));
create unique index delivery_endpoints_kickoff on delivery_endpoints (execution_id, name)
  where execution_id is not null;
`;

/**
 * As before, and for endpoints of the event's own execution, by their names of event types. Where it has none, that is one look
 * into an index. What a model is asked beside the work (it has a \`purpose\`) is no step of an agent.
 */
const fanOut = `
create or replace function fan_out_event() returns trigger language plpgsql as $$
begin
  insert into deliveries (id, endpoint_id, owner_id, event_type, execution_id, event_seq, status, next_attempt_at, created_at)
  select gen_random_uuid(), w.id, w.owner_id, new.type, new.execution_id, new.seq, 'pending', new.created_at, new.created_at
    from executions e join delivery_endpoints w on w.owner_id = e.owner_id
   where e.id = new.execution_id and w.kind = 'webhook' and w.is_enabled
     and new.type like any (w.event_patterns)
     and (w.workflow_id is null or w.workflow_id = e.workflow_id)
     and (w.graph_id is null or w.graph_id = e.graph_id)
     and (w.flow_name is null or w.flow_name = e.flow_name)
   union all
  select gen_random_uuid(), w.id, w.owner_id, new.type, new.execution_id, new.seq, 'pending', new.created_at, new.created_at
    from delivery_endpoints w
   where w.execution_id = new.execution_id and w.is_enabled and new.type = any (w.events)
     and not (new.type = 'llm_call_completed' and new.data ? 'purpose');
  return null;
end
$$;
`;
