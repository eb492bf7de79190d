import { notFound } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { CrewPlan } from '../../../domain/plan/crew-plan.ts';
import type { ReadyRun } from '../../../engine/schedules/schedule-keeper.ts';
import type { ScheduleTarget } from '../../../persistence/repositories/schedules.repository.ts';
import type { Caller } from '../../context.ts';
import type { EngineServices } from '../../../engine/services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { reachGraph } from '../graphs/access.ts';
import { planOfGraph } from '../graphs/compile.ts';
import { reachWorkflow } from '../workflows/access.ts';
import { planOfWorkflow } from '../workflows/compile.ts';
import { checkFlowRequest, startFlowRun } from '../../../engine/starting/start-flow-run.ts';
import { refuseMissingInputs, startCrewRun } from '../../../engine/starting/start-crew-run.ts';

/**
 * Makes ready what a schedule runs, as it is now, in its owner's name.
 * @throws {MusterError} NOT_FOUND, VALIDATION_FAILED: what the start itself would say
 */
export async function readyRun(
  engine: StartServices & Pick<EngineServices, 'computing' | 'crews' | 'flows' | 'tools'>,
  ownerId: string,
  target: ScheduleTarget,
  inputs: JsonObject,
): Promise<ReadyRun> {
  if (target.flow !== null) {
    const flow = engine.flows.find(target.flow);
    if (flow === undefined) throw notFound('flow');
    const request = checkFlowRequest(flow, inputs, 'inputs');
    return {
      start: (idempotencyRef) =>
        startFlowRun(engine, { ownerId, flow, request, options: {}, idempotencyRef }),
    };
  }
  const crew = await namedCrew(engine, ownerId, target);
  refuseMissingInputs({ plan: crew.plan, inputs });
  const { priority, ...named } = crew;
  const options = priority === undefined ? {} : { priority };
  return {
    start: (idempotencyRef) => startCrewRun(engine, { ...named, ownerId, inputs, options, idempotencyRef }),
  };
}

async function namedCrew(
  engine: Pick<EngineServices, 'computing' | 'crews' | 'database' | 'tools'>,
  ownerId: string,
  { crew, graph_id: graphId, workflow_id: workflowId }: ScheduleTarget,
): Promise<{ plan: CrewPlan; graphId?: string; workflowId?: number; priority?: number }> {
  // What the owner may reach, and no admin beside.
  const owner: Caller = {
    userId: ownerId,
    email: null,
    role: 'user',
    isAdmin: false,
    credential: 'none',
    scopes: [],
  };
  if (graphId !== null) {
    const graph = await reachGraph(engine, owner, graphId);
    return { plan: await planOfGraph(engine, ownerId, graph), graphId };
  }
  if (workflowId !== null) {
    const workflow = await reachWorkflow(engine, owner, workflowId);
    return { ...(await planOfWorkflow(engine, workflow, {})), workflowId };
  }
  return { plan: engine.crews.load(crew ?? '').plan };
}
