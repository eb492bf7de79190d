import { Migration } from '@mikro-orm/migrations';

/**
 * What one task needs of a plan lies where that task is: a plan of ten thousand tasks is megabytes, and reading the whole
 * of it for each of them would make every task of a long plan dearer.
 */
export class Migration20261124000023 extends Migration {
  override up(): void {
    this.addSql(longPlans);
  }
}

/**
 * `plan_head` is the plan without its tasks; it follows the plan by itself. `spec` is the task's own entry in the plan:
 * whoever changes the plan changes it too. Steps of flows have none.
 */
const longPlans = `
alter table executions add column plan_head jsonb generated always as (plan - 'tasks') stored;
alter table task_executions add column spec jsonb;
update task_executions t set spec = p.task
  from executions e, jsonb_array_elements(e.plan->'tasks') with ordinality p(task, place)
 where t.execution_id = e.id and p.task->>'key' = t.task_key;
`;
