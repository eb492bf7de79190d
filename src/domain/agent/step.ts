import { assertNever } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type {
  AgentAction,
  AgentEnd,
  AgentInput,
  AgentRules,
  AgentState,
  Answer,
  CheckedReply,
  DelegationFrame,
  Frame,
  GuardrailFrame,
  MemoryFrame,
  Note,
  SummaryFrame,
  TaskFrame,
} from './agent-state.ts';
import {
  answerChecks,
  checkAnswer,
  guardrailFeedback,
  judgePrompts,
  MAX_SHAPE_REPAIRS,
  readVerdict,
  repairPrompt,
  reviewFeedback,
  type AnswerChecks,
  type CheckedAnswer,
} from './checks.ts';
import { summarised } from './context-window.ts';
import { isDelegation, readDelegation } from './delegation.ts';
import { memoriesOf, memoryPrompts } from './memory.ts';
import type { ChatMessage, ToolCall } from './messages.ts';
import { systemPrompt } from './prompts.ts';

/** Says the last word to an agent that used up its turns. */
export const FINAL_ANSWER_DEMAND =
  'You have used all the steps you had. Call no more tools: give your best final answer now, complete, in the form the task asks for.';

const conversation = (system: string, user: string): ChatMessage[] => [
  { role: 'system', content: system },
  { role: 'user', content: user },
];

/** A fresh state: system prompt and task prompt, nothing said yet. */
export function startAgent(agentKey: string, system: string, prompt: string): AgentState {
  return {
    schemaVersion: 1,
    frames: [{ kind: 'task', agentKey, iterations: 0, messages: conversation(system, prompt) }],
    turns: 0,
    shapeRepairs: 0,
    guardrailRetries: 0,
    fallbacks: {},
    workedMs: 0,
    end: null,
  };
}

/** A state before its first message, which waits for what is recalled. @param embed texts whose vectors are wanted for it */
export const startRecalling = (embed: string[] | null): AgentState => ({
  ...startAgent('', '', ''),
  frames: [],
  ...(embed !== null && { embed }),
});

/** The state without what the task can do without: memories, or vectors. Null when the work itself was asked for. */
export function withoutAside(state: AgentState, rules: AgentRules): AgentState | null {
  if (state.embed !== undefined) return step(state, { kind: 'embedded', vectors: null }, rules).state;
  const frame = state.frames.at(-1);
  return frame?.kind === 'memory' ? remembered(state, frame, '', rules) : null;
}

/** A state, and what happened inside on the way to it. */
export interface Stepped {
  state: AgentState;
  notes: Note[];
}

/** Takes in what came back, and does all that needs nobody outside. Never changes the state it was given. */
export function step(state: AgentState, input: AgentInput, rules: AgentRules): Stepped {
  const notes: Note[] = [];
  if (input.kind === 'embedded') {
    const { embed: _, ...rest } = state;
    return { state: { ...rest, turns: state.turns + 1, vectors: input.vectors }, notes };
  }
  const frame = topFrame(state);
  switch (input.kind) {
    case 'model_replied': {
      const reply: ChatMessage = {
        role: 'assistant',
        content: input.text,
        toolCalls: withOwnIds(input.toolCalls),
        ...(input.providerData !== undefined && { providerData: input.providerData }),
      };
      const next = withTop({ ...state, turns: state.turns + 1 }, said(frame, reply, frame.iterations + 1));
      return { state: settle(next, rules, notes, input.checked), notes };
    }
    case 'tool_returned': {
      const { toolCallId, toolName, content } = input;
      const next = withTop(state, said(frame, { role: 'tool', toolCallId, toolName, content }));
      return { state: settle(next, rules, notes), notes };
    }
    case 'reviewed': {
      const below = pop(state);
      const top = topFrame(below);
      if (frame.kind !== 'review' || top.kind !== 'task') throw new Error('nothing is being looked at');
      const { feedback } = input;
      const next =
        feedback.trim() === '' ? finished(below, frame, rules) : again(below, top, reviewFeedback(feedback));
      return { state: next, notes };
    }
  }
}

