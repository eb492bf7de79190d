/**
 * The shape of a flow: its steps and what sets each of them off. It is stored with the execution and handed to the
 * workflow, so it holds names only. Names and labels are the flow's own code, never texts of a person.
 */

/** What a step waits for: names of steps, or labels of routers. */
export interface StepTrigger {
  /** `any`: each of them sets it off · `all`: once every one has come since the last time. */
  kind: 'any' | 'all';
  of: string[];
}

export interface StepShape {
  name: string;
  kind: 'start' | 'listen' | 'router';
  /** Null for a start. */
  on: StepTrigger | null;
  /** What a router may answer; empty for the others. */
  labels: string[];
}

/** Steps in the order in which the flow lists them. */
export type FlowShape = StepShape[];

/** One run of a step: loops run a step again, each time with a number of its own. */
export interface StepRun {
  /** Unique in the execution: `write`, then `write#2`, `write#3` … */
  key: string;
  step: string;
  iteration: number;
  /** Key of the run that set it off, null for a start. */
  triggeredBy: string | null;
  /** Place in the order in which runs were set off, from 0. */
  position: number;
}

/** A run that is over, as the database keeps it. */
export interface FinishedStep {
  key: string;
  label: string | null;
}

const NAME = /^[a-z][a-z0-9_]{0,79}$/;

/** What is wrong with a shape, in words for whoever wrote the flow. Empty when it can run. */
export function shapeProblems(shape: FlowShape): string[] {
  const names = shape.map((step) => step.name);
  const labels = shape.flatMap((step) => step.labels);
  const known = new Set([...names, ...labels]);
  const problems = [...names, ...labels]
    .filter((name) => !NAME.test(name))
    .map((name) => `"${name}" is no name: small letters, digits and _ only, beginning with a letter`);
  if (!shape.some((step) => step.kind === 'start')) problems.push('no step is a start');
  for (const label of labels) {
    if (names.includes(label))
      problems.push(`"${label}" is a step and a label: give one of them another name`);
  }
  for (const { name, on, kind, labels: own } of shape) {
    for (const wanted of on?.of ?? []) {
      if (!known.has(wanted))
        problems.push(`step "${name}" waits for "${wanted}", which is no step and no label`);
    }
    if (on?.of.length === 0) problems.push(`step "${name}" waits for nothing`);
    if (kind === 'router' && own.length === 0) problems.push(`router "${name}" has no labels`);
  }
  return problems;
}
