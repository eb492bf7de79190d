import type { CrewRunInput } from '../../src/contracts/crew-run.ts';
import { performStep } from '../crew-run/activities.ts';
import { carryOut, type CarriedOut } from '../crew-run/carry-out.ts';
import { FlowState } from './flow-state.ts';

/** One execution of a flow: each run of one of its steps is an activity. */
export function flowRun(input: CrewRunInput): Promise<CarriedOut> {
  const state = new FlowState();
  return carryOut(input, state, (work, summary) =>
    performStep.executeWithOptions({ summary }, [{ ...work, place: state.placeOf(work.taskKey) }]),
  );
}
