import type { CrewRunInput } from '../../src/contracts/crew-run.ts';
import { performStep } from '../crew-run/activities.ts';
import { carryOut, type CarriedOut } from '../crew-run/run-execution.ts';
import { FlowState } from './flow-state.ts';

/** One execution of a flow: each run of one of its steps is an activity. */
export function flowRun(input: CrewRunInput): Promise<CarriedOut> {
  return runFlow(input, new FlowState());
}

/** The same with a state of the caller's. */
export function runFlow(input: CrewRunInput, state: FlowState): Promise<CarriedOut> {
  return carryOut(input, state, (work, summary) => {
    // Named after its step, so that a replay that would hand out another one is caught, and people see which it is.
    const activityId = `${work.taskKey}/${work.dispatch}`;
    const step = { ...work, place: state.placeOf(work.taskKey) };
    return performStep.executeWithOptions({ summary, activityId }, [step]);
  });
}
