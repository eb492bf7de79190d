import { isScalarHeldExactly } from '../../domain/exact-numbers.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { PythonToken } from './python-tokens.ts';

/** What stands on the right of an `=` in a call, as far as it can be told without running it. */
export type PythonValue =
  | { kind: 'json'; value: JsonValue }
  /** `name`, `self.name` or `Process.sequential`: the whole dotted name. */
  | { kind: 'name'; name: string }
  /** `settings["key"]` */
  | { kind: 'item'; of: string; key: string }
  | { kind: 'list'; items: PythonValue[] }
  | PythonCall
  | { kind: 'unknown' };

export interface PythonCall {
  kind: 'call';
  /** The dotted name that is called. */
  name: string;
  named: ReadonlyMap<string, NamedValue>;
  positional: readonly PythonValue[];
}

export interface NamedValue {
  value: PythonValue;
  line: number;
}

const UNKNOWN: PythonValue = { kind: 'unknown' };
const MAX_DEPTH = 40;

/** A place in a program; reading moves it on. */
export interface TokenReader {
  readonly tokens: readonly PythonToken[];
  at: number;
  /** Looks that may still be taken, over all calls of a program; without any left, it ends here. */
  readonly budget: { looks: number };
}

/** Reads the call whose opening parenthesis the reader stands at. */
export function readCall(reader: TokenReader, name: string, depth = 0): PythonCall {
  reader.at += 1;
  const named = new Map<string, NamedValue>();
  const positional: PythonValue[] = [];
  while (!atSign(reader, ')') && !atEnd(reader)) {
    const start = peek(reader);
    const isNamed = start?.kind === 'name' && isSign(peek(reader, 1), '=');
    if (isNamed) reader.at += 2;
    const value = readValue(reader, depth + 1);
    if (isNamed && start !== undefined) named.set(start.text, { value, line: start.line });
    else positional.push(value);
    // whatever else stands here is no Python; it is passed over, so that there is an end to it
    if (!atSign(reader, ')')) reader.at += 1;
  }
  reader.at += 1;
  return { kind: 'call', name, named, positional };
}

/** Reads one value up to the comma or bracket behind it; whatever is not plain is skipped and unknown. */
function readValue(reader: TokenReader, depth: number): PythonValue {
  const start = reader.at;
  const value = depth > MAX_DEPTH ? UNKNOWN : readPlain(reader, depth);
  if (value.kind !== 'unknown' && isBehindValue(reader)) return value;
  reader.at = start;
  skipValue(reader);
  return UNKNOWN;
}

const isBehindValue = (reader: TokenReader): boolean =>
  atEnd(reader) || [',', ')', ']', '}', ':'].some((sign) => atSign(reader, sign));

function skipValue(reader: TokenReader): void {
  let open = 0;
  for (let token = peek(reader); token !== undefined; token = peek(reader)) {
    if (token.kind === 'sign') {
      if (open === 0 && /^[,)\]}]$/.test(token.text)) return;
      if (/^[([{]$/.test(token.text)) open += 1;
      if (/^[)\]}]$/.test(token.text)) open -= 1;
    }
    reader.at += 1;
  }
}

function readPlain(reader: TokenReader, depth: number): PythonValue {
  const token = peek(reader);
  if (token === undefined) return UNKNOWN;
  if (token.kind === 'text') return readTexts(reader);
  if (token.kind === 'number') return readNumber(reader, 1);
  if (token.kind === 'name') return readName(reader, depth);
  if (token.text === '-' && peek(reader, 1)?.kind === 'number') {
    reader.at += 1;
    return readNumber(reader, -1);
  }
  if (token.text === '[') return readList(reader, depth);
  if (token.text === '{') return readMapping(reader, depth);
  if (token.text !== '(') return UNKNOWN;
  // a value in parentheses, mostly a text that goes over several lines
  reader.at += 1;
  const value = readValue(reader, depth + 1);
  if (!atSign(reader, ')')) return UNKNOWN;
  reader.at += 1;
  return value;
}

function readTexts(reader: TokenReader): PythonValue {
  let text = '';
  let isDynamic = false;
  for (let token = peek(reader); token?.kind === 'text'; token = peek(reader)) {
    text += token.text;
    isDynamic ||= token.isDynamic === true;
    reader.at += 1;
  }
  return isDynamic ? UNKNOWN : { kind: 'json', value: text };
}

function readNumber(reader: TokenReader, sign: 1 | -1): PythonValue {
  const source = peek(reader)?.text ?? '';
  const number = Number(source.replaceAll('_', ''));
  reader.at += 1;
  return Number.isFinite(number) && isScalarHeldExactly(source)
    ? { kind: 'json', value: sign * number }
    : UNKNOWN;
}

const CONSTANTS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

function readName(reader: TokenReader, depth: number): PythonValue {
  let name = peek(reader)?.text ?? '';
  reader.at += 1;
  while (atSign(reader, '.') && peek(reader, 1)?.kind === 'name') {
    name += `.${peek(reader, 1)?.text ?? ''}`;
    reader.at += 2;
  }
  if (atSign(reader, '(')) return readCall(reader, name, depth);
  if (atSign(reader, '[') && peek(reader, 1)?.kind === 'text' && isSign(peek(reader, 2), ']')) {
    const key = peek(reader, 1)?.text ?? '';
    reader.at += 3;
    return { kind: 'item', of: name, key };
  }
  const constant = CONSTANTS.get(name);
  return constant === undefined ? { kind: 'name', name } : { kind: 'json', value: constant };
}

function readList(reader: TokenReader, depth: number): PythonValue {
  reader.at += 1;
  const items: PythonValue[] = [];
  while (!atSign(reader, ']') && !atEnd(reader)) {
    const before = reader.at;
    items.push(readValue(reader, depth + 1));
    if (atSign(reader, ',')) reader.at += 1;
    else if (reader.at === before || !atSign(reader, ']')) return UNKNOWN;
  }
  reader.at += 1;
  const values = items.flatMap((item) => (item.kind === 'json' ? [item.value] : []));
  return values.length === items.length ? { kind: 'json', value: values } : { kind: 'list', items };
}

function readMapping(reader: TokenReader, depth: number): PythonValue {
  reader.at += 1;
  const entries: [string, JsonValue][] = [];
  while (!atSign(reader, '}') && !atEnd(reader)) {
    const key = readValue(reader, depth + 1);
    if (!atSign(reader, ':')) return UNKNOWN;
    reader.at += 1;
    const value = readValue(reader, depth + 1);
    if (key.kind !== 'json' || typeof key.value !== 'string' || value.kind !== 'json') return UNKNOWN;
    entries.push([key.value, value.value]);
    if (atSign(reader, ',')) reader.at += 1;
  }
  reader.at += 1;
  return { kind: 'json', value: Object.fromEntries(entries) };
}

/** The token ahead; ends of lines mean nothing between brackets. */
function peek(reader: TokenReader, ahead = 0): PythonToken | undefined {
  reader.budget.looks -= 1;
  if (reader.budget.looks < 0) return undefined;
  while (reader.tokens[reader.at]?.kind === 'line_end') reader.at += 1;
  let place = reader.at;
  for (let left = ahead; left > 0; left -= 1) {
    place += 1;
    while (reader.tokens[place]?.kind === 'line_end') place += 1;
  }
  return reader.tokens[place];
}

const isSign = (token: PythonToken | undefined, sign: string): boolean =>
  token?.kind === 'sign' && token.text === sign;
const atSign = (reader: TokenReader, sign: string): boolean => isSign(peek(reader), sign);
const atEnd = (reader: TokenReader): boolean => peek(reader) === undefined;
