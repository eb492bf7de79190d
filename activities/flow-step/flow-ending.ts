import type { RunEnding, RunRef } from '../../src/contracts/crew-run.ts';
import { readFlowEnd } from '../../src/engine/flow-steps/flow-steps.ts';
import type { WrittenEnding } from '../../src/engine/lifecycle/finish-run.ts';
import { flowOf } from './flow-of.ts';
import { saidBy } from './step-record.ts';
import type { FlowDeps } from './step-deps.ts';

/** The end of a flow whose steps are done: its result, or the reason why that is none. Other ends stay what they are. */
export async function flowEnding(deps: FlowDeps, ref: RunRef, ending: RunEnding): Promise<WrittenEnding> {
  if (ref.kind !== 'flow' || ending.status !== 'completed') return ending;
  const end = await readFlowEnd(deps.sql, ref.id);
  const flow = end === null ? undefined : flowOf(deps.flows, end);
  if (end === null || flow === undefined)
    return {
      status: 'failed',
      code: 'STEP_FAILED',
      taskKey: null,
      note: `this server has no flow ${end?.flowName ?? ''}`,
    };
  try {
    const finished = flow.finish(end.state, end.request, saidBy(end.last));
    if (finished.ok) return { status: 'completed', result: finished.result };
    const note = `the result of the flow does not fit its schema: ${finished.error}`;
    return { status: 'failed', code: 'OUTPUT_INVALID', taskKey: null, note };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const note = `the result of the flow could not be made: ${words}`;
    return { status: 'failed', code: 'STEP_FAILED', taskKey: null, note };
  }
}
