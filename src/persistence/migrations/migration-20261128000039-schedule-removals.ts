import { Migration } from '@mikro-orm/migrations';
import { ownedBy, policy } from './row-policies.ts';

/** A schedule that goes with its owner is heard of in Temporal too, and its times outlive it until they are over. */
export class Migration20261128000039 extends Migration {
  override up(): void {
    this.addSql(removals);
    this.addSql(policy('schedule_removals', ownedBy('owner_id')));
    this.addSql(remember);
    this.addSql(fires);
  }
}

/** Schedules whose rows are gone and that Temporal may still have. */
const removals = `
create table schedule_removals (
  schedule_id uuid primary key,
  owner_id uuid not null,
  due_at timestamptz not null
);
create index schedule_removals_due on schedule_removals (due_at);
`;

/** In the transaction of the delete, whoever makes it: that of an account sees nothing of its schedules any more. */
const remember = `
create function remember_schedule_removal() returns trigger language plpgsql security definer as $$
declare
  v_scope text := current_setting('muster.scope', true);
begin
  -- By hand, and back again: a function that carries the setting could be made by a superuser only.
  perform set_config('muster.scope', 'system', true);
  insert into schedule_removals (schedule_id, owner_id, due_at) values (old.id, old.owner_id, 'epoch')
    on conflict do nothing;
  perform set_config('muster.scope', v_scope, true);
  return null;
end
$$;
create trigger schedules_removed after delete on schedules for each row execute function remember_schedule_removal();
`;

/**
 * The workflow of a time waits to hear that its run is over, also when the schedule is gone by then. `checked_at`: when it
 * was last looked for in Temporal; `triggered_at`: the moment the last trigger of a schedule stands for.
 */
const fires = `
alter table schedule_fires drop constraint schedule_fires_schedule_id_fkey;
alter table schedule_fires add column checked_at timestamptz not null default 'epoch';
create index schedule_fires_checked on schedule_fires (checked_at) where status = 'started' and not told;
alter table schedules add column triggered_at timestamptz;
`;
