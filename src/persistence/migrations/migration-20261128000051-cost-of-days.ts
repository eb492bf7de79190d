import { Migration } from '@mikro-orm/migrations';

/** Statistics say what a day has cost: counted with the rest in the transaction that ends a run (migration 9). */
export class Migration20261128000051 extends Migration {
  override up(): void {
    this.addSql(`select set_config('muster.scope', 'system', true)`);
    this.addSql('alter table execution_days add column cost_micro_usd bigint not null default 0');
    this.addSql(knownCosts);
    this.addSql(countExecution);
    this.addSql(rebuildDays);
  }
}

/** Added to the days as they are: those whose executions are pruned keep what they have counted. */
const knownCosts = `
update execution_days as d set cost_micro_usd = known.cost
from (
  select owner_id, (created_at at time zone 'UTC')::date as day, coalesce(workflow_id, 0) as workflow_id, id % 4 as slot,
    sum(cost_micro_usd) as cost
  from executions where status in ('completed', 'failed', 'cancelled') and cost_micro_usd is not null
  group by 1, 2, 3, 4
) as known
where d.owner_id = known.owner_id and d.day = known.day and d.workflow_id = known.workflow_id and d.slot = known.slot
`;

/** Adds an execution that has ended to its day, or takes it away again when it is retried. */
const countExecution = `
create or replace function count_execution(run executions, sign integer) returns void language plpgsql as $$
declare
  v_day date := (run.created_at at time zone 'UTC')::date;
  v_workflow integer := coalesce(run.workflow_id, 0);
  v_slot smallint := run.id % 4;
begin
  insert into execution_days as d
    (owner_id, day, workflow_id, slot, successful, failed, timed, duration_ms, tokens, cost_micro_usd)
  values (run.owner_id, v_day, v_workflow, v_slot,
    sign * (run.status = 'completed')::integer,
    sign * (run.status <> 'completed')::integer,
    sign * (run.started_at is not null)::integer,
    sign * coalesce((extract(epoch from run.completed_at - run.started_at) * 1000)::bigint, 0),
    sign * run.total_tokens,
    sign * coalesce(run.cost_micro_usd, 0))
  on conflict (owner_id, day, workflow_id, slot) do update set
    successful = d.successful + excluded.successful,
    failed = d.failed + excluded.failed,
    timed = d.timed + excluded.timed,
    duration_ms = d.duration_ms + excluded.duration_ms,
    tokens = d.tokens + excluded.tokens,
    cost_micro_usd = d.cost_micro_usd + excluded.cost_micro_usd;
  if run.status <> 'completed' then
    insert into execution_day_errors as e (owner_id, day, workflow_id, error_code, slot, count)
    values (run.owner_id, v_day, v_workflow, coalesce(run.error_code, 'INTERNAL'), v_slot, sign)
    on conflict (owner_id, day, workflow_id, error_code, slot) do update set count = e.count + excluded.count;
  end if;
end
$$
`;

/** Counts everything anew, as far as whoever calls it sees everything. */
const rebuildDays = `
create or replace function rebuild_execution_days() returns void language sql as $$
  delete from execution_days;
  delete from execution_day_errors;
  insert into execution_days
    (owner_id, day, workflow_id, slot, successful, failed, timed, duration_ms, tokens, cost_micro_usd)
  select owner_id, (created_at at time zone 'UTC')::date, coalesce(workflow_id, 0), id % 4,
    count(*) filter (where status = 'completed'), count(*) filter (where status <> 'completed'), count(started_at),
    coalesce(sum((extract(epoch from completed_at - started_at) * 1000)::bigint), 0), sum(total_tokens),
    coalesce(sum(cost_micro_usd), 0)
  from executions where status in ('completed', 'failed', 'cancelled') group by 1, 2, 3, 4;
  insert into execution_day_errors (owner_id, day, workflow_id, error_code, slot, count)
  select owner_id, (created_at at time zone 'UTC')::date, coalesce(workflow_id, 0), coalesce(error_code, 'INTERNAL'),
    id % 4, count(*)
  from executions where status in ('failed', 'cancelled') group by 1, 2, 3, 4, 5;
$$
`;
