import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { answerSignal, pauseSignal, resumeSignal, stateQuery } from '../../workflows/crew-run/messages.ts';
import type { CrewRunInput, LiveState, RunRef } from '../contracts/crew-run.ts';
import type { Temporal } from './client.ts';
import { CREW_RUN_TYPE, FLOW_RUN_TYPE, priorityKey, runWorkflowId } from './names.ts';
import { runSearchAttributes, type SearchAttributeProbe } from './search-attributes.ts';

/** What a start needs to know of a run beside its reference. */
export interface RunToStart extends RunRef {
  ownerId: string;
  crewName: string;
  kind: string;
  priority: number;
}

/**
 * Where Temporal stands with a run. `runId` is that of the newest Temporal run of its id; `continues` that of the one
 * that has continued as this, null for the first.
 */
export type TemporalState =
  | { kind: 'absent' }
  | { kind: 'open'; runId: string; continues: string | null; generation: number }
  | { kind: 'closed'; runId: string; continues: string | null; status: string; generation: number };

/** A workflow of ours as Temporal lists it, a moment old. */
export interface OpenWorkflow {
  workflowId: string;
  runId: string;
}

/** The API's only door to Temporal. Every call may be repeated. Runs are named by their workflow id. */
export interface Runs {
  /** @returns `blocked` while an older generation of the same run is still closing. */
  start(run: RunToStart): Promise<'started' | 'blocked'>;
  signal(workflowId: string, command: 'pause' | 'resume', version: number): Promise<'delivered' | 'absent'>;
  /** Says that a question of this task was answered. */
  answer(workflowId: string, taskKey: string): Promise<'delivered' | 'absent'>;
  /** Temporal's own cancel: the same as the Web UI's button. @param runId only this Temporal run */
  cancel(workflowId: string, runId?: string): Promise<'delivered' | 'absent'>;
  /** Without a word to the workflow: for one that has nothing left to write to. */
  terminate(workflowId: string, runId: string, reason: string): Promise<'delivered' | 'absent'>;
  describe(workflowId: string): Promise<TemporalState>;
  /** The open workflows of runs, on our queue. */
  openWorkflows(): AsyncIterable<OpenWorkflow>;
  /** The workflow's own word on what it does, or null when no worker answers in time. */
  liveState(workflowId: string, timeoutMs: number): Promise<LiveState | null>;
}

const memoGeneration = (description: WorkflowExecutionDescription): number => {
  const generation = description.memo?.['generation'];
  return typeof generation === 'number' ? generation : 0;
};

/** Written by the workflow when it continues as new. */
const memoContinues = ({ memo }: WorkflowExecutionDescription): string | null => {
  const continues = memo?.['continues'];
  return typeof continues === 'string' ? continues : null;
};

const inputOf = (
  { id, executionId, generation, kind, traceparent }: RunToStart,
  searchable: boolean,
): CrewRunInput => ({
  id,
  executionId,
  generation,
  searchable,
  ...(kind === 'flow' && { kind }),
  ...(traceparent !== undefined && { traceparent }),
});

/** Temporal's list query: every open run on a queue. */
const openRuns = (taskQueue: string): string =>
  `ExecutionStatus = 'Running' AND WorkflowType IN ('${CREW_RUN_TYPE}', '${FLOW_RUN_TYPE}') ` +
  `AND TaskQueue = '${taskQueue.replaceAll("'", "''")}'`;

/** A call that has not come back by then is tried again later; meanwhile it would keep others waiting. */
const CALL_MS = 5_000;

export function createRuns(temporal: Temporal, taskQueue: string, probe: SearchAttributeProbe): Runs {
  const { workflow } = temporal.client;
  const soon = <T>(call: () => Promise<T>): Promise<T> =>
    temporal.client.withDeadline(Date.now() + CALL_MS, call);
  const handle = (workflowId: string, runId?: string) => workflow.getHandle(workflowId, runId);

  const describe = async (workflowId: string): Promise<TemporalState> => {
    try {
      const description = await soon(() => handle(workflowId).describe());
      const generation = memoGeneration(description);
      const { runId, status } = description;
      const continues = memoContinues(description);
      return status.name === 'RUNNING'
        ? { kind: 'open', runId, continues, generation }
        : { kind: 'closed', runId, continues, status: status.name, generation };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { kind: 'absent' };
      throw error;
    }
  };

  const delivered = async (send: () => Promise<unknown>): Promise<'delivered' | 'absent'> => {
    try {
      await soon(send);
      return 'delivered';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'absent';
      throw error;
    }
  };

  return {
    async start(run) {
      const { generation } = run;
      const searchable = probe.accepted;
      const workflowId = runWorkflowId(run);
      try {
        await soon(() =>
          workflow.start(run.kind === 'flow' ? FLOW_RUN_TYPE : CREW_RUN_TYPE, {
            workflowId,
            taskQueue,
            args: [inputOf(run, searchable)],
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            workflowIdConflictPolicy: 'FAIL',
            workflowTaskTimeout: '5s',
            memo: { generation },
            staticSummary: run.crewName,
            priority: { priorityKey: priorityKey(run.priority), fairnessKey: run.ownerId },
            ...(searchable && {
              typedSearchAttributes: runSearchAttributes({ ...run, state: 'running' }),
            }),
          }),
        );
        return 'started';
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const state = await describe(workflowId);
        return state.kind === 'open' && state.generation === generation ? 'started' : 'blocked';
      }
    },
    signal: (workflowId, command, version) =>
      delivered(() =>
        handle(workflowId).signal(command === 'pause' ? pauseSignal : resumeSignal, { version }),
      ),
    answer: (workflowId, taskKey) => delivered(() => handle(workflowId).signal(answerSignal, { taskKey })),
    cancel: (workflowId, runId) => delivered(() => handle(workflowId, runId).cancel()),
    terminate: (workflowId, runId, reason) => delivered(() => handle(workflowId, runId).terminate(reason)),
    describe,
    openWorkflows: () => workflow.list({ query: openRuns(taskQueue) }),
    async liveState(workflowId, timeoutMs) {
      try {
        return await temporal.client.withDeadline(Date.now() + timeoutMs, () =>
          handle(workflowId).query(stateQuery),
        );
      } catch {
        // No worker, no workflow, no Temporal: the projection in Postgres answers instead.
        return null;
      }
    },
  };
}