/**
 * What the state asks for: an open tool call first, then the model, and the end when there is one. With `maxIter`
 * turns used, tools are withheld and an answer is demanded; what the model then says is final even if it asks for a
 * tool again (0.121.1 goes on for ever there).
 */
export function nextAction(state: AgentState, rules: AgentRules): AgentAction {
  if (state.embed !== undefined)
    return { kind: 'embed', agentKey: state.frames.at(-1)?.agentKey ?? '', texts: state.embed };
  if (state.end !== null) return state.end;
  const frame = topFrame(state);
  const { agentKey, messages } = frame;
  if (frame.kind === 'review') return { kind: 'review', raw: frame.raw };
  const call = openToolCall(messages);
  if (call !== null) return { kind: 'call_tool', agentKey, call };
  if (ASIDE.includes(frame.kind)) return { kind: 'call_model', agentKey, messages, offers: 'nothing' };
  if (frame.iterations < maxIterOf(frame, rules))
    return { kind: 'call_model', agentKey, messages, offers: frame.kind === 'task' ? 'task' : 'own' };
  const demand: ChatMessage = { role: 'user', content: FINAL_ANSWER_DEMAND };
  return { kind: 'call_model', agentKey, messages: [...messages, demand], offers: 'nothing' };
}

/** What a model is asked beside the work: one reply, without tools. */
const ASIDE: readonly Frame['kind'][] = ['guardrail', 'summary', 'memory'];

function topFrame(state: AgentState): Frame {
  const frame = state.frames.at(-1);
  if (frame === undefined) throw new Error('an agent state has at least one frame');
  return frame;
}

const maxIterOf = (frame: Frame, rules: AgentRules): number => rules.agents.get(frame.agentKey)?.maxIter ?? 1;

const withTop = (state: AgentState, frame: Frame): AgentState => ({
  ...state,
  frames: [...state.frames.slice(0, -1), frame],
});
const push = (state: AgentState, frame: Frame): AgentState => ({
  ...state,
  frames: [...state.frames, frame],
});
const pop = (state: AgentState): AgentState => ({ ...state, frames: state.frames.slice(0, -1) });

const said = <F extends Frame>(frame: F, message: ChatMessage, iterations = frame.iterations): F => ({
  ...frame,
  iterations,
  messages: [...frame.messages, message],
});

/** The first tool call of the last reply that has no result yet, or null. */
function openToolCall(messages: readonly ChatMessage[]): ToolCall | null {
  const answered = new Set<string>();
  for (const message of messages.toReversed()) {
    if (message.role === 'tool') answered.add(message.toolCallId);
    else if (message.role === 'assistant')
      return message.toolCalls.find((call) => !answered.has(call.id)) ?? null;
    else return null;
  }
  return null;
}

/** Some models give all calls of a reply one id, or none: each gets its own, or a result would answer for two. */
function withOwnIds(toolCalls: readonly ToolCall[]): ToolCall[] {
  const taken = new Set<string>();
  return toolCalls.map((call, index) => {
    const id = call.id === '' || taken.has(call.id) ? `${call.id}#${index + 1}` : call.id;
    taken.add(id);
    return id === call.id ? call : { ...call, id };
  });
}

const NOTHING_CHECKED: CheckedAnswer = { output: null, guardrail: null };

/** The answer in a reply that has to be read by a schema before it counts; null when there is none in it, or no schema. */
export function answerToCheck(
  state: AgentState,
  input: AgentInput,
  rules: AgentRules,
): { answer: string; checks: AnswerChecks } | null {
  if (input.kind !== 'model_replied') return null;
  const frame = topFrame(state);
  const checks = answerChecks(rules);
  if (frame.kind !== 'task' || checks === null) return null;
  const isFinal = input.toolCalls.length === 0 || frame.iterations + 1 > maxIterOf(frame, rules);
  return isFinal ? { answer: input.text, checks } : null;
}

/** What a frame's model has answered for good, or null while it goes on. */
function answerOf(frame: Frame, rules: AgentRules): string | null {
  const last = frame.messages.at(-1);
  if (last?.role !== 'assistant') return null;
  const isFinal =
    last.toolCalls.length === 0 || ASIDE.includes(frame.kind) || frame.iterations > maxIterOf(frame, rules);
  return isFinal ? last.content : null;
}

