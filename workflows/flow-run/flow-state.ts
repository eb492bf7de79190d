import type { Claim, TaskOutcome } from '../../src/contracts/crew-run.ts';
import { FlowProgress, MAX_STEP_RUNS } from '../../src/domain/flow/flow-progress.ts';
import type { StepRun } from '../../src/domain/flow/flow-shape.ts';
import { RunState } from '../crew-run/run-state.ts';

/** What a running flow remembers: as a crew, but its tasks are runs of steps, set off by those that are over. */
export class FlowState extends RunState {
  private progress = new FlowProgress([]);

  override adopt(claim: Extract<Claim, { accepted: true }>): void {
    super.adopt({ ...claim, tasks: [] });
    const { shape, finished } = claim.flow ?? { shape: [], finished: [] };
    this.progress = new FlowProgress(shape);
    this.add(this.progress.begin());
    for (const step of finished) {
      this.finish(step.key);
      this.add(this.progress.finish(step));
    }
  }

  override takeBack(key: string, outcome: TaskOutcome | null): void {
    super.takeBack(key, outcome);
    if (outcome?.kind !== 'completed') return;
    this.add(this.progress.finish({ key, label: outcome.label ?? null }));
    if (this.progress.runCount > MAX_STEP_RUNS) this.failure ??= { code: 'STEP_LIMIT', taskKey: key };
  }

  /** Where a run of a step stands in the flow. */
  placeOf(key: string): StepRun {
    const place = this.progress.runOf(key);
    if (place === undefined) throw new Error(`nothing has set off ${key}`);
    return place;
  }

  private add(runs: readonly StepRun[]): void {
    for (const { key } of runs) this.addTask({ key, name: key, dependsOn: [], status: 'pending' });
  }
}
