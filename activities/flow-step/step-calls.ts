import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import type { TaskOutcome } from '../../src/contracts/crew-run.ts';
import type { ChatMessage } from '../../src/domain/agent/messages.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { MICRO_USD } from '../../src/domain/run/budget.ts';
import { estimateCall } from '../../src/domain/run/estimate.ts';
import { MAX_CALL_STARTS, MAX_TURN_ATTEMPTS, retryDelayMs } from '../../src/domain/run/retry-delay.ts';
import {
  StepFailure,
  TryAgain,
  type Prompt,
  type StepAnswer,
  type StepRequest,
} from '../../src/flows/step-work.ts';
import { ModelFailure, type Model, type ModelReply } from '../../src/models/model.ts';
import { costMicroUsd } from '../../src/models/prices.ts';
import { storableText } from '../../src/domain/storable-text.ts';
import {
  beginCall,
  failedAttempts,
  lockRun,
  loseOpenCalls,
  settleCall,
  type BeginRefusal,
  type CallEnd,
  type NewCall,
  type OpenCall,
} from '../../src/engine/calls/record-call.ts';
import { answeredCall } from '../../src/engine/flow-steps/flow-steps.ts';
import { saveProgress, type Lease, type TaskIds } from '../../src/engine/claims/task-lease.ts';
import { addWarning } from '../../src/engine/calls/task-warnings.ts';
import type { TaskWarning } from '../../src/domain/run/task-warning.ts';
import { together, type Sql } from '../../src/persistence/sql.ts';
import { callTool } from '../../src/tools/run-tool-call.ts';
import { EgressRefused } from '../../src/tools/guarded-fetch.ts';
import { endAlone } from '../calls/after-worker-deaths.ts';
import { meetLimit } from '../calls/budget-limit.ts';
import { persistently } from '../calls/retry-while-database-unavailable.ts';
import { replyWarning } from '../agent-task/reply-warning.ts';
import { shown } from '../calls/shown-text.ts';
import { append, failTask, type BareEvent } from '../calls/task-record.ts';
import type { FlowDeps } from './step-deps.ts';

/** Longer delays are waited for by the workflow, where they can be paused and cancelled. */
const LONGEST_RETRY_MS = 2_000;

/** What a step reaches outside by. Calls count through the step: run again, the third one is the third one again. */
export interface StepCalls {
  readonly model: (prompt: string | Prompt) => Promise<string>;
  readonly fetch: (url: string, request?: StepRequest) => Promise<StepAnswer>;
  readonly tool: (name: string, args?: JsonObject) => Promise<string>;
  /** Why the step has to stop, whatever its own code makes of the error it was given. */
  readonly interruption:
    { kind: 'outcome'; outcome: TaskOutcome } | { kind: 'again'; error: ApplicationFailure } | null;
}

/** Thrown into a step that has to stop. */
class StepInterrupted extends Error {
  constructor() {
    super('the step has to stop here');
    this.name = 'StepInterrupted';
  }
}

export function createStepCalls(
  deps: FlowDeps,
  lease: Lease,
  of: { taskId: number; ids: TaskIds },
  signal: AbortSignal,
): StepCalls {
  let count = 0;
  let interruption: StepCalls['interruption'] = null;
  const stop = (why: NonNullable<StepCalls['interruption']>): never => {
    interruption ??= why;
    throw new StepInterrupted();
  };
  const step: Step = { deps, lease, taskId: of.taskId, ids: of.ids, signal, stop };
  const nextKey = (): string => {
    signal.throwIfAborted();
    if (interruption !== null) throw new StepInterrupted();
    count += 1;
    return `call-${count}`;
  };
  return {
    model: (prompt) => askModel(step, nextKey(), typeof prompt === 'string' ? { prompt } : prompt),
    fetch: (url, request = {}) => callAddress(step, nextKey(), url, request),
    tool: (name, args = {}) => useTool(step, nextKey(), name, args),
    get interruption() {
      return interruption;
    },
  };
}

interface Step {
  deps: FlowDeps;
  lease: Lease;
  taskId: number;
  ids: TaskIds;
  signal: AbortSignal;
  stop(why: NonNullable<StepCalls['interruption']>): never;
}

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

