import { Migration } from '@mikro-orm/migrations';
import { policy } from './row-policies.ts';

/**
 * Money beside tokens: limits, reserves and costs in micro-USD, of executions, tasks and calls. A cost that is null is
 * unknown: some model had no price, and adding anything to it leaves it so.
 */
export class Migration20261124000017 extends Migration {
  override up(): void {
    this.addSql(money);
    this.addSql('alter table questions drop constraint questions_kind_check');
    this.addSql(
      `alter table questions add constraint questions_kind_check
         check (kind in ('ask_human', 'human_input', 'unknown_outcome', 'agent', 'budget', 'tool_approval'))`,
    );
    this.addSql(modelRates);
    this.addSql(policy('model_rates', `(select muster_scope_is('system', 'everybody'))`));
  }
}

const money = `
alter table executions
  add column max_cost_micro_usd bigint,
  add column reserved_cost_micro_usd bigint not null default 0,
  add column on_budget text not null default 'fail' check (on_budget in ('fail', 'ask')),
  alter column cost_micro_usd set default 0;
alter table task_executions
  add column max_tokens_total bigint,
  add column max_cost_micro_usd bigint,
  add column cost_micro_usd bigint;
alter table task_executions alter column cost_micro_usd set default 0;
alter table calls
  add column reserved_cost_micro_usd bigint,
  add column cost_micro_usd bigint;
`;

/** Calls of whoever has a max_rpm, counted by the minute; one row a scope, whichever worker calls. Nobody reads it but us. */
const modelRates = `
create table model_rates (
  scope text primary key,
  window_start timestamptz not null,
  used integer not null
);
`;
