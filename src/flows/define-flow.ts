import { z } from 'zod';
import {
  shapeProblems,
  type FlowShape,
  type StepShape,
  type StepTrigger,
} from '../domain/flow/flow-shape.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { CrewResult } from '../domain/run/result.ts';
import type { Expressions } from './declared/expressions.ts';
import type { StepContext, StepCrew, StepQuestion, StepView, StepWork } from './step-work.ts';

export { z };
export { agentCrew } from './agent-crew.ts';
export { StepFailure, TryAgain } from './step-work.ts';

/**
 * Flows as CrewAI means them: steps that start, listen to others, or route. `defineFlow` gives the steps their types
 * and then forgets them: whoever runs a flow knows steps by name and state as JSON.
 */

/** What a step listens to: a step's name, a router's label, or several of them. */
export type On = string | StepTrigger;
/** Once all of them have come. */
export const and_ = (...of: string[]): StepTrigger => ({ kind: 'all', of });
/** Each time one of them comes. */
export const or_ = (...of: string[]): StepTrigger => ({ kind: 'any', of });

type Said = JsonValue | void;

/** A step as the engine sees it: its request and state are JSON that fits the flow's schemas. */
export interface FlowStep {
  shape: Omit<StepShape, 'name'>;
  /** What it waits for before it works, if anything. Each is asked again when the step is. */
  ask?: (view: PlainView) => StepQuestion;
  crew?: (view: PlainView, expressions: Expressions) => StepCrew | Promise<StepCrew>;
  wait?: (view: PlainView) => number;
  /** Does the work. @param given the answer, or the crew's result */
  work(context: PlainContext, given: Given): Promise<Worked>;
}

export interface Given {
  answer?: JsonValue | undefined;
  result?: CrewResult;
}

export interface PlainView extends StepView<JsonObject, JsonObject> {
  /** What each step said last; read for declared flows only, empty for the others. */
  readonly outputs: JsonObject;
  /** When the run was asked for. */
  readonly startedAt: Date;
}
export interface PlainContext extends PlainView, StepContext<JsonObject, JsonObject> {
  state: JsonObject;
  /** Of declared flows. */
  readonly expressions: Expressions;
}

/** What came of a step. */
export interface Worked {
  said: JsonValue;
  label: string | null;
  /** The state as it left it. */
  state: JsonObject;
}

/** A flow whose types are forgotten. Its name is that of its folder. */
export interface Flow {
  readonly [FLOW]: true;
  summary: string;
  description: string;
  request: z.ZodType;
  result: z.ZodType;
  example: { request: unknown; result: unknown };
  shape: FlowShape;
  steps: ReadonlyMap<string, FlowStep>;
  /** The state a run begins with. */
  begin(request: JsonObject): JsonObject;
  /**
   * What a run gives back.
   * @param last what the step that ended last said
   * @returns what the result schema says is wrong, where it does not fit
   */
  finish(
    state: JsonObject,
    request: JsonObject,
    last: JsonValue,
  ): { ok: true; result: JsonObject } | { ok: false; error: string };
  /** A state made ready to be stored. @throws what the state schema says is wrong with it */
  keep(state: JsonObject): JsonObject;
}

/** The same in every copy of this file, so that a flow in a folder of its own is known as one. */
export const FLOW = Symbol.for('muster.flow');

export const isFlow = (value: unknown): value is Flow =>
  typeof value === 'object' && value !== null && FLOW in value && value[FLOW] === true;

/** What makes steps, with the types of the flow's request and state. */
export interface StepMakers<Request, State> {
  /** Runs when the flow starts; several do so side by side. */
  start: (work: StepWork<Request, State, Said>) => FlowStep;
  /** Runs when what it listens to has come. */
  listen: (on: On, work: StepWork<Request, State, Said>) => FlowStep;
  /** As `listen`; what it says is a label that others listen to. */
  router: <const Label extends string>(
    on: On,
    labels: readonly Label[],
    work: StepWork<Request, State, Label>,
  ) => FlowStep;
}

