import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { CrewPlan } from '../domain/plan/crew-plan.ts';
import type { CrewResult } from '../domain/run/result.ts';

/** What a step sees, and what it may do. Everything that reaches outside is recorded and not done twice. */

/** What every step sees. */
export interface StepView<Request, State> {
  /** What the flow was started with. */
  readonly request: Request;
  /**
   * The flow's state, to be changed in place. What was changed is kept when the step ends well: field by field, so that
   * steps that run side by side do not undo each other's.
   */
  state: State;
  /** What the step said that set this one off; null for a start. */
  readonly input: JsonValue;
  /** 1, and one more each time a loop comes by. */
  readonly iteration: number;
}

/** One question to a model. */
export interface Prompt {
  prompt: string;
  system?: string;
  /** `provider/model`; the default model without it. */
  model?: string;
  temperature?: number;
  /** Of the reply, in tokens. */
  maxTokens?: number;
}

/** A request to the outside, through the guard that reaches public addresses only. */
export interface StepRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: JsonValue;
}

export interface StepAnswer {
  status: number;
  body: string;
}

/** What a step that works may do beside. */
export interface StepContext<Request, State> extends StepView<Request, State> {
  /**
   * Asks a model. An answer that was paid for is not asked for again when the step is run again after a crash.
   * @throws {ModelFailure} for what does not pass by itself; what passes is tried again
   */
  readonly model: (prompt: string | Prompt) => Promise<string>;
  /**
   * Calls a web address, with an Idempotency-Key that stays the same over all attempts.
   * @throws {TryAgain} when there is no answer or a 5xx; {StepFailure} for an address that may not be reached
   */
  readonly fetch: (url: string, request?: StepRequest) => Promise<StepAnswer>;
  /**
   * Uses a tool of this installation. One that must not be used twice is not, when a crash has cut it off.
   * @throws {StepFailure} when there is no such tool, its arguments do not fit or it fails
   */
  readonly tool: (name: string, args?: JsonObject) => Promise<string>;
  /** Aborted when the step shall stop. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** What a person is asked. */
export interface StepQuestion {
  question: string;
  options?: string[];
  /** JSON Schema that an answer must fit. */
  schema?: JsonObject;
  /** Milliseconds until nobody need answer any more. */
  timeoutMs?: number;
  /** Milliseconds until people are reminded of it, once. */
  remindAfterMs?: number;
  /** What counts then. Without it the answer is undefined. */
  default?: JsonValue;
}

/** A crew to run: an execution of its own, whose parent is the flow's. */
export interface StepCrew {
  plan: CrewPlan;
  inputs: JsonObject;
}

/** What a step does: work at once, or wait for a person, a crew or a time and then work. Waiting takes no worker. */
export type StepWork<Request, State, Said> =
  | WorkAtOnce<Request, State, Said>
  | AskPerson<Request, State, Said>
  | RunCrew<Request, State, Said>
  | WaitTime<Request, State, Said>;

/** Exactly one of the four; the others are named so that each `run` has its own parameters. */
interface WorkAtOnce<Request, State, Said> {
  run(step: StepContext<Request, State>): Said | Promise<Said>;
  ask?: undefined;
  crew?: undefined;
  wait?: undefined;
}

interface AskPerson<Request, State, Said> {
  ask(step: StepView<Request, State>): StepQuestion;
  /** @param answer undefined when nobody answered in time and there is no default */
  run(step: StepContext<Request, State>, answer: JsonValue | undefined): Said | Promise<Said>;
  crew?: undefined;
  wait?: undefined;
}

interface RunCrew<Request, State, Said> {
  crew(step: StepView<Request, State>): StepCrew;
  run(step: StepContext<Request, State>, result: CrewResult): Said | Promise<Said>;
  ask?: undefined;
  wait?: undefined;
}

interface WaitTime<Request, State, Said> {
  /** Milliseconds; days are fine. */
  wait(step: StepView<Request, State>): number;
  run?(step: StepContext<Request, State>): Said | Promise<Said>;
  ask?: undefined;
  crew?: undefined;
}

/** Thrown by a step that cannot be done, now or later: it fails with these words. */
export class StepFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StepFailure';
  }
}

/** Thrown by a step for a reason that may pass: it is tried again, a few times, with longer and longer pauses. */
export class TryAgain extends Error {
  readonly delayMs: number | undefined;

  /** @param delayMs until the next attempt; doubling from half a second without it */
  constructor(message: string, delayMs?: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TryAgain';
    this.delayMs = delayMs;
  }
}
