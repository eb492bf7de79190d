import { Migration } from '@mikro-orm/migrations';
import { ownedBy, policy } from './row-policies.ts';

/** Endpoints that are told of events, and what goes to them. */
export class Migration20261124000015 extends Migration {
  override up(): void {
    this.addSql(endpoints);
    this.addSql(deliveries);
    this.addSql(policy('delivery_endpoints', ownedBy('owner_id')));
    this.addSql(policy('deliveries', ownedBy('owner_id')));
    this.addSql(fanOut);
  }
}

/**
 * `secret` and `previous_secret` are encrypted (src/security/secret-box.ts). `event_patterns` are patterns of LIKE. What
 * an event must belong to (workflow, graph, flow) is null where it does not matter.
 */
const endpoints = `
create table delivery_endpoints (
  id uuid primary key,
  owner_id uuid not null references users (id) on delete cascade,
  kind text not null check (kind in ('webhook', 'user_agent')),
  name text not null default '',
  description text not null default '',
  url text not null,
  events text[] not null default '{}',
  event_patterns text[] not null default '{}',
  workflow_id integer,
  graph_id uuid,
  flow_name text,
  secret text,
  previous_secret text,
  previous_secret_until timestamptz,
  is_enabled boolean not null default true,
  disabled_reason text,
  failures_in_a_row integer not null default 0,
  failing_since timestamptz,
  held_until timestamptz not null default 'epoch',
  last_success_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index delivery_endpoints_owner on delivery_endpoints (owner_id, kind, created_at desc, id desc);
create index delivery_endpoints_newest on delivery_endpoints (kind, created_at desc, id desc);
create index delivery_endpoints_listening on delivery_endpoints (owner_id)
  where kind = 'webhook' and is_enabled;
`;

/**
 * One row an endpoint and message, in the order of \`position\`. What goes out is the event of the log that the row
 * names, or \`payload\`. No foreign key to the endpoint: every event of an owner would lock that one row.
 */
const deliveries = `
create table deliveries (
  id uuid primary key,
  position bigint generated always as identity,
  endpoint_id uuid not null,
  owner_id uuid not null,
  event_type text not null,
  execution_id integer,
  event_seq integer,
  payload jsonb,
  subject_id uuid,
  status text not null check (status in ('pending', 'delivered', 'failed')),
  is_announced boolean not null default false,
  attempts integer not null default 0,
  round_attempts integer not null default 0,
  next_attempt_at timestamptz,
  last_attempt_at timestamptz,
  response_code integer,
  duration_ms integer,
  error text,
  created_at timestamptz not null,
  delivered_at timestamptz
);
create index deliveries_endpoint on deliveries (endpoint_id, position desc);
create index deliveries_endpoint_status on deliveries (endpoint_id, status, position desc);
create index deliveries_pending on deliveries (endpoint_id, position) where status = 'pending';
create index deliveries_endpoint_due on deliveries (endpoint_id, next_attempt_at) where status = 'pending';
create index deliveries_unannounced on deliveries (endpoint_id) where not is_announced;
create index deliveries_created on deliveries (created_at);
create index deliveries_subject on deliveries (subject_id) where subject_id is not null;
`;

/** In the transaction of the event: it is told, or it has not happened. */
const fanOut = `
create function fan_out_event() returns trigger language plpgsql as $$
begin
  insert into deliveries (id, endpoint_id, owner_id, event_type, execution_id, event_seq, status, next_attempt_at, created_at)
  select gen_random_uuid(), w.id, w.owner_id, new.type, new.execution_id, new.seq, 'pending', new.created_at, new.created_at
    from executions e join delivery_endpoints w on w.owner_id = e.owner_id
   where e.id = new.execution_id and w.kind = 'webhook' and w.is_enabled
     and new.type like any (w.event_patterns)
     and (w.workflow_id is null or w.workflow_id = e.workflow_id)
     and (w.graph_id is null or w.graph_id = e.graph_id)
     and (w.flow_name is null or w.flow_name = e.flow_name);
  return null;
end
$$;
create trigger execution_events_fan_out after insert on execution_events for each row execute function fan_out_event();
`;
