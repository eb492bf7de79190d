import { Migration } from '@mikro-orm/migrations';

/** Bugs of ours are counted, so that they end a task; plans say what every shape of crew needs. */
export class Migration20261121000005 extends Migration {
  override up(): void {
    this.addSql('alter table task_executions add column unexpected_errors integer not null default 0');
    // Runs that were started before this version go on with it.
    this.addSql(`
      update executions set plan = plan || jsonb_build_object('compat', 'fixed', 'hiddenOutputs', '[]'::jsonb,
        'agents', (
          select coalesce(jsonb_agg('{"fallbackModels": [], "maxExecutionTimeMs": null}'::jsonb || a.value
            order by a.ordinality), '[]')
          from jsonb_array_elements(plan->'agents') with ordinality a),
        'tasks', (
          select coalesce(jsonb_agg(
            '{"coworkers": [], "condition": null, "guardrail": null, "output": null, "humanInput": false}'::jsonb
            || t.value order by t.ordinality), '[]')
          from jsonb_array_elements(plan->'tasks') with ordinality t))
      where plan->'compat' is null`);
    this.addSql(`
      update task_executions t set agent_state = agent_state
        || '{"shapeRepairs": 0, "guardrailRetries": 0, "fallbacks": {}, "workedMs": 0, "end": null}'::jsonb
        || jsonb_build_object('frames', jsonb_build_array(agent_state->'frames'->0 || jsonb_build_object('agentKey', (
          select p.value->>'agentKey' from executions e, jsonb_array_elements(e.plan->'tasks') p
           where e.id = t.execution_id and p.value->>'key' = t.task_key))))
      where agent_state is not null and agent_state->'shapeRepairs' is null`);
  }
}
