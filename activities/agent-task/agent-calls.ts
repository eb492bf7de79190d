import type { AgentAction, AgentInput } from '../../src/domain/agent/agent-state.ts';
import { delegationSpecs } from '../../src/domain/agent/delegation.ts';
import { untrusted } from '../../src/domain/agent/untrusted.ts';
import type { ToolSpec } from '../../src/domain/agent/messages.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Embedder, Model, ModelReply } from '../../src/models/model.ts';
import { costMicroUsd, type ModelPrices } from '../../src/models/prices.ts';
import { storableText } from '../../src/domain/storable-text.ts';
import type { CallEnd, NewCall, OpenCall } from '../../src/engine/calls/record-call.ts';
import type { NewEvent } from '../../src/persistence/event-log.ts';
import type { TaskWarning } from '../../src/domain/run/task-warning.ts';
import { MICRO_USD } from '../../src/domain/run/budget.ts';
import { estimateCall, tokensOf } from '../../src/domain/run/estimate.ts';
import { callTool } from '../../src/tools/run-tool-call.ts';
import { replyWarning } from './reply-warning.ts';
import { shown } from '../calls/shown-text.ts';
import type { TaskDeps } from '../calls/call-deps.ts';
import { speaker, toolNames, type TaskMaterial } from './task-context.ts';

/** The two things an agent does outside: speak to its model, use a tool. */

export type OutsideAction = Extract<AgentAction, { kind: 'call_model' | 'call_tool' | 'embed' }>;

/** What came back: how to settle the call, what the agent learns, what the log says. */
export interface Returned {
  end: CallEnd;
  input: AgentInput;
  /** What people should know of the task beside its output. */
  warning?: TaskWarning | null;
  events: Omit<NewEvent, 'taskKey' | 'taskId' | 'agentId'>[];
}

/** A tool sees one key for a call, also when the whole run is retried. */
const GENERATION = /^g[\d.]+:/;

/** The call an action asks for. Its key is the same on every attempt; the generation makes a retry a new call. */
export function describeCall(
  action: OutsideAction,
  material: TaskMaterial,
  generation: number,
  model: { name: string },
  prices: ModelPrices,
): NewCall {
  const failed = material.state.fallbacks[action.agentKey] ?? 0;
  const window = material.state.windows?.[action.agentKey];
  const turn = `g${generation}.${material.ids.life}:turn-${material.state.turns + 1}${window === undefined ? '' : `:window-${window}`}`;
  switch (action.kind) {
    case 'call_model': {
      const expected = estimateCall(action.messages, speaker(material, action.agentKey).maxTokens);
      return {
        key: failed === 0 ? turn : `${turn}:fallback-${failed}`,
        kind: 'model',
        name: model.name,
        request: null,
        reserveTokens: expected.promptTokens + expected.completionTokens,
        reserveCostMicroUsd: costMicroUsd(prices.of(model.name), expected),
      };
    }
    case 'embed': {
      const promptTokens = action.texts.reduce((sum, text) => sum + tokensOf(text), 0);
      return {
        key: `${turn}:embed`,
        kind: 'model',
        name: model.name,
        request: null,
        reserveTokens: promptTokens,
        reserveCostMicroUsd: costMicroUsd(prices.of(model.name), { promptTokens, completionTokens: 0 }),
      };
    }
    case 'call_tool':
      return {
        key: `${turn}:tool:${action.call.id}`,
        kind: 'tool',
        name: action.call.name,
        request: { arguments: action.call.arguments },
        reserveTokens: 0,
        reserveCostMicroUsd: 0,
      };
  }
}

/** The event that says a call has begun. Model calls speak when they end. */
export function begunEvents(
  action: OutsideAction,
  call: OpenCall,
): Omit<NewEvent, 'taskKey' | 'taskId' | 'agentId'>[] {
  if (action.kind !== 'call_tool') return [];
  const data: JsonObject = {
    tool: action.call.name,
    arguments: shown(action.call.arguments),
    call_id: action.call.id,
  };
  return [{ type: 'tool_started', key: `${call.key}:started:${call.attempt}`, data }];
}

/** Ids, names and texts as a model made them up, without what Postgres could not keep. */
const storableReply = ({ text, toolCalls, ...rest }: ModelReply): ModelReply => ({
  ...rest,
  text: storableText(text),
  toolCalls: toolCalls.map(({ id, name, arguments: given, ...more }) => ({
    ...more,
    id: storableText(id),
    name: storableText(name),
    arguments: storableText(given),
  })),
});

