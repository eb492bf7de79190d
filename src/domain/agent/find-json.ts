import { parseJson, type JsonValue } from '../json.ts';

/** JSON in what a model said: alone, in a fence of Markdown, behind its thinking, or in the middle of prose. Pure. */

/** JSON as it was found: its text, and its value. */
export interface FoundJson {
  text: string;
  value: JsonValue;
}

/** Thinking that a server has left in the text; some send no more than its end. */
const THINKING =
  /^\s*(?:<(think|thinking|thought|reasoning)>)?[\s\S]*?<\/(?:think|thinking|thought|reasoning)>/i;
const FENCED = /```[a-z0-9_-]*[ \t]*\r?\n([\s\S]*?)```/gi;
/** Braces of prose, of code and of formulas are tried as well: so many, and so many characters in all. */
const MOST_TRIES = 200;
const MOST_CHARS = 4_000_000;

/** A text without the thinking in front of it. */
export function withoutThinking(text: string): string {
  const thought = THINKING.exec(text);
  return thought === null ? text : text.slice(thought[0].length);
}

const read = (text: string): FoundJson | undefined => {
  const value = parseJson(text);
  return value === undefined ? undefined : { text, value };
};

/**
 * The JSON a text holds, from the place where it is most likely meant: the whole, else fences, else what stands between
 * brackets of prose. More than one where several stand at such a place; none in plain prose.
 */
export function findJson(text: string): FoundJson[] {
  const whole = read(text);
  if (whole !== undefined) return [whole];
  const said = withoutThinking(text);
  const spoken = read(said);
  if (spoken !== undefined) return [spoken];
  const fenced = [...said.matchAll(FENCED)].flatMap(([, inside = '']) => read(inside) ?? []);
  return fenced.length > 0 ? fenced : inProse(said);
}

/** The outermost values between brackets. */
function inProse(text: string): FoundJson[] {
  const found: FoundJson[] = [];
  let at = 0;
  let chars = 0;
  for (let tries = 0; tries < MOST_TRIES && chars < MOST_CHARS; tries += 1) {
    const start = text.slice(at).search(/[{[]/);
    if (start === -1) break;
    const from = at + start;
    const end = closing(text, from);
    chars += (end ?? text.length) - from;
    const value = end === undefined ? undefined : read(text.slice(from, end));
    if (value !== undefined) found.push(value);
    at = value === undefined || end === undefined ? from + 1 : end;
  }
  return found;
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

/** One value of the shape that is looked for; undefined when there is none, or when it is not plain which is meant. */
export function findOne<T extends JsonValue>(
  text: string,
  fits: (value: JsonValue) => value is T,
): T | undefined {
  const [one, ...others] = findJson(text)
    .map(({ value }) => value)
    .filter(fits);
  return others.length === 0 ? one : undefined;
}