/** Does what needs nobody outside, until somebody outside is needed: delegations, answers, checks. */
function settle(state: AgentState, rules: AgentRules, notes: Note[], checked?: CheckedReply): AgentState {
  let current = state;
  for (;;) {
    const next = settleOnce(current, rules, notes, checked);
    if (next === current || next.end !== null) return next;
    current = next;
  }
}

function settleOnce(
  state: AgentState,
  rules: AgentRules,
  notes: Note[],
  checked: CheckedReply | undefined,
): AgentState {
  const frame = topFrame(state);
  const answer = answerOf(frame, rules);
  if (answer === null) {
    const call = openToolCall(frame.messages);
    return call !== null && frame.kind === 'task' && isDelegation(call) && rules.coworkers.length > 0
      ? delegate(state, frame, call, rules, notes)
      : state;
  }
  switch (frame.kind) {
    case 'delegation':
      return handBack(state, frame, answer, notes);
    case 'task':
      return check(state, frame, answer, rules, notes, checked);
    case 'guardrail':
      return judged(state, frame, answer, rules, notes);
    case 'memory':
      return remembered(state, frame, answer, rules);
    case 'summary':
      return shortened(state, frame, answer);
    case 'review':
      return state;
    default:
      return assertNever(frame);
  }
}

function shortened(state: AgentState, frame: SummaryFrame, answer: string): AgentState {
  const next = summarised(frame, answer);
  if (!Array.isArray(next)) return withTop(state, next);
  const below = pop(state);
  return withTop(below, { ...topFrame(below), messages: next });
}

const noteKey = (state: AgentState, what: string): string => `turn-${state.turns}:${what}`;

function delegate(
  state: AgentState,
  frame: TaskFrame,
  call: ToolCall,
  rules: AgentRules,
  notes: Note[],
): AgentState {
  const delegated = readDelegation(call, rules);
  const data: JsonObject = { tool: call.name, call_id: call.id };
  const key = (what: string): string => noteKey(state, `${call.id}:${what}`);
  if (!delegated.ok) {
    notes.push({ type: 'tool_failed', key: key('refused'), data: { ...data, error: delegated.error } });
    const content = `Error: ${delegated.error}`;
    return withTop(state, said(frame, { role: 'tool', toolCallId: call.id, toolName: call.name, content }));
  }
  const { coworker, prompt } = delegated;
  notes.push({
    type: 'tool_started',
    key: key('started'),
    data: { ...data, arguments: call.arguments, coworker: coworker.role },
  });
  return push(state, {
    kind: 'delegation',
    agentKey: coworker.key,
    iterations: 0,
    call: { id: call.id, name: call.name },
    messages: conversation(systemPrompt(coworker), prompt),
  });
}

function handBack(state: AgentState, frame: DelegationFrame, answer: string, notes: Note[]): AgentState {
  const { id, name } = frame.call;
  notes.push({
    type: 'tool_completed',
    key: noteKey(state, `${id}:done`),
    data: { tool: name, call_id: id, output: answer },
  });
  const below = pop(state);
  return withTop(
    below,
    said(topFrame(below), { role: 'tool', toolCallId: id, toolName: name, content: answer }),
  );
}

