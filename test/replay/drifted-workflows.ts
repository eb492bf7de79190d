import { proxyActivities } from '@temporalio/workflow';
import { crewRun as trueCrewRun } from '../../workflows/crew-run/workflow.ts';
import type { CrewRunInput } from '../../src/contracts/crew-run.ts';
import type { Activities } from '../../activities/index.ts';

const { recordPaused } = proxyActivities<Activities>({ startToCloseTimeout: '1s' });

/** The workflow as somebody might change it without a patch: one activity more at the start. */
export async function crewRun(input: CrewRunInput): Promise<unknown> {
  await recordPaused(input);
  return trueCrewRun(input);
}
