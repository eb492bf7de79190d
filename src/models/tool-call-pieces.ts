import { randomUUID } from 'node:crypto';
import type { ProviderData, ToolCall } from '../domain/agent/messages.ts';
import { parseForWriting } from '../domain/exact-numbers.ts';
import { isJsonObject } from '../domain/json.ts';
import { ModelFailure } from './model.ts';
import { isFields } from './reported-error.ts';

/** More calls than this in one reply nobody means: a model that goes round in circles writes them. */
const MOST_CALLS = 128;
/** Characters of the arguments of one call. */
const MOST_ARGUMENTS = 1024 * 1024;
/** How often the arguments of one call are parsed to see whether they are whole. */
const MOST_PARSES = 16;

/** Who was asked. */
export interface Asked {
  provider: string;
  /** `provider/model`, for messages. */
  who: string;
  /** Names of the tools it was told of. */
  offered: ReadonlySet<string>;
}

/** A call, or the piece of one that a server sends. */
interface Piece {
  index: number | null;
  id: string;
  name: string;
  arguments: string;
  providerData: ProviderData | null;
}

/** A call that is being put together. */
interface Slot extends Piece {
  /** The last character of the arguments that is no white space. */
  last: string;
  /** How often the arguments were parsed. */
  parses: number;
}

/**
 * Puts tool calls together from the pieces a reply brings them in. Servers disagree about what a piece has: an index, an
 * id, the whole name or a part of it or the name once more, arguments as text or as the object itself.
 */
export class ToolCallPieces {
  private readonly slots: Slot[] = [];
  private readonly asked: Asked;

  constructor(asked: Asked) {
    this.asked = asked;
  }

  /** @param calls the field `tool_calls`: a list, one call alone, or nothing. @throws {ModelFailure} `reply_too_large` */
  take(calls: unknown): void {
    const list = Array.isArray(calls) ? calls : [calls];
    for (const call of list) {
      const piece = pieceOf(call, this.asked.provider);
      if (piece !== undefined) this.add(piece);
    }
  }

  get count(): number {
    return this.slots.length;
  }

  /** Whole calls. Of those with one id that ask for the same, one is left: some servers send all of them again at the end. */
  calls(): ToolCall[] {
    const seen = new Set<string>();
    return this.slots
      .filter(({ name }) => name !== '')
      .filter(({ id, name, arguments: given }) => {
        const same = `${id}\n${name}\n${canonical(given)}`;
        const repeated = id !== '' && seen.has(same);
        seen.add(same);
        return !repeated;
      })
      .map(({ id, name, arguments: given, providerData }) => ({
        id: id === '' ? `call_${randomUUID().replaceAll('-', '').slice(0, 24)}` : id,
        name,
        // Models call a tool without parameters with no arguments at all.
        arguments: given.trim() === '' ? '{}' : given,
        ...(providerData !== null && { providerData }),
      }));
  }

  private add(piece: Piece): void {
    const slot = this.slotOf(piece);
    if (slot === undefined) {
      if (this.slots.length >= MOST_CALLS)
        throw new ModelFailure(
          'reply_too_large',
          `${this.asked.who} wants more than ${MOST_CALLS} tool calls at once`,
        );
      this.slots.push({ ...piece, last: lastOf(piece.arguments), parses: 0 });
    } else {
      slot.id ||= piece.id;
      slot.name = this.joined(slot.name, piece.name);
      // Some begin with empty arguments, and stream the real ones behind them.
      const replaces = slot.arguments === '{}' && piece.arguments.trimStart().startsWith('{');
      slot.arguments = replaces ? piece.arguments : slot.arguments + piece.arguments;
      slot.last = lastOf(piece.arguments) || slot.last;
      slot.providerData = piece.providerData ?? slot.providerData;
    }
    if ((slot ?? piece).arguments.length > MOST_ARGUMENTS) {
      const message = `${this.asked.who} wrote more than ${MOST_ARGUMENTS} characters of arguments for one tool call`;
      throw new ModelFailure('reply_too_large', message);
    }
  }

  /** The call a piece goes on with; undefined when it begins one. */
  private slotOf(piece: Piece): Slot | undefined {
    const slot =
      piece.index !== null
        ? this.slots.findLast(({ index }) => index === piece.index)
        : piece.id !== ''
          ? this.slots.findLast(({ id }) => id === piece.id)
          : piece.name === ''
            ? this.slots.at(-1)
            : undefined;
    if (slot === undefined || piece.name === '') return slot;
    // A named piece under a new id, or with arguments of its own behind whole ones, is another call at the same index.
    if (piece.id !== '' && slot.id !== '' && piece.id !== slot.id) return undefined;
    return piece.arguments.trimStart().startsWith('{') && this.hasWhole(slot) ? undefined : slot;
  }

