import type { ChatMessage, ToolCall, ToolSpec } from '../domain/agent/messages.ts';
import { withoutMarks } from '../domain/agent/untrusted.ts';
import { demoArguments, mentionOf } from './demo-arguments.ts';
import { estimateUsage } from './estimate-tokens.ts';
import type { Model, ModelReply, ModelRequest } from './model.ts';

/** In how many pieces a text streams. */
const CHUNKS = 20;
/** `demo/slow` takes about this long for each turn, so that a person can pause, cancel or kill by hand. */
const SLOW_TURN_MS = 2_000;

/**
 * The built-in stand-in for a language model: offline, and the same conversation always gets the same
 * answer. It shows the engine and says so; it knows nothing. It calls an offered tool once when the task
 * tells it to (`use the tool hello_world`, `use the calculator`).
 *
 * @param model what was asked for; `slow` makes it take its time.
 */
export function createDemoModel(model: string): Model {
  const name = `demo/${model}`;
  const pauseMs = model === 'slow' ? SLOW_TURN_MS / CHUNKS : 0;
  return {
    name,
    complete: async (request, { signal, onText }) => {
      signal.throwIfAborted();
      const reply = demoReply(name, request);
      for (const chunk of inChunks(reply.text, pauseMs > 0)) {
        if (pauseMs > 0) await pause(pauseMs, signal);
        signal.throwIfAborted();
        if (chunk !== '') onText?.(chunk);
      }
      return reply;
    },
  };
}

/** Rejects with the signal's own reason, which a timer of the platform would wrap. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = (): void => reject(signal.reason);
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** At most `CHUNKS` pieces; with `exactly`, as many, empty ones among them when the text is short. */
function inChunks(text: string, exactly: boolean): string[] {
  const characters = Array.from(text);
  const count = exactly ? CHUNKS : Math.min(CHUNKS, characters.length);
  return Array.from({ length: count }, (_, index) =>
    characters
      .slice(
        Math.floor((index * characters.length) / count),
        Math.floor(((index + 1) * characters.length) / count),
      )
      .join(''),
  );
}

function demoReply(name: string, request: ModelRequest): ModelReply {
  const task = readTask(request.messages);
  const toolCalls = nextToolCall(task.instructions, request.messages, request.tools);
  const text = toolCalls.length > 0 ? '' : answer(name, task, request.messages);
  const finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop';
  return { text, toolCalls, usage: estimateUsage(request, { text, toolCalls }), finishReason };
}

/** What the first thing said to the agent tells of its task. */
interface DemoTask {
  description: string;
  expectedOutput: string;
  /** Where a tool may be asked for: everything but the material of earlier tasks, which may quote such words. */
  instructions: string;
  material: string;
}

function readTask(messages: readonly ChatMessage[]): DemoTask {
  const prompt = messages.find((message) => message.role === 'user')?.content ?? '';
  const [instructions = '', material = ''] = prompt.split(/^Material from earlier tasks[^\n]*\n/m, 2);
  const [before = '', after = ''] = instructions.split(/^What is expected as the result:\s*/m, 2);
  return {
    description: before.replace(/^Your task:\s*/, '').trim(),
    expectedOutput: after.split(/\n\s*\n/, 1)[0]?.trim() ?? '',
    instructions,
    material: material.trim(),
  };
}

/** The first offered tool the task asks for that has not been used yet, as the one call of this turn. */
function nextToolCall(
  instructions: string,
  messages: readonly ChatMessage[],
  tools: readonly ToolSpec[],
): ToolCall[] {
  const used = messages.filter((message) => message.role === 'tool').map((message) => message.toolName);
  const wanted = tools.find((tool) => !used.includes(tool.name) && mentionOf(tool.name).test(instructions));
  if (wanted === undefined) return [];
  return [
    { id: `demo_call_${used.length + 1}`, name: wanted.name, arguments: demoArguments(wanted, instructions) },
  ];
}

function answer(name: string, task: DemoTask, messages: readonly ChatMessage[]): string {
  const results = messages.filter((message) => message.role === 'tool');
  const parts = [
    `This text was written by ${name}, the built-in demo stand-in; no language model was asked.`,
    `The task was: ${excerpt(task.description, 25)}`,
  ];
  if (task.expectedOutput !== '')
    parts.push(`A language model would now deliver: ${excerpt(task.expectedOutput, 25)}`);
  for (const result of results)
    parts.push(`The tool ${result.toolName} answered: ${excerpt(withoutMarks(result.content), 40)}`);
  if (task.material !== '')
    parts.push(`Material from earlier tasks was at hand (${task.material.length} characters).`);
  return parts.join(' ');
}

/** The first words of a text on one line, ending like a sentence. */
function excerpt(text: string, words: number): string {
  const all = text.split(/\s+/).filter((word) => word !== '');
  if (all.length === 0) return '(nothing was said).';
  if (all.length > words) return `${all.slice(0, words).join(' ')} …`;
  const whole = all.join(' ');
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}
