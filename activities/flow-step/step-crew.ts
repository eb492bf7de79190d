import { missingInputs } from '../../src/domain/plan/interpolate.ts';
import { crewResult, type CrewResult } from '../../src/domain/run/result.ts';
import { isFinal } from '../../src/domain/run/status.ts';
import type { StepCrew } from '../../src/flows/step-work.ts';
import { commandIn } from '../../src/engine/commands/command-run.ts';
import { keepChildGeneration, startChild, type ChildRun } from '../../src/engine/flow-steps/flow-steps.ts';
import type { NewRun } from '../../src/engine/starting/create-run.ts';
import type { Looked, LookingStep } from './open-step.ts';

/** The end of a crew wakes its flow; a word that was lost costs at most this. */
const LOOK_AGAIN_MS = 10 * 60_000;

const STILL_OUT: Looked = { kind: 'waiting', expiresInMs: LOOK_AGAIN_MS, event: null };

/** Starts the crew of a step, or looks how it is doing. A flow that is retried tries its failed crew again. */
export async function lookAtCrew(looking: LookingStep): Promise<Looked> {
  const { sql, lease, taskId, held, crew: said, now, wake } = looking;
  const { child } = held;
  if (child === null) {
    if (said === null) throw new Error('a step starts its crew with what was worked out for it');
    if (!said.ok) return said.failure;
    const missing = missingInputs(said.value.plan, said.value.inputs);
    if (missing.length > 0) {
      const error = `the crew ${said.value.plan.name} needs ${missing.join(', ')}`;
      return { kind: 'failed', error, code: 'STEP_FAILED' };
    }
    wake.push(await startChild(sql, lease, taskId, childRun(looking, said.value), now));
    return STILL_OUT;
  }
  if (!isFinal(child.status)) return STILL_OUT;
  if (child.status === 'completed') return { kind: 'given', given: { result: resultOf(child) } };
  if (child.generation < lease.generation) {
    await commandIn(sql, child.id, 'retry', 0, now);
    await keepChildGeneration(sql, lease, taskId);
    wake.push(child.id);
    return STILL_OUT;
  }
  const error = `its crew ${child.executionId} ended as ${child.status}: ${child.error ?? ''}`;
  return { kind: 'failed', error, code: child.code ?? 'INTERNAL' };
}

const childRun = ({ held, lease }: LookingStep, { plan, inputs }: StepCrew): NewRun => ({
  ownerId: held.ownerId,
  kind: 'crew',
  crewName: plan.name,
  plan,
  inputs,
  priority: held.priority,
  tags: held.tags,
  maxTokensTotal: held.tokensLeft === null ? null : Math.max(held.tokensLeft, 1),
  maxCostMicroUsd: held.costLeft === null ? null : Math.max(held.costLeft, 1),
  onBudget: held.onBudget,
  model: plan.agents[0]?.model ?? null,
  parentExecutionId: held.executionId,
  // The row of the step knows its crew; this holds should that row be lost.
  idempotencyRef: `flow:${held.executionId}:${lease.taskKey}`,
});

/** As it was stored: the crew's own result. */
function resultOf({ result }: ChildRun): CrewResult {
  const outputs = result?.['tasks_output'];
  const made = crewResult(Array.isArray(outputs) ? outputs : []);
  return made ?? { raw: '', data: {}, tasks_output: [] };
}