/** An answer to the task: has it the shape that was asked for, and does it keep the guardrail? */
function check(
  state: AgentState,
  frame: TaskFrame,
  answer: string,
  rules: AgentRules,
  notes: Note[],
  checked: CheckedReply | undefined,
): AgentState {
  const { output, guardrail } = rules;
  const checks = answerChecks(rules);
  const read = checked ?? (checks === null ? NOTHING_CHECKED : checkAnswer(answer, checks));
  if ('exceeded' in read)
    return ended(state, { kind: 'failed', code: 'COMPUTATION_LIMIT', error: read.exceeded });
  const { output: shaped, guardrail: guarded } = read;
  if (shaped?.ok === false) {
    const most = output?.repairs ?? MAX_SHAPE_REPAIRS;
    if (state.shapeRepairs >= most) {
      const error = `the answer still has the wrong shape after ${most} ${most === 1 ? 'repair' : 'repairs'}: ${shaped.problem}`;
      return ended(state, { kind: 'failed', code: 'OUTPUT_INVALID', error });
    }
    return again({ ...state, shapeRepairs: state.shapeRepairs + 1 }, frame, repairPrompt(shaped.problem));
  }
  const counted: Answer = { raw: answer, json: shaped?.ok === true ? shaped.json : null };
  if (guardrail === null) return done(state, counted, rules);
  if (guardrail.check.kind === 'json_schema') {
    const refusal = guarded?.ok === false ? guarded.problem : null;
    return refusal === null ? done(state, counted, rules) : refused(state, frame, refusal, rules, notes);
  }
  const { system, user } = judgePrompts(guardrail.check.text, answer);
  const { agentKey } = frame;
  return push(state, {
    kind: 'guardrail',
    agentKey,
    iterations: 0,
    ...counted,
    messages: conversation(system, user),
  });
}

function judged(
  state: AgentState,
  frame: GuardrailFrame,
  reply: string,
  rules: AgentRules,
  notes: Note[],
): AgentState {
  const problem = readVerdict(reply);
  const below = pop(state);
  const top = topFrame(below);
  if (problem === null || top.kind !== 'task') return done(below, frame, rules);
  return refused(below, top, problem, rules, notes);
}

/** Sends an answer back that the guardrail refused: `maxRetries` times, then the task fails. */
function refused(
  state: AgentState,
  frame: TaskFrame,
  problem: string,
  rules: AgentRules,
  notes: Note[],
): AgentState {
  const most = rules.guardrail?.maxRetries ?? 0;
  const attempt = state.guardrailRetries + 1;
  notes.push({
    type: 'guardrail_failed',
    key: noteKey(state, `guardrail:${attempt}`),
    data: { error: problem, attempt, retries_left: Math.max(most - state.guardrailRetries, 0) },
  });
  if (state.guardrailRetries >= most) {
    const error = `Task failed guardrail validation after ${most} retries. Last error: ${problem}`;
    return ended(state, { kind: 'failed', code: 'GUARDRAIL_FAILED', error });
  }
  return again({ ...state, guardrailRetries: attempt }, frame, guardrailFeedback(problem));
}

/** Asks for the answer anew, with all its turns. */
function again(state: AgentState, frame: TaskFrame, prompt: string): AgentState {
  // Calls that were not carried out would leave the conversation without their results, which providers refuse.
  const messages = frame.messages.map((message, index) =>
    message.role === 'assistant' && index === frame.messages.length - 1
      ? { ...message, toolCalls: [] }
      : message,
  );
  return withTop(state, said({ ...frame, messages }, { role: 'user', content: prompt }, 0));
}

/** What is worth remembering was said, or could not be: the answer counts either way. */
export function remembered(
  state: AgentState,
  frame: MemoryFrame,
  reply: string,
  rules: AgentRules,
): AgentState {
  const { remembers = null } = rules;
  const end = finished(pop(state), frame, { ...rules, remembers: null });
  if (remembers === null) return end;
  const memories = memoriesOf(remembers.description, frame.raw, reply);
  return { ...end, memories, ...(remembers.embeds && { embed: memories.map(({ about }) => about) }) };
}

const ended = (state: AgentState, end: AgentEnd): AgentState => ({ ...state, end });

/** An answer that passed every check: it counts, or a person looks at it first. */
function done(state: AgentState, { raw, json }: Answer, rules: AgentRules): AgentState {
  if (!rules.humanInput) return finished(state, { raw, json }, rules);
  const { agentKey } = topFrame(state);
  return push(state, { kind: 'review', agentKey, iterations: 0, messages: [], raw, json });
}

function finished(state: AgentState, { raw, json }: Answer, { remembers = null }: AgentRules): AgentState {
  if (remembers === null) return ended(state, { kind: 'done', raw, json });
  const { agentKey } = topFrame(state);
  const { system, user } = memoryPrompts(remembers.description, raw);
  const messages = conversation(system, user);
  return push(state, { kind: 'memory', agentKey, iterations: 0, messages, raw, json });
}
