import { withoutThinking } from '../domain/agent/find-json.ts';
import type { ProviderData, TokenUsage, ToolCall } from '../domain/agent/messages.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import {
  errorIn,
  isComplaint,
  complaintIn,
  isFields,
  ReportedError,
  type Reported,
} from './reported-error.ts';
import { callsInText, ToolCallPieces, type Asked } from './tool-call-pieces.ts';

/** What a reply came to. */
export interface ReadReply {
  text: string;
  toolCalls: ToolCall[];
  /** Undefined when the server counted nothing. */
  usage: TokenUsage | undefined;
  /** `stop`, `length`, `content_filter`, `tool_calls`, or a word of the server's own; null when the reply broke off. */
  finishReason: string | null;
  /** Fields of the reply that the server wants to see again in the next turn of the same conversation. */
  providerData: ProviderData | null;
}

type Fields = Record<string, unknown>;

/** Words of servers for the four ends OpenAI's protocol knows, in small letters. */
const ENDS: Readonly<Record<string, string>> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  content_filter: 'content_filter',
  'content-filter': 'content_filter',
  sensitive: 'content_filter',
  safety: 'content_filter',
  recitation: 'content_filter',
  blocklist: 'content_filter',
  prohibited_content: 'content_filter',
  spii: 'content_filter',
  refusal: 'content_filter',
  tool_calls: 'tool_calls',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
};

/** Ends that are none: the server gave up in the middle. */
const BROKEN_ENDS =
  /^(error|.*_error|abort|aborted|cancelled|canceled|failed|failure|timeout|insufficient_system_resource|malformed_function_call|unexpected_tool_call)$/;

/**
 * Listens to a chat-completions reply, piece by piece: whatever is needed is taken as it is meant, whatever is not needed is
 * not looked at. A plain completion is a reply of one piece.
 */
export class ChatReplyReader {
  private readonly calls: ToolCallPieces;
  private readonly legacyCall: ToolCallPieces;
  private readonly asked: Asked;
  private text = '';
  private reasoning = '';
  private readonly details: JsonObject[] = [];
  private counted: Fields | undefined;
  private finish: string | null = null;
  private begun = false;
  /** Words of a chunk without choices: an error if no choice comes behind them, or else a sign of life. */
  private complaint: Reported | undefined;

  constructor(asked: Asked) {
    this.asked = asked;
    this.calls = new ToolCallPieces(asked);
    this.legacyCall = new ToolCallPieces(asked);
  }

  /** Whether any part of an answer was there. */
  get hasBegun(): boolean {
    return this.begun;
  }

  /** Whether the server has said how the answer ended: whatever it says behind that costs the answer nothing. */
  get hasEnded(): boolean {
    return this.finish !== null;
  }

  /**
   * @param chunk a chunk of a stream, or a whole completion, read as JSON
   * @returns the text it adds
   * @throws {ReportedError} when it says that something went wrong
   */
  take(chunk: unknown): string {
    const reported = errorIn(chunk);
    if (reported !== undefined) throw new ReportedError(reported);
    if (!isFields(chunk)) throw new ReportedError(complaintIn(chunk), { isForeign: true });
    const { choices, usage } = chunk;
    const choice: unknown = Array.isArray(choices) ? choices[0] : choices;
    const counted = isFields(choice) && !isFields(usage) ? choice['usage'] : usage;
    if (isFields(counted)) this.counted = counted;
    if (isFields(choice)) return this.choose(choice);
    if (choices === undefined && usage === undefined && isComplaint(chunk))
      this.complaint ??= complaintIn(chunk);
    return '';
  }

  /** The server says that this is all: an end, whether it named a reason or not. */
  done(): void {
    if (this.finish !== null || !this.begun || this.complaint !== undefined) return;
    this.finish = this.calls.count + this.legacyCall.count > 0 ? 'tool_calls' : 'stop';
  }

  /** What all of it came to. @throws {ReportedError} when words that are no answer were the last of it */
  end(): ReadReply {
    if (this.complaint !== undefined && this.finish === null) throw new ReportedError(this.complaint);
    const structured = [...this.calls.calls(), ...this.legacyCall.calls()];
    const mayBeCalls =
      this.asked.offered.size > 0 &&
      structured.length === 0 &&
      (this.finish === 'stop' || this.finish === 'tool_calls');
    const written = mayBeCalls ? callsInText(withoutThinking(this.text), this.asked) : undefined;
    const fields = {
      ...(this.reasoning !== '' && { reasoning_content: this.reasoning }),
      ...(this.details.length > 0 && { reasoning_details: this.details }),
    };
    return {
      text: written === undefined ? this.text : '',
      toolCalls: written ?? structured,
      usage: this.counted === undefined ? undefined : usageOf(this.counted),
      finishReason: written === undefined ? this.finish : 'tool_calls',
      providerData: Object.keys(fields).length === 0 ? null : { provider: this.asked.provider, fields },
    };
  }

