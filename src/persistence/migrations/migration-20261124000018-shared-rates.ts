import { Migration } from '@mikro-orm/migrations';

/** `max_rpm` over all workers: calls of each scope are counted in one row, in windows of a minute. */
export class Migration20261124000018 extends Migration {
  override up(): void {
    this.addSql(takeModelRate);
    this.addSql('alter table executions add column batch_id uuid');
    this.addSql(
      'create index executions_batch on executions (owner_id, batch_id, id desc) where batch_id is not null',
    );
    // Inboxes of everybody's questions, for admins.
    this.addSql('create index questions_newest on questions (status, asked_at desc, id desc)');
    // Whether a thread is busy: its live runs, however many it has had.
    this.addSql(
      `create index executions_live_of_thread on executions (thread_id, id)
         where thread_id is not null and status not in ('completed', 'failed', 'cancelled')`,
    );
  }
}

/**
 * Takes one call of every scope, or none. A window begins with the first call after the one before it is over.
 * Rows are locked in the order of their names.
 * @returns milliseconds until it makes sense to try again; 0 when it was taken
 */
const takeModelRate = `
create function take_model_rate(p_scopes text[], p_most integer[], p_now timestamptz) returns integer
language plpgsql as $$
declare
  v_rate record;
  v_wait integer := 0;
begin
  insert into model_rates (scope, window_start, used)
    select distinct s, p_now, 0 from unnest(p_scopes) s order by s on conflict (scope) do nothing;
  for v_rate in select * from model_rates where scope = any(p_scopes) order by scope for no key update loop
    if v_rate.window_start + interval '1 minute' > p_now
      and v_rate.used >= p_most[array_position(p_scopes, v_rate.scope)] then
      v_wait := greatest(v_wait,
        ceil(extract(epoch from v_rate.window_start + interval '1 minute' - p_now) * 1000)::integer, 1);
    end if;
  end loop;
  if v_wait = 0 then
    update model_rates set
      used = case when window_start + interval '1 minute' > p_now then used + 1 else 1 end,
      window_start = case when window_start + interval '1 minute' > p_now then window_start else p_now end
    where scope = any(p_scopes);
  end if;
  return v_wait;
end
$$;
`;
