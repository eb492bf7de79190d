import type { JsonObject, JsonValue } from '../json.ts';
import type { SchemaProblem } from './json-schema.ts';
import { isJsonPointer, valueAt } from './json-value.ts';
import { linearPattern } from './linear-pattern.ts';

/** Bounds of a schema that users write: of its nesting, and of the schemas in it. */
const MAX_DEPTH = 32;
const MAX_SUBSCHEMAS = 2_000;

type Shape =
  'schema' | 'schemas' | 'schema list' | 'text' | 'count' | 'number' | 'bool' | 'texts' | 'list' | 'any';

const shaped = (shape: Shape, words: string): [string, Shape][] =>
  words.split(' ').map((word): [string, Shape] => [word, shape]);

const KEYWORDS: ReadonlyMap<string, Shape> = new Map([
  ...shaped('schema', 'items contains additionalProperties propertyNames not if then else'),
  ...shaped('schemas', 'properties patternProperties dependentSchemas $defs definitions'),
  ...shaped('schema list', 'prefixItems allOf anyOf oneOf'),
  ...shaped('text', '$ref pattern'),
  ...shaped(
    'count',
    'minLength maxLength minItems maxItems minContains maxContains minProperties maxProperties',
  ),
  ...shaped('number', 'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf'),
  ...shaped('bool', 'uniqueItems'),
  ...shaped('texts', 'required'),
  ...shaped('list', 'enum'),
  ...shaped('any', 'type const dependentRequired'),
]);

/** Of draft 2020-12, but not carried out: better refused than silently passed over. */
const REFUSED = new Set([
  '$id',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
  '$vocabulary',
  'unevaluatedItems',
  'unevaluatedProperties',
]);

const TYPES = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string']);

/**
 * What is wrong with a schema itself (draft 2020-12). Everything happens in the schema given: `$ref` leads
 * into it (`#/$defs/part`) and nowhere else. Annotations and unknown words pass, `format` is one of them.
 */
export function schemaIssues(schema: JsonObject): SchemaProblem[] {
  const issues: SchemaProblem[] = [];
  const open: { at: JsonValue; path: string; depth: number }[] = [{ at: schema, path: '', depth: 0 }];
  let count = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, path, depth } = next;
    count += 1;
    if (count > MAX_SUBSCHEMAS) return [{ path: '', message: `more than ${MAX_SUBSCHEMAS} schemas in one` }];
    if (typeof at === 'boolean') continue;
    if (typeof at !== 'object' || at === null || Array.isArray(at)) {
      issues.push({ path, message: 'a schema is an object, true or false' });
    } else if (depth > MAX_DEPTH) {
      issues.push({ path, message: `schemas are nested more than ${MAX_DEPTH} deep` });
    } else {
      for (const [keyword, value] of Object.entries(at)) {
        const below = `${path}/${keyword.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        issues.push(...keywordIssues(keyword, value, below, schema));
        for (const child of childSchemas(keyword, value, below)) open.push({ ...child, depth: depth + 1 });
      }
    }
  }
  return issues;
}

function childSchemas(keyword: string, value: JsonValue, path: string): { at: JsonValue; path: string }[] {
  const shape = KEYWORDS.get(keyword);
  if (shape === 'schema') return [{ at: value, path }];
  if (shape === 'schema list' && Array.isArray(value))
    return value.map((at, index) => ({ at, path: `${path}/${index}` }));
  if (shape !== 'schemas' || typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([name, at]) => ({
    at,
    path: `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  }));
}

function keywordIssues(keyword: string, value: JsonValue, path: string, root: JsonObject): SchemaProblem[] {
  const wrong = (message: string): SchemaProblem[] => [{ path, message }];
  if (REFUSED.has(keyword)) return wrong(`${keyword} is not supported`);
  const shape = KEYWORDS.get(keyword);
  if (shape === undefined) return [];
  if (!fits(shape, value)) return wrong(`${keyword} wants ${WANTED[shape]}`);
  if (keyword === 'type') return typeIssue(value) ?? [];
  if (keyword === 'pattern' && typeof value === 'string') return patternIssue(value, path);
  if (keyword === 'multipleOf' && typeof value === 'number' && value <= 0)
    return wrong('multipleOf is above 0');
  if (keyword === 'patternProperties')
    return Object.keys(isMapping(value) ? value : {}).flatMap((name) => patternIssue(name, path));
  if (keyword === '$ref' && typeof value === 'string' && resolveRef(root, value) === undefined)
    return wrong(`$ref leads into the schema itself, as #/$defs/part; "${value}" leads nowhere`);
  if (
    keyword === 'dependentRequired' &&
    !(isMapping(value) && Object.values(value).every((names) => fits('texts', names)))
  )
    return wrong('dependentRequired wants lists of names');
  return [];

  function typeIssue(types: JsonValue): SchemaProblem[] | null {
    const names = Array.isArray(types) ? types : [types];
    const known = names.length > 0 && names.every((name) => typeof name === 'string' && TYPES.has(name));
    return known ? null : wrong(`type is one of ${[...TYPES].join(', ')}, or a list of them`);
  }
}

function patternIssue(pattern: string, path: string): SchemaProblem[] {
  const compiled = linearPattern(pattern);
  if (compiled.ok) return [];
  return [{ path, message: `not a pattern that runs in linear time (RE2): ${compiled.message}` }];
}

/** What a `$ref` means; undefined when it leads nowhere or out of the schema. */
export function resolveRef(root: JsonObject, ref: string): JsonValue | undefined {
  if (!ref.startsWith('#')) return undefined;
  try {
    const pointer = decodeURIComponent(ref.slice(1));
    return isJsonPointer(pointer) ? valueAt(root, pointer) : undefined;
  } catch {
    // a percent sign that escapes nothing
    return undefined;
  }
}

const WANTED: Readonly<Record<Shape, string>> = {
  schema: 'a schema',
  schemas: 'an object of schemas',
  'schema list': 'a list of schemas, not empty',
  text: 'a text',
  count: 'a whole number, 0 or more',
  number: 'a number',
  bool: 'true or false',
  texts: 'a list of texts',
  list: 'a list',
  any: 'a value',
};

const isMapping = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fits(shape: Shape, value: JsonValue): boolean {
  switch (shape) {
    case 'any':
    case 'schema':
      return true; // looked at as a schema of its own
    case 'schemas':
      return isMapping(value);
    case 'schema list':
      return Array.isArray(value) && value.length > 0;
    case 'text':
      return typeof value === 'string';
    case 'count':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0;
    case 'number':
      return typeof value === 'number';
    case 'bool':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'list':
      return Array.isArray(value);
  }
}
