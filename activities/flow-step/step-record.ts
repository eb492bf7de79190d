import type { TaskOutcome } from '../../src/contracts/crew-run.ts';
import { taskSummary } from '../../src/domain/agent/prompts.ts';
import type { RunErrorCode } from '../../src/domain/errors.ts';
import { parseJson, type JsonObject, type JsonValue } from '../../src/domain/json.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import type { TaskOutput } from '../../src/domain/run/result.ts';
import { MAX_UNEXPECTED_ERRORS, retryDelayMs } from '../../src/domain/run/retry-delay.ts';
import type { Worked } from '../../src/flows/define-flow.ts';
import type { TryAgain } from '../../src/flows/step-work.ts';
import { storableText } from '../../src/domain/storable-text.ts';
import { lockRun } from '../../src/engine/calls/record-call.ts';
import { keepStep, lockState } from '../../src/engine/flow-steps/flow-steps.ts';
import {
  countUnexpected,
  saveProgress,
  type Lease,
  type TaskIds,
} from '../../src/engine/claims/task-lease.ts';
import { persistently } from '../calls/retry-while-database-unavailable.ts';
import { append, failTask, type BareEvent } from '../calls/task-record.ts';
import type { ReadyStep } from './open-step.ts';
import type { FlowDeps } from './step-deps.ts';

/** What a run of a step writes about itself. Each function is one transaction. */

/** What a step said, in the form in which tasks keep their outputs. */
export function stepOutput(step: string, said: JsonValue): TaskOutput {
  const isText = typeof said === 'string' || said === null;
  const raw = typeof said === 'string' ? said : said === null ? '' : JSON.stringify(said);
  return {
    name: step,
    description: '',
    expected_output: '',
    summary: taskSummary(raw),
    raw,
    json_dict: isJsonObject(said) ? said : null,
    agent: '',
    output_format: isText ? 'raw' : 'json',
  };
}

/** The other way round: what a step said, from its output. */
export function saidBy(output: TaskOutput | null): JsonValue {
  if (output === null) return null;
  return output.output_format === 'raw' ? output.raw : (parseJson(output.raw) ?? null);
}

/** The step is done: its output, and the fields of the state that it changed, laid over the state as it is by now. */
export async function endStep(
  deps: FlowDeps,
  lease: Lease,
  ready: ReadyStep,
  worked: Worked,
): Promise<TaskOutcome> {
  const output = stepOutput(ready.place.step, worked.said);
  const changes = changedFields(ready.view.state, worked.state);
  const outcome = await persistently(deps, () =>
    deps.sql.transaction(async (sql): Promise<TaskOutcome> => {
      const now = deps.now();
      const merged: JsonObject = { ...(await lockState(sql, lease.id)), ...changes };
      const kept = keptState(ready, merged);
      if (!kept.ok) {
        const failure = { error: kept.error, code: 'OUTPUT_INVALID' as const };
        return (await failTask(sql, lease, ready.ids, failure, [], now)).outcome;
      }
      await saveProgress(sql, lease, { kind: 'completed', output }, now);
      const { state } = kept;
      await keepStep(sql, lease.id, ready.taskId, { state, label: worked.label, child: ready.child });
      const done: BareEvent = {
        type: 'task_completed',
        key: `g${lease.generation}:over`,
        status: 'completed',
        data: { agent: '', summary: output.summary, raw: storableText(output.raw), label: worked.label },
      };
      await append(sql, lease, ready.ids, [done], now);
      return { kind: 'completed', ...(worked.label !== null && { label: worked.label }) };
    }),
  );
  deps.waker.wake('log', lease.id);
  return outcome;
}

function keptState(
  ready: ReadyStep,
  state: JsonObject,
): { ok: true; state: JsonObject } | { ok: false; error: string } {
  try {
    return { ok: true, state: ready.flow.keep(state) };
  } catch (error) {
    return {
      ok: false,
      error: `its state does not fit: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function changedFields(before: JsonObject, after: JsonObject): JsonObject {
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value),
  );
  return Object.fromEntries(changed);
}

/** The step has failed; what that means for the run is the run's own policy. */
export async function failStep(
  deps: FlowDeps,
  lease: Lease,
  ids: TaskIds,
  failure: { error: string; code: RunErrorCode },
): Promise<TaskOutcome> {
  const ended = await persistently(deps, () =>
    deps.sql.transaction(async (sql) => {
      await lockRun(sql, lease.id);
      return failTask(sql, lease, ids, failure, [], deps.now());
    }),
  );
  deps.waker.wake('log', lease.id);
  return ended.outcome;
}

/** The step wants to be tried again. @returns null when it was tried often enough */
export async function retryStep(deps: FlowDeps, lease: Lease, reason: TryAgain): Promise<TaskOutcome | null> {
  const now = deps.now();
  const outcome = await deps.sql.transaction(async (sql): Promise<TaskOutcome | null> => {
    await lockRun(sql, lease.id);
    const [task] = await countUnexpected(sql, lease);
    if (task === undefined) return { kind: 'refused' };
    const attempt = task.unexpected_errors;
    if (attempt >= MAX_UNEXPECTED_ERRORS) return null;
    const delayMs = retryDelayMs(attempt, reason.delayMs);
    const again: BareEvent = {
      type: 'task_retrying',
      key: `g${lease.generation}:try-again:${attempt}`,
      data: { error: reason.message, error_code: 'STEP_FAILED', attempt, delay_ms: delayMs },
    };
    const ids = { taskId: task.task_id, agentId: task.agent_id, life: task.attempts };
    await append(sql, lease, ids, [again], now);
    return { kind: 'delayed', delayMs };
  });
  deps.waker.wake('log', lease.id);
  return outcome;
}