async function askModel(step: Step, key: string, prompt: Prompt): Promise<string> {
  const { deps, lease, taskId, signal } = step;
  const digest = digestOf(prompt);
  const known = await answeredCall(deps.sql, taskId, key, digest);
  if (typeof known?.['text'] === 'string') return known['text'];
  const model = deps.models.resolve(prompt.model ?? null);
  const messages: ChatMessage[] = [
    ...(prompt.system === undefined ? [] : [{ role: 'system' as const, content: prompt.system }]),
    { role: 'user', content: prompt.prompt },
  ];
  const expected = estimateCall(messages, prompt.maxTokens ?? null);
  const price = deps.prices.of(model.name);
  const call = await begin(step, {
    key: `g${lease.generation}.${step.ids.life}:${key}`,
    kind: 'model',
    name: model.name,
    request: { sha256: digest },
    reserveTokens: expected.promptTokens + expected.completionTokens,
    reserveCostMicroUsd: costMicroUsd(price, expected),
  });
  try {
    const reply = await model.complete(
      {
        messages,
        tools: [],
        temperature: prompt.temperature ?? null,
        topP: null,
        maxTokens: prompt.maxTokens ?? null,
      },
      { signal, onText: (text) => deps.waker.token({ id: lease.id, taskKey: lease.taskKey, text }) },
    );
    const text = storableText(reply.text);
    const cost = costMicroUsd(price, reply.usage);
    const end: CallEnd = {
      status: 'completed',
      usage: reply.usage,
      costMicroUsd: cost,
      response: { text, finish_reason: reply.finishReason },
    };
    const event = spokenEvent(deps, model, call, { ...reply, text }, cost);
    await settle(
      step,
      call,
      end,
      [event],
      replyWarning(model.name, reply.finishReason, prompt.maxTokens ?? null),
    );
    return text;
  } catch (error) {
    if (signal.aborted) await lose(step, call);
    if (error instanceof ModelFailure) return modelFailed(step, call, error);
    throw error;
  }
}

function spokenEvent(
  deps: FlowDeps,
  model: Model,
  call: OpenCall,
  { text, usage, finishReason }: ModelReply,
  cost: number | null,
): BareEvent {
  return {
    type: 'llm_call_completed',
    key: `${call.key}:done`,
    data: {
      model: model.name,
      agent: '',
      text: shown(text),
      tool_calls: [],
      finish_reason: finishReason,
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      total_tokens: usage.totalTokens,
      tokens_estimated: usage.estimated,
      cost_usd: cost === null ? null : cost / MICRO_USD,
      latency_ms: deps.now().getTime() - call.startedAt.getTime(),
      attempt: call.attempt,
    },
  };
}

/** What passes by itself ends this attempt of the step; what does not is the step's own to catch. */
async function modelFailed(step: Step, call: OpenCall, failure: ModelFailure): Promise<never> {
  const { deps, lease, taskId } = step;
  const attempt = await persistently(deps, () =>
    deps.sql.transaction(async (sql) => {
      const now = deps.now();
      await settleCall(sql, lease, taskId, call, { status: 'failed', error: failure.message }, now);
      const failed = await failedAttempts(sql, taskId, call.key);
      if (!failure.retryable || failed >= MAX_TURN_ATTEMPTS) return null;
      const again: BareEvent = {
        type: 'task_retrying',
        key: `${call.key}:retry:${call.attempt}`,
        data: {
          error: failure.message,
          error_code: failure.code,
          attempt: failed,
          delay_ms: retryDelayMs(failed, failure.retryAfterMs),
        },
      };
      await append(sql, lease, step.ids, [again], now);
      return failed;
    }),
  );
  deps.waker.wake('log', lease.id);
  if (attempt === null) throw failure;
  const delayMs = retryDelayMs(attempt, failure.retryAfterMs);
  if (delayMs > LONGEST_RETRY_MS)
    return step.stop({ kind: 'outcome', outcome: { kind: 'delayed', delayMs } });
  const message = `${failure.code}, attempt ${attempt}`;
  const error = ApplicationFailure.create({
    type: failure.code,
    message,
    nonRetryable: false,
    nextRetryDelay: delayMs,
  });
  return step.stop({ kind: 'again', error });
}

