import { parseJson, type JsonValue } from '../json.ts';
import { canonicalJson } from '../run/json-value.ts';

/** JSON in what a model said: alone, in a fence of Markdown, behind its thinking, or in the middle of prose. Pure. */

/** JSON as it was found: its text, and its value. */
export interface FoundJson {
  text: string;
  value: JsonValue;
}

/** Where thinking ends that a server has left in the text; some send no more than that. */
const THINKING_ENDS = /<\/(?:think|thinking|thought|reasoning)>/i;
/**
 * How a fence of Markdown opens, or JSON begins: `{name}`, `[see there]` and formulas are passed over. Where one part of it ends,
 * the next cannot begin, so that a search takes as many steps as the text has characters.
 */
const BEGINNINGS = /```[\w-]*[ \t]*\r?\n|\{\s*["}]|\[\s*(?:["{[\]\d-]|true\b|false\b|null\b)/g;
const FENCE = '```';
/** So many are parsed: nobody means more. */
const MOST_TRIES = 1_000;

/** A text without the thinking in front of it. */
export function withoutThinking(text: string): string {
  const end = THINKING_ENDS.exec(text);
  return end === null ? text : text.slice(end.index + end[0].length);
}

const read = (text: string): FoundJson | undefined => {
  const value = parseJson(text);
  return value === undefined ? undefined : { text, value };
};

/**
 * The JSON a text holds: the whole of it, else what stands in fences and in prose, in its order. More than one where several stand
 * there; none in plain prose. Of JSON that is broken or cut off, no part is taken for the whole.
 */
export function findJson(text: string): FoundJson[] {
  const whole = read(text);
  if (whole !== undefined) return [whole];
  const said = withoutThinking(text);
  const spoken = said === text ? undefined : read(said);
  return spoken === undefined ? amidProse(said) : [spoken];
}

/** What fences hold, and the outermost values between brackets of prose. */
function amidProse(text: string): FoundJson[] {
  const found: (FoundJson & { inCode: boolean })[] = [];
  let hasFenced = false;
  /** Where the fence ends that is being looked through, since it is no JSON as a whole. */
  let codeEnd = -1;
  let at = 0;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    BEGINNINGS.lastIndex = at;
    const begun = BEGINNINGS.exec(text);
    if (begun === null) break;
    const from = begun.index;
    if (begun[0].startsWith(FENCE)) {
      at = from + begun[0].length;
      if (from === codeEnd) continue;
      const end = text.indexOf(FENCE, at);
      const fenced = end === -1 ? undefined : read(text.slice(at, end));
      if (fenced !== undefined) {
        found.push({ ...fenced, inCode: false });
        hasFenced = true;
        at = end + FENCE.length;
      } else codeEnd = end;
      continue;
    }
    const end = closing(text, from);
    if (end === undefined) break;
    const value = read(text.slice(from, end));
    if (value !== undefined) found.push({ ...value, inCode: from < codeEnd });
    at = end;
  }
  // Beside a fence that is JSON, other code is no answer.
  return found
    .filter(({ inCode }) => !(hasFenced && inCode))
    .map(({ text: source, value }) => ({ text: source, value }));
}

/** Where the bracket at `from` is closed: behind it; undefined when it is not. */
function closing(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = afterText(text, at);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** Index of the quote that ends the text in quotes at `from`. */
function afterText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

/** Of a short answer that holds one value: reading megabytes would hold up whoever reads. */
const MOST_CHARACTERS = 1_000_000;

/**
 * One value of the shape that is looked for, perhaps said twice; undefined when there is none, when it is not plain which is
 * meant, or when the text is longer than such an answer ever is.
 */
export function findOne<T extends JsonValue>(
  text: string,
  fits: (value: JsonValue) => value is T,
): T | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const fitting = findJson(text)
    .map(({ value }) => value)
    .filter(fits);
  const [one, ...others] = new Map(fitting.map((value) => [canonicalJson(value), value])).values();
  return others.length === 0 ? one : undefined;
}