  private choose(choice: Fields): string {
    this.complaint = undefined;
    const delta = this.deltaOf(choice);
    for (const part of [choice, delta]) {
      const reported = errorIn(part);
      if (reported !== undefined) throw new ReportedError(reported);
    }
    const text = textOf(delta['content'] ?? choice['text']) + textOf(delta['refusal']);
    const { reasoning_content: reasoning, reasoning_details: details, tool_calls: calls } = delta;
    if (typeof reasoning === 'string') this.reasoning += reasoning;
    if (Array.isArray(details)) this.details.push(...details.filter(isJsonObject));
    if (calls !== undefined && calls !== null) this.calls.take(calls);
    if (isFields(delta['function_call'])) this.legacyCall.take({ ...delta['function_call'], index: 0 });
    this.text += text;
    this.begun ||= text !== '' || this.calls.count > 0 || this.legacyCall.count > 0;
    this.endWith(choice['finish_reason']);
    if (textOf(delta['refusal']) !== '' && this.finish === 'stop') this.finish = 'content_filter';
    return text;
  }

  /** What a choice adds. Some servers end a stream with the whole message once more. */
  private deltaOf({ delta, message }: Fields): Fields {
    if (isFields(delta)) return delta;
    return isFields(message) && !this.begun ? message : {};
  }

  private endWith(reason: unknown): void {
    if (typeof reason !== 'string' || reason === '') return;
    const word = reason.toLowerCase();
    if (BROKEN_ENDS.test(word)) {
      const message = `it ended with the finish reason "${reason.slice(0, 60)}"`;
      throw new ReportedError({ message, code: null, type: null, status: null });
    }
    this.begun = true;
    this.finish = ENDS[word] ?? word.slice(0, 60);
  }
}

/** Content is a text, a list of parts, or, of servers that read it themselves, the JSON that was asked for. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === undefined || content === null || typeof content === 'boolean') return '';
  if (Array.isArray(content) && isListOfParts(content)) return content.map(partText).join('');
  return isPart(content) ? partText(content) : JSON.stringify(content);
}

/** Texts, or parts, among which may be some of kinds nobody knows. */
const isListOfParts = (list: readonly unknown[]): boolean =>
  list.every((one) => typeof one === 'string') ||
  (list.some(isPart) &&
    list.every((one) => typeof one === 'string' || (isFields(one) && typeof one['type'] === 'string')));

const THOUGHT = /^(redacted_)?(thinking|reasoning|summary_text)/;
/** What a part of an unknown kind may have beside its text: with other fields it is JSON that has a type. */
const PART_FIELDS = new Set(['type', 'text', 'id', 'index', 'annotations', 'citations', 'logprobs']);

function isPart(part: unknown): part is Fields {
  if (!isFields(part) || typeof part['type'] !== 'string') return false;
  const { type, text, refusal } = part;
  if (THOUGHT.test(part['type']) || (type === 'refusal' && typeof refusal === 'string')) return true;
  if (typeof text !== 'string') return false;
  return (
    type === 'text' || type === 'output_text' || Object.keys(part).every((field) => PART_FIELDS.has(field))
  );
}

function partText(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isPart(part) || THOUGHT.test(String(part['type']))) return '';
  const said = part['type'] === 'refusal' ? (part['refusal'] ?? part['text']) : part['text'];
  return typeof said === 'string' ? said : '';
}

const countOf = (value: unknown): number => {
  const count = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
};

/** What the provider counted; undefined when it counted nothing, zeros included. */
function usageOf(usage: Fields): TokenUsage | undefined {
  const promptTokens = countOf(usage['prompt_tokens'] ?? usage['input_tokens']);
  const completionTokens = countOf(usage['completion_tokens'] ?? usage['output_tokens']);
  const sum = promptTokens + completionTokens;
  if (sum === 0) return undefined;
  // Some count hidden reasoning in the total alone.
  const totalTokens = Math.max(countOf(usage['total_tokens']), sum);
  return { promptTokens, completionTokens, totalTokens, estimated: false };
}
