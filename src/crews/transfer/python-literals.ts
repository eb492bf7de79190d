import { isJsonObject } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/json.ts';

/** A text as a Python literal on one line, in plain letters: whatever it says, it stays a text. */
export function pythonText(text: string): string {
  const letters = Array.from(text, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    if (letter === '"' || letter === '\\') return `\\${letter}`;
    if (letter === '\n') return String.raw`\n`;
    if (code >= 0x20 && code < 0x7f) return letter;
    const digits = code.toString(16);
    return code > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
  });
  return `"${letters.join('')}"`;
}

/** A JSON value as a Python literal. */
export function pythonLiteral(value: JsonValue): string {
  if (typeof value === 'string') return pythonText(value);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  return `{${entries.map(([key, item]) => `${pythonText(key)}: ${pythonLiteral(item)}`).join(', ')}}`;
}
