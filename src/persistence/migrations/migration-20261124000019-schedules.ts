import { Migration } from '@mikro-orm/migrations';
import { ownedBy, policy } from './row-policies.ts';

/** Schedules, what was asked of them, and each time at which one has come due. */
export class Migration20261124000019 extends Migration {
  override up(): void {
    this.addSql(schedules);
    for (const table of ['schedules', 'schedule_requests', 'schedule_fires'])
      this.addSql(policy(table, ownedBy('owner_id')));
  }
}

/**
 * `version` is raised by every change, `synced_version` is the one Temporal has heard; a deleted row stays until
 * Temporal has heard that, too. A fire is one nominal time; there is one row for it, however often it is told.
 */
const schedules = `
create table schedules (
  id uuid primary key,
  owner_id uuid not null references users (id) on delete cascade,
  name text not null,
  crew text,
  graph_id uuid,
  workflow_id integer,
  flow text,
  inputs jsonb not null,
  cron text not null,
  timezone text not null,
  overlap text not null check (overlap in
    ('skip', 'buffer_one', 'buffer_all', 'cancel_other', 'terminate_other', 'allow_all')),
  paused boolean not null,
  version integer not null default 1,
  synced_version integer not null default 0,
  due_at timestamptz not null,
  checked_at timestamptz not null,
  deleted_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (num_nonnulls(crew, graph_id, workflow_id, flow) = 1)
);
create index schedules_owner on schedules (owner_id, created_at desc, id) where deleted_at is null;
create index schedules_created on schedules (created_at desc, id) where deleted_at is null;
create index schedules_unsynced on schedules (due_at) where synced_version <> version;
create index schedules_checked on schedules (checked_at) where synced_version = version;
create table schedule_requests (
  id uuid primary key,
  schedule_id uuid not null references schedules (id) on delete cascade,
  owner_id uuid not null,
  payload jsonb not null,
  due_at timestamptz not null,
  created_at timestamptz not null
);
create index schedule_requests_due on schedule_requests (due_at);
create index schedule_requests_schedule on schedule_requests (schedule_id);
create table schedule_fires (
  schedule_id uuid not null references schedules (id) on delete cascade,
  nominal_at timestamptz not null,
  owner_id uuid not null,
  workflow_id text not null,
  run_id text not null,
  status text not null check (status in ('due', 'started', 'refused')),
  execution_id integer references executions (id) on delete set null,
  error text,
  told boolean not null default false,
  due_at timestamptz not null,
  created_at timestamptz not null,
  primary key (schedule_id, nominal_at)
);
create index schedule_fires_due on schedule_fires (due_at) where status = 'due';
create index schedule_fires_untold on schedule_fires (due_at) where not told;
create index schedule_fires_execution on schedule_fires (execution_id) where execution_id is not null;
alter table executions add column schedule_id uuid;
create index executions_schedule on executions (schedule_id, id desc) where schedule_id is not null;
`;
