import { invalid } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { compileWorkflow, type PlatformSurroundings } from '../../../domain/plan/compile-workflow.ts';
import type { CrewPlan } from '../../../domain/plan/crew-plan.ts';
import { longestReply } from '../../../models/catalogue.ts';
import type { Workflow } from '../../../persistence/entities/platform.entity.ts';
import { findAgents } from '../../../persistence/repositories/agents.repository.ts';
import { tasksOfWorkflow } from '../../../persistence/repositories/tasks.repository.ts';
import type { ApiServices } from '../../services.ts';

/** What the compiler has to know of this installation. */
export const surroundingsOf = (engine: Pick<ApiServices, 'tools'>): PlatformSurroundings => ({
  offeredTools: engine.tools.registry.names(),
  mostTokensOf: longestReply,
});

/**
 * The plan a stored workflow stands for, and the highest priority of its tasks.
 * @param config laid over the workflow's own, for this plan
 * @throws {MusterError} VALIDATION_FAILED when there is nothing to run, or tasks wait for each other in a circle.
 */
export async function planOfWorkflow(
  engine: Pick<ApiServices, 'database' | 'tools'>,
  workflow: Workflow,
  config: JsonObject,
): Promise<{ plan: CrewPlan; priority: number }> {
  const { id, ownerId } = workflow;
  const rows = await engine.database.as({ ownerId }, async (em) => {
    const tasks = await tasksOfWorkflow(em, id);
    const agents = await findAgents(em, [...new Set(tasks.map((task) => task.agentId))], ownerId);
    return { tasks, agents };
  });
  const merged = { ...workflow.config, ...config };
  const compiled = compileWorkflow(
    { name: workflow.name, workflowType: workflow.workflowType, config: merged },
    rows,
    surroundingsOf(engine),
  );
  if (compiled.ok) return { plan: compiled.plan, priority: compiled.priority };
  throw invalid(`The workflow ${workflow.name} cannot run`, compiled.issues);
}