  /** Parsing is for arguments that may be whole, and not for every piece of long ones. */
  private hasWhole(slot: Slot): boolean {
    if (slot.last !== '}' || slot.parses >= MOST_PARSES) return false;
    slot.parses += 1;
    return isWhole(slot.arguments);
  }

  private joined(name: string, more: string): string {
    return more === name && this.asked.offered.has(name) ? name : name + more;
  }
}

function pieceOf(call: unknown, provider: string): Piece | undefined {
  if (!isFields(call)) return undefined;
  const called = isFields(call['function']) ? call['function'] : call;
  const { name = call['function'] } = called;
  const given = called['arguments'] ?? called['parameters'] ?? called['input'];
  const index = typeof call['index'] === 'string' ? Number(call['index']) : call['index'];
  const { id, extra_content: extra } = call;
  return {
    index: typeof index === 'number' && Number.isInteger(index) ? index : null,
    id: typeof id === 'string' || typeof id === 'number' ? String(id) : '',
    name: typeof name === 'string' ? name : '',
    arguments: argumentsOf(given),
    providerData: isJsonObject(extra) ? { provider, fields: { extra_content: extra } } : null,
  };
}

const argumentsOf = (given: unknown): string =>
  typeof given === 'string' ? given : given === undefined || given === null ? '' : JSON.stringify(given);

const lastOf = (text: string): string => text.trimEnd().at(-1) ?? '';

function isWhole(text: string): boolean {
  try {
    return isFields(JSON.parse(text));
  } catch {
    return false;
  }
}

function canonical(text: string): string {
  try {
    return JSON.stringify(parseForWriting(text));
  } catch {
    return text.trim();
  }
}

/** What local models write around a call they say as text. */
const CALL_TAGS =
  /^\s*(?:<tool_call>|<function_call>|<\|tool_call\|?>|<\|python_tag\|>|\[TOOL_CALLS\])([\s\S]*?)(?:<\/tool_call>|<\/function_call>|<\|\/?tool_call\|>|<\|eom_id\|>|<\|eot_id\|>|$)/i;
const FENCE = '```';
const CALL_FIELDS = new Set(['id', 'type', 'index', 'function', 'name', 'arguments', 'parameters', 'input']);

/**
 * The tool calls that are the whole of a text: `{"name": …, "arguments": …}` of an offered tool, a list of such, each perhaps
 * in the tags some local models write. Undefined when anything else stands there.
 */
export function callsInText(text: string, asked: Asked): ToolCall[] | undefined {
  if (asked.offered.size === 0) return undefined;
  const pieces = new ToolCallPieces(asked);
  let rest = insideFence(text) ?? text;
  do {
    const tagged = CALL_TAGS.exec(rest);
    const calls = writtenCalls(tagged?.[1] ?? rest);
    if (calls === undefined || !calls.every((call) => isCallOf(call, asked, tagged !== null)))
      return undefined;
    for (const call of calls) pieces.take(call);
    rest = tagged === null ? '' : rest.slice(tagged[0].length);
  } while (rest.trim() !== '');
  return pieces.count === 0 ? undefined : pieces.calls();
}

/** What stands in the fence of Markdown that a text is; undefined when it is none. */
function insideFence(text: string): string | undefined {
  const fence = text.trim();
  const firstLine = fence.indexOf('\n');
  if (firstLine === -1 || !fence.startsWith(FENCE) || !fence.endsWith(FENCE)) return undefined;
  const language = fence.slice(FENCE.length, firstLine);
  if (['{', '[', '`'].some((sign) => language.includes(sign))) return undefined;
  return fence.slice(firstLine + 1, -FENCE.length);
}

function writtenCalls(text: string): unknown[] | undefined {
  let value: unknown;
  try {
    value = parseForWriting(text);
  } catch {
    return undefined;
  }
  const list =
    isFields(value) && Object.keys(value).length === 1 && value['tool_calls'] !== undefined
      ? value['tool_calls']
      : value;
  return Array.isArray(list) ? list : [list];
}

/** @param isTagged whether tags say that it is a call; without them a name alone, and no arguments, may be an answer */
function isCallOf(call: unknown, { offered, provider }: Asked, isTagged: boolean): boolean {
  if (!isFields(call) || !Object.keys(call).every((field) => CALL_FIELDS.has(field))) return false;
  const piece = pieceOf(call, provider);
  if (piece === undefined || !offered.has(piece.name)) return false;
  return (isTagged && piece.arguments === '') || isWhole(piece.arguments);
}
