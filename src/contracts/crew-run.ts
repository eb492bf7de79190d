import type { RunErrorCode } from '../domain/errors.ts';
import type { FinishedStep, FlowShape, StepRun } from '../domain/flow/flow-shape.ts';
import type { FinalStatus, TaskStatus } from '../domain/run/status.ts';

/**
 * What crosses the border between the crewRun and flowRun workflows and their activities. It lands in Temporal's history,
 * so it holds ids, keys and codes only: no prompt, no output, no secret, no text of a person.
 */

/** Names one attempt at one execution. A retry raises the generation. */
export interface RunRef {
  /** The integer id. */
  id: number;
  /** The UUID, part of the workflow id. */
  executionId: string;
  generation: number;
  /** `flow` on a run of a flow; left out, or anything else, on a run of a crew. */
  kind?: string;
  /** Where its trace hangs, as W3C's header says it: the request it was accepted in. Left out: it is a trace of its own. */
  traceparent?: string;
}

/** The only argument of the crewRun and flowRun workflows. */
export interface CrewRunInput extends RunRef {
  /** Whether the server knows our search attributes; without them a run works, it is only harder to find. */
  searchable: boolean;
  /**
   * What one Temporal run of this execution hands to the next when its history has grown long: until when tasks are put
   * off, in milliseconds since 1970. All the rest the next one reads with its claim.
   */
  putOff?: Record<string, number>;
}

/** What a claim is made with. */
export interface ClaimRef extends RunRef {
  /** The caller takes a part of the tasks, and claims the next in another Temporal run; else it gets all of them. */
  pages?: true;
  /** The Temporal run that this one continues: its claim passes on. */
  continues?: string;
}

/** A task as the workflow sees it. */
export interface TaskShape {
  key: string;
  /** For people in the Web UI. */
  name: string;
  dependsOn: string[];
  status: TaskStatus;
}

/** The answer to a claim. Refused: another run holds this execution, or it is over. */
export type Claim =
  | { accepted: false }
  | {
      accepted: true;
      /**
       * The next tasks in plan order that are not done, as many as one Temporal run takes. They depend on nothing beyond
       * each other: what they depend on that is done is left out.
       */
      tasks: TaskShape[];
      /** How many tasks are done and not among `tasks`. Left out: none. */
      doneBefore?: number;
      /** How many come after `tasks`, for the Temporal runs that follow. Left out: none. */
      moreTasks?: number;
      paused: boolean;
      cancelling: boolean;
      controlVersion: number;
      /** Milliseconds left until the deadline, null without one. */
      timeoutMs: number | null;
      /** Only there on a run of a flow: its shape, and the runs of steps that are over, in the order of their ends. */
      flow?: { shape: FlowShape; finished: FinishedStep[] };
    };

export interface PerformTaskInput extends RunRef {
  taskKey: string;
  /** Counts how often the workflow has handed this task out; part of the lease. */
  dispatch: number;
}

/** The same for a run of a flow's step; its key is `taskKey`. */
export interface PerformStepInput extends PerformTaskInput {
  place: StepRun;
}

/** How one hand-out of a task, or of a run of a step, ended. */
export type TaskOutcome =
  /** `label`: what a router of a flow answered, one of the labels its shape names. */
  | { kind: 'completed'; label?: string }
  | { kind: 'failed'; code: RunErrorCode }
  /** The slice is over (long, or the worker drains): hand it out again. */
  | { kind: 'sliced' }
  /** A call failed for a passing reason: hand it out again after so long. */
  | { kind: 'delayed'; delayMs: number }
  /** A person is asked: hand it out again when there is an answer, or the time for one is up. */
  | { kind: 'waiting'; expiresInMs: number | null }
  /** A pause was seen in the database, maybe before its signal arrived. */
  | { kind: 'paused'; controlVersion: number }
  /** A cancel was seen in the database: nothing may start any more. */
  | { kind: 'cancelling' }
  /** The row belongs to another run. */
  | { kind: 'refused' };

/** What the workflow asks the database to write at the end. */
export type RunEnding =
  | { status: 'completed' }
  | { status: 'failed'; code: RunErrorCode; taskKey: string | null }
  | { status: 'cancelled' };

/** The end that was really written: the database may know better (a cancel that came first). */
export interface FinalState {
  status: FinalStatus;
  code: RunErrorCode | null;
}

/** Carried by the pause and resume signals. The highest version wins, so order and repeats do not matter. */
export interface ControlSignal {
  version: number;
}

/** Carried by the signal that a question of this task was answered. Heard too often, it does no harm. */
export interface AnswerSignal {
  taskKey: string;
}

/** The answer of the `state` query. */
export interface LiveState {
  phase: 'starting' | 'running' | 'waiting' | 'pausing' | 'paused' | 'cancelling' | 'closing';
  tasks: { key: string; status: 'pending' | 'running' | 'waiting' | 'done' }[];
}