async function callAddress(step: Step, key: string, url: string, request: StepRequest): Promise<StepAnswer> {
  const { deps, lease, taskId, signal } = step;
  const digest = digestOf([url, request]);
  const known = await answeredCall(deps.sql, taskId, key, digest);
  if (typeof known?.['status'] === 'number' && typeof known['body'] === 'string')
    return { status: known['status'], body: known['body'] };
  const host = URL.parse(url)?.host ?? '';
  const { method = request.json === undefined ? 'GET' : 'POST' } = request;
  const name = 'http_request';
  const call = await begin(
    step,
    {
      key: `g${lease.generation}.${step.ids.life}:${key}`,
      kind: 'tool',
      name,
      request: { sha256: digest },
      reserveTokens: 0,
      reserveCostMicroUsd: 0,
    },
    { tool: name, method, host },
  );
  try {
    const response = await deps.fetch(url, {
      method,
      headers: {
        ...(request.json !== undefined && { 'content-type': 'application/json' }),
        ...(method !== 'GET' && { 'idempotency-key': `${taskId}:${key}` }),
        ...request.headers,
      },
      ...(request.json !== undefined && { body: JSON.stringify(request.json) }),
      signal,
    });
    const { status } = response;
    if (status >= 500 || status === 429) throw new TryAgain(`${host} answered ${status}`);
    const body = storableText(response.body.toString('utf8'));
    const data = { tool: name, host, output: `HTTP ${status}` };
    await settle(
      step,
      call,
      { status: 'completed', usage: null, costMicroUsd: 0, response: { status, body } },
      [{ type: 'tool_completed', key: `${call.key}:done`, data }],
    );
    return { status, body };
  } catch (error) {
    if (signal.aborted) {
      await lose(step, call);
      throw error;
    }
    return addressFailed(step, call, host, error);
  }
}

async function addressFailed(step: Step, call: OpenCall, host: string, error: unknown): Promise<never> {
  const words = error instanceof Error ? error.message : String(error);
  await settle(step, call, { status: 'failed', error: words }, [
    {
      type: 'tool_failed',
      key: `${call.key}:failed:${call.attempt}`,
      data: { tool: call.name, host, error: shown(words) },
    },
  ]);
  if (error instanceof TryAgain) throw error;
  if (error instanceof EgressRefused) throw new StepFailure(words, { cause: error });
  throw new TryAgain(`${host}: ${words}`, undefined, { cause: error });
}

/** A tool that answers with an error fails the step: there is no agent here that could act upon it. */
async function useTool(step: Step, key: string, name: string, args: JsonObject): Promise<string> {
  const { deps, lease, taskId, signal } = step;
  const digest = digestOf([name, args]);
  const known = await answeredCall(deps.sql, taskId, key, digest);
  if (typeof known?.['output'] === 'string') return known['output'];
  const call = await begin(
    step,
    {
      key: `g${lease.generation}.${step.ids.life}:${key}`,
      kind: 'tool',
      name,
      request: { sha256: digest },
      reserveTokens: 0,
      reserveCostMicroUsd: 0,
    },
    { tool: name, arguments: shown(JSON.stringify(args)) },
  );
  const fail = async (words: string): Promise<never> => {
    await settle(step, call, { status: 'failed', error: words }, [
      {
        type: 'tool_failed',
        key: `${call.key}:failed:${call.attempt}`,
        data: { tool: name, error: shown(words) },
      },
    ]);
    throw new StepFailure(words);
  };
  if (call.attempt > 1 && deps.tools.find(name)?.idempotent === false)
    return fail(`a crash has cut the tool ${name} off, and it must not be used twice`);
  const outcome = await callTool(deps.tools, name, JSON.stringify(args), {
    idempotencyKey: `${taskId}:${key}`,
    signal,
    now: deps.now,
  }).catch(async (error: unknown) => {
    await lose(step, call);
    throw error;
  });
  if (!outcome.ok) return fail(outcome.error);
  const output = storableText(outcome.output);
  await settle(step, call, { status: 'completed', usage: null, costMicroUsd: 0, response: { output } }, [
    { type: 'tool_completed', key: `${call.key}:done`, data: { tool: name, output: shown(output) } },
  ]);
  return output;
}

