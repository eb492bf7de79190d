import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { answerSignal, pauseSignal, resumeSignal, stateQuery } from '../../workflows/crew-run/messages.ts';
import type { CrewRunInput, LiveState, RunRef } from '../contracts/crew-run.ts';
import type { Temporal } from './client.ts';
import { CREW_RUN_TYPE, crewRunWorkflowId, priorityKey } from './names.ts';
import { runSearchAttributes, type SearchAttributeProbe } from './search-attributes.ts';

/** What a start needs to know of a run beside its reference. */
export interface RunToStart extends RunRef {
  ownerId: string;
  crewName: string;
  kind: string;
  priority: number;
}

/** Where Temporal stands with a run. `runId` is that of the newest Temporal run of its id. */
export type TemporalState =
  | { kind: 'absent' }
  | { kind: 'open'; runId: string; generation: number }
  | { kind: 'closed'; runId: string; status: string; generation: number };

/** The API's only door to Temporal. Every call may be repeated. */
export interface Runs {
  /** @returns `blocked` while an older generation of the same run is still closing. */
  start(run: RunToStart): Promise<'started' | 'blocked'>;
  signal(executionId: string, command: 'pause' | 'resume', version: number): Promise<'delivered' | 'absent'>;
  /** Says that a question of this task was answered. */
  answer(executionId: string, taskKey: string): Promise<'delivered' | 'absent'>;
  /** Temporal's own cancel: the same as the Web UI's button. @param runId only this Temporal run */
  cancel(executionId: string, runId?: string): Promise<'delivered' | 'absent'>;
  describe(executionId: string): Promise<TemporalState>;
  /** The workflow's own word on what it does, or null when no worker answers in time. */
  liveState(executionId: string, timeoutMs: number): Promise<LiveState | null>;
}

const memoGeneration = (description: WorkflowExecutionDescription): number => {
  const generation = description.memo?.['generation'];
  return typeof generation === 'number' ? generation : 0;
};

/** A call that has not come back by then is tried again later; meanwhile it would keep others waiting. */
const CALL_MS = 5_000;

export function createRuns(temporal: Temporal, taskQueue: string, probe: SearchAttributeProbe): Runs {
  const { workflow } = temporal.client;
  const soon = <T>(call: () => Promise<T>): Promise<T> =>
    temporal.client.withDeadline(Date.now() + CALL_MS, call);
  const handle = (executionId: string, runId?: string) =>
    workflow.getHandle(crewRunWorkflowId(executionId), runId);

  const describe = async (executionId: string): Promise<TemporalState> => {
    try {
      const description = await soon(() => handle(executionId).describe());
      const generation = memoGeneration(description);
      const { runId, status } = description;
      return status.name === 'RUNNING'
        ? { kind: 'open', runId, generation }
        : { kind: 'closed', runId, status: status.name, generation };
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
      const { id, executionId, generation } = run;
      const searchable = probe.accepted;
      const input: CrewRunInput = { id, executionId, generation, searchable };
      try {
        await soon(() =>
          workflow.start(CREW_RUN_TYPE, {
            workflowId: crewRunWorkflowId(executionId),
            taskQueue,
            args: [input],
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
        const state = await describe(executionId);
        return state.kind === 'open' && state.generation === generation ? 'started' : 'blocked';
      }
    },
    signal: (executionId, command, version) =>
      delivered(() =>
        handle(executionId).signal(command === 'pause' ? pauseSignal : resumeSignal, { version }),
      ),
    answer: (executionId, taskKey) => delivered(() => handle(executionId).signal(answerSignal, { taskKey })),
    cancel: (executionId, runId) => delivered(() => handle(executionId, runId).cancel()),
    describe,
    async liveState(executionId, timeoutMs) {
      try {
        return await temporal.client.withDeadline(Date.now() + timeoutMs, () =>
          handle(executionId).query(stateQuery),
        );
      } catch {
        // No worker, no workflow, no Temporal: the projection in Postgres answers instead.
        return null;
      }
    },
  };
}
