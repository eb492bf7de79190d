import type { CrewRunInput } from '../../src/contracts/crew-run.ts';
import { performTask } from './activities.ts';
import { carryOut, type CarriedOut } from './run-execution.ts';
import { RunState } from './run-state.ts';

/** One execution of a crew: each of its tasks is an activity. */
export function crewRun(input: CrewRunInput): Promise<CarriedOut> {
  return carryOut(input, new RunState(), (work, summary) =>
    performTask.executeWithOptions({ summary }, [work]),
  );
}
