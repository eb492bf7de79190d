import type { FinishedStep, FlowShape, StepRun, StepShape } from './flow-shape.ts';

/** How many runs of steps one execution may take: a loop that never ends is a mistake of the flow. */
export const MAX_STEP_RUNS = 1_000;

/**
 * Which runs of steps the finished ones set off. Fed with the same ends in the same order it says the same, so that a
 * workflow that starts anew finds its place from what the database kept.
 */
export class FlowProgress {
  private readonly shape: FlowShape;
  private readonly runs = new Map<string, StepRun>();
  private readonly counts = new Map<string, number>();
  /** Of steps that wait for all of several: what has not come since they last ran. */
  private readonly missing = new Map<string, Set<string>>();

  constructor(shape: FlowShape) {
    this.shape = shape;
  }

  /** The runs a flow begins with. */
  begin(): StepRun[] {
    return this.shape.filter((step) => step.kind === 'start').map((step) => this.fire(step, null));
  }

  /** @returns the runs that this end sets off, in the order of the shape */
  finish({ key, label }: FinishedStep): StepRun[] {
    const run = this.runs.get(key);
    if (run === undefined) return [];
    const said = label === null ? [run.step] : [run.step, label];
    return this.shape
      .filter((step) => step.on !== null && this.isSetOff(step, said))
      .map((step) => this.fire(step, key));
  }

  runOf(key: string): StepRun | undefined {
    return this.runs.get(key);
  }

  get runCount(): number {
    return this.runs.size;
  }

  private isSetOff({ name, on }: StepShape, said: readonly string[]): boolean {
    if (on === null) return false;
    if (on.kind === 'any') return said.some((word) => on.of.includes(word));
    const missing = this.missing.get(name) ?? new Set(on.of);
    const heard = said.filter((word) => missing.delete(word));
    this.missing.set(name, missing.size === 0 ? new Set(on.of) : missing);
    return heard.length > 0 && missing.size === 0;
  }

  private fire(step: StepShape, triggeredBy: string | null): StepRun {
    const iteration = (this.counts.get(step.name) ?? 0) + 1;
    this.counts.set(step.name, iteration);
    const key = iteration === 1 ? step.name : `${step.name}#${iteration}`;
    const run: StepRun = { key, step: step.name, iteration, triggeredBy, position: this.runs.size };
    this.runs.set(key, run);
    return run;
  }
}
