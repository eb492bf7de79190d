import { z } from 'zod';
import type { ToolSpec } from '../domain/agent/messages.ts';

/** The parts of a JSON Schema that matter for making up a value. */
const schemaShape = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  minItems: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
});
type Schema = z.output<typeof schemaShape>;

/** What a text offers to be put into arguments, each used once. */
interface Findings {
  quoted: string[];
  numbers: number[];
  expressions: string[];
}

/** Objects in objects deeper than this are left empty. */
const MAX_DEPTH = 5;

/**
 * Makes up arguments for a tool out of the words that follow its mention: quoted parts become strings,
 * numbers become numbers, arithmetic goes into `expression`. The same text always gives the same arguments,
 * and they fit the tool's schema as far as types, enums and bounds say. Pure.
 */
export function demoArguments(tool: ToolSpec, text: string): string {
  const mention = mentionOf(tool.name).exec(text);
  const near = mention === null ? text : text.slice(mention.index + mention[0].length);
  const findings: Findings = {
    quoted: [...sentence(near).matchAll(/"([^"\n]+)"|`([^`\n]+)`|“([^”\n]+)”|(?<!\w)'([^'\n]+)'(?!\w)/g)].map(
      (match) => match.slice(1).find((part) => part !== undefined) ?? '',
    ),
    numbers: [...near.matchAll(/(?<![\w.])-?\d+(?:\.\d+)?(?![\w])/g)].map((match) => Number(match[0])),
    expressions: [...near.matchAll(/[\d(][\d\s.()+\-*/%^]*[+*/%^-][\d\s.()+\-*/%^]*[\d)]/g)].map((match) =>
      match[0].trim(),
    ),
  };
  const value = objectFor(schemaShape.parse(tool.parameters), findings, 0);
  return JSON.stringify(value);
}

/** How a text tells an agent to use a tool: `use the tool x`, `use the x`, `using the x tool`, underscore or space. */
export function mentionOf(toolName: string): RegExp {
  const words = toolName
    .split(/[_\s-]+/)
    .map((word) => word.replaceAll(/[^\w]/g, String.raw`\$&`))
    .join(String.raw`[_\s-]+`);
  return new RegExp(String.raw`\bus(?:e|ing)\s+(?:the\s+)?(?:tool\s+)?["'\`]?${words}\b`, 'i');
}

/** Up to the end of the sentence or line, so that what is quoted later for other reasons stays out. */
const sentence = (text: string): string => /^[^\n]*?(?:[.!?](?=\s|$)|$|(?=\n))/.exec(text)?.[0] ?? '';

function objectFor(schema: Schema, findings: Findings, depth: number): Record<string, unknown> {
  const required = new Set(schema.required ?? []);
  const properties = Object.entries(schema.properties ?? {});
  const values = new Map<string, unknown>();
  // The required ones choose first; the optional ones take a quoted part if any is left.
  for (const [name, property] of properties.filter(([key]) => required.has(key))) {
    values.set(name, valueFor(name, property, findings, depth + 1));
  }
  for (const [name, property] of properties.filter(([key]) => !required.has(key))) {
    const shape = schemaShape.parse(property);
    const next = findings.quoted[0];
    const fits = next !== undefined && shape.type === 'string' && (shape.enum?.includes(next) ?? true);
    if (fits) values.set(name, findings.quoted.shift());
  }
  return Object.fromEntries(values);
}

function valueFor(name: string, property: unknown, findings: Findings, depth: number): unknown {
  if (typeof property !== 'object' || depth > MAX_DEPTH) return {};
  const schema = schemaShape.parse(property);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined)
    return schema.enum.find((one) => one === findings.quoted[0]) ?? schema.enum[0];
  if (schema.anyOf !== undefined) return valueFor(name, schema.anyOf[0], findings, depth);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type ?? 'object') {
    case 'string':
      return stringFor(name, schema, findings);
    case 'integer':
    case 'number':
      return numberFor(schema, findings, type === 'integer');
    case 'boolean':
      return schema.default ?? true;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: schema.minItems ?? 1 }, () =>
        valueFor(name, schema.items, findings, depth + 1),
      );
    default:
      return objectFor(schema, findings, depth);
  }
}

function stringFor(name: string, schema: Schema, findings: Findings): string {
  const found =
    name === 'expression'
      ? (findings.expressions.shift() ?? findings.quoted.shift())
      : findings.quoted.shift();
  const fallback =
    name === 'expression' ? '1 + 1' : typeof schema.default === 'string' ? schema.default : 'demo';
  return (found ?? fallback).padEnd(schema.minLength ?? 0, '.');
}

function numberFor(schema: Schema, findings: Findings, whole: boolean): number {
  const found = findings.numbers.shift() ?? (typeof schema.default === 'number' ? schema.default : 1);
  const bounded = Math.min(Math.max(found, schema.minimum ?? -Infinity), schema.maximum ?? Infinity);
  return whole ? Math.trunc(bounded) : bounded;
}
