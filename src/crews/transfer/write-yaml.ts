import { isJsonObject } from '../../domain/json.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';

/**
 * JSON as YAML that reads the same by YAML 1.1, which Python's reader knows, and by 1.2: texts are quoted, or
 * stand in blocks where nothing in them could be taken for something else.
 */
export function writeYaml(value: JsonObject): string {
  return Object.keys(value).length === 0 ? '{}\n' : `${mapping(value, 0).join('\n')}\n`;
}

const INDENT = 2;
const pad = (level: number): string => ' '.repeat(level * INDENT);

function mapping(value: JsonObject, level: number): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const [first = '', ...rest] = lines(item, level);
    const shown = name(key);
    // readers look no further than this for the colon behind a name
    const start = shown.length > 900 ? [`${pad(level)}? ${shown}`, pad(level)] : [pad(level) + shown];
    return [...start.slice(0, -1), `${start.at(-1)}:${first === '' ? '' : ` ${first}`}`, ...rest];
  });
}

/** The first line goes behind the colon or dash; the rest stands by itself. */
function lines(value: JsonValue, level: number): string[] {
  if (typeof value === 'string') return textLines(value, level + 1);
  if (typeof value === 'number') return [number(value)];
  if (Array.isArray(value)) return value.length === 0 ? ['[]'] : ['', ...list(value, level + 1)];
  if (!isJsonObject(value)) return [String(value)];
  return Object.keys(value).length === 0 ? ['{}'] : ['', ...mapping(value, level + 1)];
}

function list(items: readonly JsonValue[], level: number): string[] {
  return items.flatMap((item) => {
    const [first = '', ...rest] = lines(item, level);
    return [`${pad(level)}-${first === '' ? '' : ` ${first}`}`, ...rest];
  });
}

/** Words that one YAML or the other takes for something else than a text. */
const NOT_A_NAME = /^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

const name = (key: string): string =>
  /^[A-Za-z_][\w-]*$/.test(key) && !NOT_A_NAME.test(key) ? key : quoted(key);

/** YAML 1.1 wants a point in a number with an exponent. */
function number(value: number): string {
  const text = JSON.stringify(value);
  return /^-?\d+e/.test(text) ? text.replace('e', '.0e') : text;
}

/** Several lines of letters that every reader shows as they are, none with spaces at its ends. */
const BLOCK =
  /^[!-~\u00A1-\u00AC\u00AE-\u1FFF\u3001-\uD7FF]([ -~\u00A1-\u00AC\u00AE-\u1FFF\u3001-\uD7FF]*[!-~\u00A1-\u00AC\u00AE-\u1FFF\u3001-\uD7FF])?$/;

function textLines(text: string, level: number): string[] {
  const body = text.replace(/\n$/, '');
  const isBlock =
    body.includes('\n') &&
    !/^\n|\n$/.test(body) &&
    body.split('\n').every((line) => line === '' || BLOCK.test(line));
  if (!isBlock) return [quoted(text)];
  const shown = body.split('\n').map((line) => (line === '' ? '' : pad(level) + line));
  return [text.endsWith('\n') ? '|' : '|-', ...shown];
}

/** JSON's quoting is YAML's; what only some readers take as it is, is escaped. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff0-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
