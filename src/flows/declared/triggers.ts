import type { StepTrigger } from '../../domain/flow/flow-shape.ts';
import { isJsonObject, type JsonValue } from '../../domain/json.ts';

/** What a method listens to: a name, `{or: […]}` or `{and: […]}`. */
export type ReadTrigger = { ok: true; trigger: StepTrigger } | { ok: false; message: string };

const KINDS = { or: 'any', and: 'all' } as const;

/** Reads a condition. Of the same kind inside each other, conditions are one; `and` beside `or` is not carried out. */
export function readTrigger(condition: JsonValue): ReadTrigger {
  if (typeof condition === 'string') return { ok: true, trigger: { kind: 'any', of: [condition] } };
  const [only, ...more] = isJsonObject(condition) ? Object.entries(condition) : [];
  if (only === undefined || more.length > 0 || (only[0] !== 'or' && only[0] !== 'and'))
    return { ok: false, message: 'a condition is a name, {or: [names]} or {and: [names]}' };
  const [word, parts] = only;
  if (!Array.isArray(parts) || parts.length === 0)
    return { ok: false, message: `\`${word}\` wants a list of names` };
  const of: string[] = [];
  for (const part of parts) {
    const read = readTrigger(part);
    if (!read.ok) return read;
    if (read.trigger.kind !== KINDS[word] && read.trigger.of.length > 1)
      return {
        ok: false,
        message:
          '`and` and `or` inside each other are not carried out: put an expression method that listens to the inner one ' +
          'between, and listen to that',
      };
    of.push(...read.trigger.of);
  }
  return { ok: true, trigger: { kind: KINDS[word], of: [...new Set(of)] } };
}