const jsonValue = z.json();
const jsonObject = z.record(z.string(), z.json());
/** As it comes back from the database: dates as text, undefined fields gone. */
const plain = (value: unknown): JsonObject => jsonObject.parse(JSON.parse(JSON.stringify(value)));
const plainValue = (value: unknown): JsonValue =>
  value === undefined ? null : jsonValue.parse(JSON.parse(JSON.stringify(value)));

/**
 * Makes a flow. Schemas must say the same of what they have parsed already: defaults are fine, transforms are not.
 * @throws when its steps do not hang together, with all that is wrong
 */
export function defineFlow<
  Request extends z.ZodObject,
  State extends z.ZodObject,
  Result extends z.ZodObject,
>(spec: {
  /** One line, for lists and the documentation. */
  summary: string;
  description?: string;
  request: Request;
  state: State;
  result: Result;
  example: { request: z.input<Request>; result: z.input<Result> };
  /** The state a run begins with. */
  begin(request: z.output<Request>): z.input<State>;
  steps(make: StepMakers<z.output<Request>, z.output<State>>): Record<string, FlowStep>;
  finish(state: z.output<State>, request: z.output<Request>): z.input<Result>;
}): Flow {
  const steps = new Map(Object.entries(spec.steps(makers(spec.request, spec.state))));
  const shape = [...steps].map(([name, step]) => ({ name, ...step.shape }));
  const problems = shapeProblems(shape);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return {
    [FLOW]: true,
    summary: spec.summary,
    description: spec.description ?? '',
    request: spec.request,
    result: spec.result,
    example: spec.example,
    shape,
    steps,
    begin: (request) => plain(spec.state.parse(spec.begin(spec.request.parse(request)))),
    keep: (state) => plain(spec.state.parse(state)),
    finish(state, request) {
      const made = spec.finish(spec.state.parse(state), spec.request.parse(request));
      const read = spec.result.safeParse(made);
      if (read.success) return { ok: true, result: plain(read.data) };
      const words = read.error.issues.map(
        ({ path, message }) => `/${path.map(String).join('/')}: ${message}`,
      );
      return { ok: false, error: words.join('; ') };
    },
  };
}

function makers<Request extends z.ZodObject, State extends z.ZodObject>(
  request: Request,
  state: State,
): StepMakers<z.output<Request>, z.output<State>> {
  type Seen = StepView<z.output<Request>, z.output<State>>;
  type Context = StepContext<z.output<Request>, z.output<State>>;
  const seen = (view: PlainView): Seen => ({
    ...view,
    request: request.parse(view.request),
    state: state.parse(view.state),
  });
  const make = <Word extends Said>(
    shape: FlowStep['shape'],
    work: StepWork<z.output<Request>, z.output<State>, Word>,
    labelOf: (said: Word) => string | null,
  ): FlowStep => ({
    shape,
    ...(work.ask !== undefined && { ask: (view: PlainView) => work.ask(seen(view)) }),
    ...(work.crew !== undefined && { crew: (view: PlainView) => work.crew(seen(view)) }),
    ...(work.wait !== undefined && { wait: (view: PlainView) => work.wait(seen(view)) }),
    async work(context, given) {
      const typed: Context = { ...context, ...seen(context) };
      const said = await workOf(work, typed, given);
      const label = said === undefined ? null : labelOf(said);
      return { said: plainValue(said), label, state: plain(typed.state) };
    },
  });
  const none = (): null => null;
  return {
    start: (work) => make({ kind: 'start', on: null, labels: [] }, work, none),
    listen: (on, work) => make({ kind: 'listen', on: triggerOf(on), labels: [] }, work, none),
    router: (on, labels, work) =>
      make({ kind: 'router', on: triggerOf(on), labels: [...labels] }, work, (said) => said),
  };
}

const triggerOf = (on: On): StepTrigger => (typeof on === 'string' ? { kind: 'any', of: [on] } : on);

function workOf<Request, State, Word>(
  work: StepWork<Request, State, Word>,
  context: StepContext<Request, State>,
  given: Given,
): Word | Promise<Word> | undefined {
  if (work.ask !== undefined) return work.run(context, given.answer);
  if (work.wait !== undefined) return work.run?.(context);
  if (work.crew === undefined) return work.run(context);
  if (given.result === undefined) throw new Error('a crew step works with the result of its crew');
  return work.run(context, given.result);
}
