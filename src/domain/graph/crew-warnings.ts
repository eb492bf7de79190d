import { asBool } from '../crewai/field-types.ts';
import { placeholders } from '../plan/interpolate.ts';
import type { Findings } from './graph-findings.ts';
import type { AgentModel, CrewModel } from './graph-model.ts';
import { taskFlow } from './task-flow.ts';

/** What CrewAI takes in silence, though whoever drew it can hardly have meant it. */
export function warnOfCrew(crew: CrewModel, findings: Findings): void {
  warnOfRoles(crew, findings);
  warnOfIdleAgents(crew, findings);
  warnOfManagerTexts(crew, findings);
  if (crew.compat === 'strict' && crew.process !== 'graph') warnOfStrictLosses(crew, findings);
}

/** Work is handed over by role, and the first agent of a role gets it. */
function warnOfRoles(crew: CrewModel, findings: Findings): void {
  const roles = new Set<string>();
  for (const agent of crew.agents) {
    const { role } = agent.data;
    if (typeof role !== 'string') continue;
    const name = role.trim().toLowerCase();
    if (roles.has(name)) {
      const message = `another agent has the role "${role.trim()}"; delegation finds only the first`;
      findings.warn('graph_duplicate_role', message, agent.pathOf('role'), agent.id);
    }
    roles.add(name);
  }
}

function warnOfIdleAgents(crew: CrewModel, findings: Findings): void {
  const busy = new Set(crew.tasks.flatMap(({ agent }) => agent?.id ?? []));
  const delegating = crew.agents.filter((agent) => busy.has(agent.id) && delegates(agent));
  if (crew.agents.length < 2) {
    for (const agent of delegating) {
      const message = 'there is no other agent to delegate to; allow_delegation has no effect';
      findings.warn('graph_nobody_to_delegate_to', message, agent.pathOf('allow_delegation'), agent.id);
    }
  }
  if (crew.process === 'hierarchical' || delegating.length > 0) return;
  for (const agent of crew.agents.filter(({ id }) => !busy.has(id)))
    findings.warn('graph_unused_agent', 'no task is for this agent', agent.path, agent.id);
}

export const delegates = (agent: AgentModel): boolean => asBool(agent.data.allow_delegation);

/** CrewAI fills the variables of the crew's agents in, and its manager is not one of them. */
function warnOfManagerTexts({ manager, process, compat }: CrewModel, findings: Findings): void {
  if (manager === null || process !== 'hierarchical' || compat !== 'strict') return;
  for (const field of ['role', 'goal', 'backstory']) {
    const value = manager.data[field];
    if (typeof value === 'string' && placeholders([value]).length > 0) {
      const message = 'CrewAI 0.121.1 fills no variables into the texts of a manager';
      findings.warn('graph_not_interpolated', message, manager.pathOf(field), manager.id);
    }
  }
}

function warnOfStrictLosses(crew: CrewModel, findings: Findings): void {
  const { hidden, steps } = taskFlow(crew.tasks, 'strict');
  const lost = new Set(hidden);
  for (const [place, task] of crew.tasks.entries()) {
    const step = steps[place];
    if (place > 0 && task.isAsync && task.context === null && step?.context.kind === 'tasks') {
      const message =
        'strict: an asynchronous task with unspecified context is given none, as in CrewAI 0.121.1';
      findings.warn('graph_strict_async_context', message, task.pathOf('async_execution'), task.id);
    }
    if (lost.has(task.id)) {
      const message = 'strict: the output of this task is left out of the result, as in CrewAI 0.121.1';
      findings.warn('graph_strict_lost_output', message, task.path, task.id);
    }
  }
}
