import { proxyActivities, sleep } from '@temporalio/workflow';
import { crewRun as trueCrewRun } from '../../workflows/crew-run/workflow.ts';
import { delivery as trueDelivery } from '../../workflows/delivery/workflow.ts';
import { FlowState } from '../../workflows/flow-run/flow-state.ts';
import { runFlow } from '../../workflows/flow-run/workflow.ts';
import type { DeliveryInput } from '../../src/contracts/delivery.ts';
import type { Claim, CrewRunInput } from '../../src/contracts/crew-run.ts';
import type { ScheduledStartInput } from '../../src/contracts/scheduled-start.ts';
import { scheduledStart as trueScheduledStart } from '../../workflows/scheduled-start/workflow.ts';
import type { Activities } from '../../activities/index.ts';

const { recordPaused } = proxyActivities<Activities>({ startToCloseTimeout: '1s' });

/** The workflow as somebody might change it without a patch: one activity more at the start. */
export async function crewRun(input: CrewRunInput): Promise<unknown> {
  await recordPaused(input);
  return trueCrewRun(input);
}

/** A flow whose steps have changed places: everything else is as it was. */
class ReorderedState extends FlowState {
  override adopt(claim: Extract<Claim, { accepted: true }>): void {
    const { shape, finished } = claim.flow ?? { shape: [], finished: [] };
    const names = shape.map((step) => step.name).toReversed();
    const reordered = shape.map((step, index) => ({ ...step, name: names[index] ?? step.name }));
    super.adopt({ ...claim, flow: { shape: reordered, finished } });
  }
}

export function flowRun(input: CrewRunInput): Promise<unknown> {
  return runFlow(input, new ReorderedState());
}

/** Deliveries that take a breath first. */
export async function delivery(input: DeliveryInput): Promise<void> {
  await sleep('1s');
  await trueDelivery(input);
}

export async function scheduledStart(input: ScheduledStartInput): Promise<unknown> {
  await recordPaused({ id: 0, executionId: '', generation: 1 });
  return trueScheduledStart(input);
}