/** Speaks to the model. @throws {ModelFailure}, or the signal's reason when the call was cut off. */
export async function callModel(
  deps: TaskDeps,
  run: { id: number },
  material: TaskMaterial,
  model: Model,
  action: Extract<OutsideAction, { kind: 'call_model' }>,
  call: OpenCall,
  signal: AbortSignal,
): Promise<Returned> {
  const { task } = material;
  const agent = speaker(material, action.agentKey);
  const reply = storableReply(
    await model.complete(
      {
        messages: action.messages,
        tools: offered(deps, material, action),
        temperature: agent.temperature,
        topP: agent.topP,
        maxTokens: agent.maxTokens,
      },
      { signal, onText: (text) => deps.waker.token({ id: run.id, taskKey: task.key, text }) },
    ),
  );
  const latencyMs = deps.now().getTime() - call.startedAt.getTime();
  const cost = costMicroUsd(deps.prices.of(model.name), reply.usage);
  return {
    end: {
      status: 'completed',
      usage: reply.usage,
      costMicroUsd: cost,
      response: {
        text: reply.text,
        tool_calls: reply.toolCalls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given })),
        finish_reason: reply.finishReason,
      },
    },
    input: {
      kind: 'model_replied',
      text: reply.text,
      toolCalls: reply.toolCalls,
      ...(reply.providerData !== undefined && { providerData: reply.providerData }),
    },
    warning: replyWarning(model.name, reply.finishReason, agent.maxTokens),
    events: [
      {
        type: 'llm_call_completed',
        key: `${call.key}:done`,
        data: {
          model: model.name,
          ...purposeOf(material),
          agent: material.rules.agents.get(action.agentKey)?.role ?? action.agentKey,
          text: shown(reply.text),
          tool_calls: reply.toolCalls.map((wanted) => wanted.name),
          finish_reason: reply.finishReason,
          prompt_tokens: reply.usage.promptTokens,
          completion_tokens: reply.usage.completionTokens,
          total_tokens: reply.usage.totalTokens,
          tokens_estimated: reply.usage.estimated,
          cost_usd: cost === null ? null : cost / MICRO_USD,
          latency_ms: latencyMs,
          attempt: call.attempt,
        },
      },
    ],
  };
}

/** Turns texts into vectors. @throws {ModelFailure}, or the signal's reason when the call was cut off. */
export async function embedTexts(
  deps: TaskDeps,
  embedder: Embedder,
  action: Extract<OutsideAction, { kind: 'embed' }>,
  call: OpenCall,
  signal: AbortSignal,
): Promise<Returned> {
  const { vectors, tokens } = await embedder.embed(action.texts, signal);
  const counted = tokens > 0 ? tokens : call.reservedTokens;
  const usage = { promptTokens: counted, completionTokens: 0, totalTokens: counted, estimated: tokens === 0 };
  const cost = costMicroUsd(deps.prices.of(embedder.name), usage);
  return {
    end: { status: 'completed', usage, costMicroUsd: cost, response: { vectors: vectors.length } },
    input: { kind: 'embedded', vectors },
    events: [
      {
        type: 'llm_call_completed',
        key: `${call.key}:done`,
        data: {
          model: embedder.name,
          purpose: 'embedding',
          texts: vectors.length,
          prompt_tokens: counted,
          completion_tokens: 0,
          total_tokens: counted,
          tokens_estimated: usage.estimated,
          cost_usd: cost === null ? null : cost / MICRO_USD,
          latency_ms: deps.now().getTime() - call.startedAt.getTime(),
          attempt: call.attempt,
        },
      },
    ],
  };
}

/** What a call is for that is not the work itself. */
function purposeOf({ state, plans }: TaskMaterial): JsonObject {
  const kind = state.frames.at(-1)?.kind;
  if (kind === 'summary' || kind === 'guardrail' || kind === 'memory') return { purpose: kind };
  return plans ? { purpose: 'planning' } : {};
}

/** The tools a model is told of in this turn. */
export function offered(
  deps: TaskDeps,
  material: TaskMaterial,
  action: Extract<OutsideAction, { kind: 'call_model' }>,
): ToolSpec[] {
  if (action.offers === 'nothing') return [];
  const own = deps.tools.specs(toolNames(material, action.agentKey));
  return action.offers === 'task' ? [...own, ...delegationSpecs(material.rules)] : own;
}

/** Uses a tool. A tool that fails is no failure of the task: the agent reads what went wrong. */
export async function useTool(
  deps: TaskDeps,
  material: TaskMaterial,
  { agentKey, call: wanted }: Extract<OutsideAction, { kind: 'call_tool' }>,
  call: OpenCall,
  signal: AbortSignal,
): Promise<Returned> {
  const names = toolNames(material, agentKey);
  const result = names.includes(wanted.name)
    ? await callTool(deps.tools, wanted.name, wanted.arguments, {
        idempotencyKey: `${material.taskId}:${material.edits}:${call.key.replace(GENERATION, '')}`,
        signal,
        now: deps.now,
      })
    : {
        ok: false as const,
        ran: false,
        error: `You have no tool named ${wanted.name}. Yours: ${names.join(', ') || 'none'}.`,
      };
  const latencyMs = deps.now().getTime() - call.startedAt.getTime();
  const said = result.ok ? result.output : `Error: ${result.error}`;
  // What we say of a call is no material; what a tool says is, also when it fails.
  const content = result.ok || result.ran ? untrusted(`tool ${wanted.name}`, said) : said;
  const data: JsonObject = { tool: wanted.name, call_id: wanted.id, latency_ms: latencyMs };
  return {
    end: result.ok
      ? { status: 'completed', usage: null, costMicroUsd: 0, response: { output: result.output } }
      : { status: 'failed', error: result.error },
    input: { kind: 'tool_returned', toolCallId: wanted.id, toolName: wanted.name, content },
    events: [
      result.ok
        ? { type: 'tool_completed', key: `${call.key}:done`, data: { ...data, output: shown(result.output) } }
        : { type: 'tool_failed', key: `${call.key}:done`, data: { ...data, error: shown(result.error) } },
    ],
  };
}
