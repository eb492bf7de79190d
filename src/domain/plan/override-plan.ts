import type { Issue } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { CrewPlan, PlanAgent } from './crew-plan.ts';
import { editTask, type EditedPlan, type TaskEdit } from './edit-task.ts';

/** What may be changed of an agent for a replay; what is undefined stays. */
export type AgentEdit = {
  [Field in 'role' | 'goal' | 'backstory' | 'model' | 'maxIter' | 'temperature']?:
    PlanAgent[Field] | undefined;
};

/** Changes for a replay, by the keys of agents and tasks. */
export interface PlanOverrides {
  agents: Readonly<Record<string, AgentEdit>>;
  tasks: Readonly<Record<string, TaskEdit>>;
}

/** A plan with these changes, all that is wrong with them at once. Paths begin with `/overrides`. */
export function overridePlan(
  plan: CrewPlan,
  overrides: PlanOverrides,
  run: { inputs: JsonObject; offeredTools: readonly string[] },
): EditedPlan {
  const issues: Issue[] = Object.keys(overrides.agents)
    .filter((key) => !plan.agents.some((agent) => agent.key === key))
    .map((key) => ({
      path: `/overrides/agents/${key}`,
      message: `no agent of this crew is called "${key}"`,
    }));
  const agents = plan.agents.map((agent) => ({
    ...agent,
    ...Object.fromEntries(
      Object.entries(overrides.agents[agent.key] ?? {}).filter(([, value]) => value !== undefined),
    ),
  }));
  let current: CrewPlan = { ...plan, agents };
  for (const [key, edit] of Object.entries(overrides.tasks)) {
    const edited = editTask(current, key, edit, run);
    if (edited.ok) current = edited.plan;
    else
      issues.push(
        ...edited.issues.map(({ path, message }) => ({ path: `/overrides/tasks/${key}${path}`, message })),
      );
  }
  return issues.length > 0 ? { ok: false, issues } : { ok: true, plan: current };
}
