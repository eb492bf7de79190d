import type { JsonObject, JsonValue } from '../json.ts';
import type { CrewPlan } from './crew-plan.ts';

/** CrewAI 0.121.1's placeholder: an identifier in braces, hyphens allowed. Braces of JSON do not match. */
const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_-]*)\}/g;

/** Characters one text may have once its placeholders are filled in: more than any model reads. */
export const MAX_FILLED_CHARACTERS = 4_000_000;

/** Thrown for a text that would outgrow `MAX_FILLED_CHARACTERS`: a long value in many places makes a huge text of a small one. */
export class FilledTextTooLarge extends Error {
  constructor() {
    super(
      `with its inputs filled in, a text has more than ${MAX_FILLED_CHARACTERS} characters: give shorter inputs, or name them fewer times`,
    );
    this.name = 'FilledTextTooLarge';
  }
}

/**
 * Fills `{name}` in. What is filled in is not looked at again, and a name the inputs do not bring stays as
 * it is: starts are refused before it comes to that ({@link missingInputs}).
 * @throws {FilledTextTooLarge}
 */
export function interpolate(text: string, inputs: JsonObject): string {
  const rendered = new Map<string, string>();
  let length = text.length;
  return text.replaceAll(PLACEHOLDER, (placeholder: string, name: string) => {
    const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (value === undefined) return placeholder;
    const shown = rendered.get(name) ?? renderInput(value);
    rendered.set(name, shown);
    length += shown.length - placeholder.length;
    if (length > MAX_FILLED_CHARACTERS) throw new FilledTextTooLarge();
    return shown;
  });
}

/** Whether one of the texts would outgrow `MAX_FILLED_CHARACTERS` with these inputs. */
export function outgrows(texts: readonly string[], inputs: JsonObject): boolean {
  const lengths = new Map<string, number>();
  const lengthOf = (name: string): number => {
    const known = lengths.get(name);
    if (known !== undefined) return known;
    const length = Object.hasOwn(inputs, name) ? renderInput(inputs[name] ?? null).length : 0;
    lengths.set(name, length);
    return length;
  };
  return texts.some((text) => {
    let length = text.length;
    for (const [, name = ''] of text.matchAll(PLACEHOLDER)) {
      length += lengthOf(name);
      if (length > MAX_FILLED_CHARACTERS) return true;
    }
    return false;
  });
}

/** The names of all placeholders in some texts, sorted, each once. */
export function placeholders(texts: readonly string[]): string[] {
  const names = texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''));
  return [...new Set(names)].sort();
}

/** Names of the plan's variables that these inputs do not bring, sorted. `null` is a value. */
export const missingInputs = (plan: Pick<CrewPlan, 'inputs'>, inputs: JsonObject): string[] =>
  plan.inputs.filter((name) => !Object.hasOwn(inputs, name));

/**
 * A value as Python's `str()` would show it, which is what a crew written for CrewAI expects: `None`,
 * `True`, `{'a': 1}`. JSON does not tell 1.0 from 1: both become `1`.
 */
export const renderInput = (value: JsonValue): string =>
  typeof value === 'string' ? value : pythonRepr(value);

function pythonRepr(value: JsonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonNumber(value);
  if (typeof value === 'string') return pythonString(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  const entries = Object.entries(value).map(([key, entry]) => `${pythonString(key)}: ${pythonRepr(entry)}`);
  return `{${entries.join(', ')}}`;
}

function pythonNumber(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const size = Math.abs(value);
  if (size >= 1e-4) return String(value);
  // Python writes exponents from 1e-05 on, with two digits at least
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Single quotes unless the text holds some and no double ones; what cannot be printed is escaped. */
function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replaceAll(
    /[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu,
    (character) => ESCAPES[character] ?? escaped(character),
  );
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