/** Reserves and records the call, if the run still goes on. */
async function begin(step: Step, wanted: NewCall, shownAs?: JsonObject): Promise<OpenCall> {
  const { deps, lease, taskId } = step;
  const begun = await deps.sql.transaction(async (sql) => {
    const now = deps.now();
    const [, call] = await together([
      lockRun(sql, lease.id),
      beginCall(sql, lease, taskId, wanted, now),
      // Refuses who holds the step no more.
      saveProgress(sql, lease, { kind: 'going_on' }, now),
    ]);
    if (call === 'budget') return overBudget(sql, step, wanted, now);
    if (typeof call === 'string')
      return notBegun(call, (failure) => failTask(sql, lease, step.ids, failure, [], now));
    if (shownAs !== undefined) {
      const started: BareEvent = {
        type: 'tool_started',
        key: `${call.key}:started:${call.attempt}`,
        data: shownAs,
      };
      await append(sql, lease, step.ids, [started], now);
    }
    return call;
  });
  deps.waker.wake('log', lease.id);
  return 'kind' in begun && begun.kind === 'outcome' ? step.stop(begun) : callOf(begun);
}

type Refused = { kind: 'outcome'; outcome: TaskOutcome };

function callOf(begun: OpenCall | Refused): OpenCall {
  if (begun.kind === 'outcome') throw new Error('a refusal is no call');
  return begun;
}

/** The next call would pass a limit: the step fails, or stands still until a person has answered. */
async function overBudget(sql: Sql, step: Step, wanted: NewCall, now: Date): Promise<Refused> {
  const { lease, taskId, ids } = step;
  const met = await meetLimit(sql, lease, taskId, wanted, null, now);
  if (met.kind === 'failed') return failTask(sql, lease, ids, met.failure, met.events, now);
  // There is room by now: the step looks again at once.
  if (met.kind === 'room') return { kind: 'outcome', outcome: { kind: 'sliced' } };
  await together([
    saveProgress(sql, lease, { kind: 'waiting' }, now),
    append(sql, lease, ids, met.events, now),
  ]);
  return { kind: 'outcome', outcome: { kind: 'waiting', expiresInMs: null } };
}

async function notBegun(
  refusal: Exclude<BeginRefusal, 'budget'>,
  fail: (failure: Parameters<typeof failTask>[3]) => Promise<{ outcome: TaskOutcome }>,
): Promise<Refused> {
  const outcome = async (): Promise<TaskOutcome> => {
    switch (refusal) {
      case 'exhausted': {
        const error = `the same call was begun ${MAX_CALL_STARTS} times and its worker died each time`;
        return (await fail({ error, code: 'WORKER_DIED' })).outcome;
      }
      case 'paused':
        // The next look at the step, which comes at once, tells the version of the command.
        return { kind: 'sliced' };
      case 'cancelling':
        return { kind: 'cancelling' };
      case 'stale':
        return { kind: 'refused' };
    }
  };
  return { kind: 'outcome', outcome: await outcome() };
}

async function settle(
  step: Step,
  call: OpenCall,
  end: CallEnd,
  events: BareEvent[],
  warning: TaskWarning | null = null,
): Promise<void> {
  const { deps, lease, taskId } = step;
  // The reply is paid for: a database that is away for a moment must not cost it.
  await persistently(deps, () =>
    deps.sql.transaction(async (sql) => {
      const now = deps.now();
      await settleCall(sql, lease, taskId, call, end, now);
      if (warning !== null) await addWarning(sql, taskId, warning);
      await append(sql, lease, step.ids, events, now);
    }),
  );
  await endAlone(deps, lease);
  deps.waker.wake('log', lease.id);
}

/** A call that was cut off: nobody knows what it cost, so it is charged at its reserve. */
async function lose({ deps, lease, taskId }: Step, call: OpenCall): Promise<void> {
  await deps.sql.transaction(async (sql) => {
    await lockRun(sql, lease.id);
    await loseOpenCalls(sql, lease.id, taskId, deps.now(), call.id);
  });
}
