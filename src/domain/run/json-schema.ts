import type { JsonObject, JsonValue } from '../json.ts';
import { resolveRef } from './json-schema-issues.ts';
import { canonicalJson, equalJson } from './json-value.ts';
import { linearPattern } from './linear-pattern.ts';

export interface SchemaProblem {
  /** JSON pointer into the value, or, of `schemaIssues`, into the schema. */
  path: string;
  message: string;
}

/** Steps one check may take: schemas that refer to themselves could go on for ever. */
const MAX_STEPS = 200_000;
/** Problems told at once; whoever has to mend the value reads them. */
const MAX_PROBLEMS = 50;

interface Check {
  root: JsonObject;
  steps: number;
  patterns: Map<string, (text: string) => boolean>;
}

/**
 * What is wrong with a value by a JSON Schema (draft 2020-12); empty when it fits. The schema is walked, never
 * compiled to code, and patterns run in linear time: both schema and value may be somebody else's. A schema
 * with `schemaIssues` may let anything pass.
 */
export function schemaProblems(schema: JsonObject, value: JsonValue): SchemaProblem[] {
  const check: Check = { root: schema, steps: 0, patterns: new Map() };
  const problems = look(check, schema, value, '', 0);
  if (check.steps > MAX_STEPS) return [{ path: '', message: 'the schema is too entangled to be checked' }];
  return problems.slice(0, MAX_PROBLEMS);
}

const MAX_DEPTH = 200;

function look(
  check: Check,
  schema: JsonValue,
  value: JsonValue,
  path: string,
  depth: number,
): SchemaProblem[] {
  check.steps += 1;
  if (depth > MAX_DEPTH) check.steps = MAX_STEPS + 1;
  if (check.steps > MAX_STEPS) return [];
  if (schema === false) return [{ path, message: 'nothing may stand here' }];
  if (!isMapping(schema)) return [];
  const at = (inner: JsonValue, part: JsonValue, below = ''): SchemaProblem[] =>
    look(check, inner, part, path + below, depth + 1);
  const problems = [
    ...valueProblems(schema, value),
    ...(typeof value === 'string' ? textProblems(check, schema, value) : []),
    ...(typeof value === 'number' ? numberProblems(schema, value) : []),
  ].map((message) => ({ path, message }));
  if (Array.isArray(value)) problems.push(...listProblems(schema, value, path, at));
  else if (isMapping(value)) problems.push(...objectProblems(check, schema, value, path, at));
  problems.push(...combinedProblems(check, schema, value, path, at));
  return problems;
}

type Look = (schema: JsonValue, value: JsonValue, below?: string) => SchemaProblem[];

function valueProblems({ type, enum: choices, const: only }: JsonObject, value: JsonValue): string[] {
  const problems: string[] = [];
  if (type !== undefined) {
    const types = Array.isArray(type) ? type : [type];
    if (!types.some((name) => isOfType(name, value)))
      problems.push(`must be ${types.filter((name) => typeof name === 'string').join(' or ')}`);
  }
  if (Array.isArray(choices) && !choices.some((choice) => equalJson(choice, value)))
    problems.push(`must be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`);
  if (only !== undefined && !equalJson(only, value)) problems.push(`must be ${JSON.stringify(only)}`);
  return problems;
}

function isOfType(type: JsonValue, value: JsonValue): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isMapping(value);
  if (type === 'integer') return typeof value === 'number' && Number.isInteger(value);
  return typeof value === type;
}

function textProblems(check: Check, schema: JsonObject, value: string): string[] {
  const problems: string[] = [];
  const { minLength, maxLength, pattern } = schema;
  const length = minLength === undefined && maxLength === undefined ? 0 : Array.from(value).length;
  if (typeof minLength === 'number' && length < minLength)
    problems.push(`must have at least ${minLength} characters`);
  if (typeof maxLength === 'number' && length > maxLength)
    problems.push(`must have at most ${maxLength} characters`);
  if (typeof pattern === 'string' && !matches(check, pattern, value)) problems.push(`must match ${pattern}`);
  return problems;
}

function matches(check: Check, pattern: string, text: string): boolean {
  const known = check.patterns.get(pattern);
  if (known !== undefined) return known(text);
  const compiled = linearPattern(pattern);
  const found = compiled.ok ? compiled.found : () => true;
  check.patterns.set(pattern, found);
  return found(text);
}

function numberProblems(schema: JsonObject, value: number): string[] {
  const problems: string[] = [];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === 'number' && value < minimum) problems.push(`must be ${minimum} or more`);
  if (typeof maximum === 'number' && value > maximum) problems.push(`must be ${maximum} or less`);
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum)
    problems.push(`must be above ${exclusiveMinimum}`);
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum)
    problems.push(`must be below ${exclusiveMaximum}`);
  if (typeof multipleOf === 'number' && multipleOf > 0) {
    // 0.3 is a multiple of 0.1, though not in binary
    const times = value / multipleOf;
    if (Math.abs(times - Math.round(times)) > 1e-9) problems.push(`must be a multiple of ${multipleOf}`);
  }
  return problems;
}

function listProblems(
  schema: JsonObject,
  value: readonly JsonValue[],
  path: string,
  at: Look,
): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const say = (message: string): number => problems.push({ path, message });
  const { minItems, maxItems, uniqueItems, prefixItems, items, contains, minContains, maxContains } = schema;
  if (typeof minItems === 'number' && value.length < minItems) say(`must have at least ${minItems} items`);
  if (typeof maxItems === 'number' && value.length > maxItems) say(`must have at most ${maxItems} items`);
  if (uniqueItems === true && new Set(value.map((item) => canonicalJson(item))).size < value.length)
    say('must not have the same item twice');
  const first = Array.isArray(prefixItems) ? prefixItems : [];
  for (const [index, item] of value.entries()) {
    const inner = first[index] ?? items;
    if (inner !== undefined) problems.push(...at(inner, item, `/${index}`));
  }
  if (contains !== undefined) {
    const found = value.filter((item) => at(contains, item).length === 0).length;
    const least = typeof minContains === 'number' ? minContains : 1;
    if (found < least) say(`must have at least ${least} items that fit "contains"`);
    if (typeof maxContains === 'number' && found > maxContains)
      say(`must have at most ${maxContains} items that fit "contains"`);
  }
  return problems;
}

function objectProblems(
  check: Check,
  schema: JsonObject,
  value: JsonObject,
  path: string,
  at: Look,
): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const say = (message: string): number => problems.push({ path, message });
  const names = Object.keys(value);
  const { required, minProperties, maxProperties, propertyNames, additionalProperties } = schema;
  for (const name of textsIn(required))
    if (!Object.hasOwn(value, name)) say(`must have the property "${name}"`);
  if (typeof minProperties === 'number' && names.length < minProperties)
    say(`must have at least ${minProperties} properties`);
  if (typeof maxProperties === 'number' && names.length > maxProperties)
    say(`must have at most ${maxProperties} properties`);
  const properties = isMapping(schema.properties) ? schema.properties : {};
  const patterns = Object.entries(isMapping(schema.patternProperties) ? schema.patternProperties : {});
  for (const name of names) {
    const part = value[name] ?? null;
    const below = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const inner: JsonValue[] = patterns
      .filter(([pattern]) => matches(check, pattern, name))
      .map(([, one]) => one);
    if (Object.hasOwn(properties, name)) inner.push(properties[name] ?? true);
    if (inner.length === 0 && additionalProperties === false) say(`must not have the property "${name}"`);
    else if (inner.length === 0 && additionalProperties !== undefined) inner.push(additionalProperties);
    for (const one of inner) problems.push(...at(one, part, below));
    if (propertyNames !== undefined && at(propertyNames, name).length > 0)
      say(`"${name}" is no name for a property here`);
  }
  const { dependentRequired, dependentSchemas } = schema;
  for (const [name, wanted] of Object.entries(isMapping(dependentRequired) ? dependentRequired : {})) {
    if (!Object.hasOwn(value, name)) continue;
    for (const other of textsIn(wanted))
      if (!Object.hasOwn(value, other)) say(`must have the property "${other}" beside "${name}"`);
  }
  for (const [name, inner] of Object.entries(isMapping(dependentSchemas) ? dependentSchemas : {}))
    if (Object.hasOwn(value, name)) problems.push(...at(inner, value));
  return problems;
}

function combinedProblems(
  check: Check,
  schema: JsonObject,
  value: JsonValue,
  path: string,
  at: Look,
): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const { $ref, allOf, anyOf, oneOf, not, if: test, then, else: otherwise } = schema;
  if (typeof $ref === 'string') problems.push(...at(resolveRef(check.root, $ref) ?? true, value));
  for (const inner of Array.isArray(allOf) ? allOf : []) problems.push(...at(inner, value));
  if (Array.isArray(anyOf)) {
    const tries = anyOf.map((inner) => at(inner, value));
    if (tries.every((found) => found.length > 0)) {
      // the try that came nearest says most about what to mend
      const nearest = tries.reduce((one, other) => (other.length < one.length ? other : one));
      problems.push({ path, message: 'must fit one of the alternatives' }, ...nearest);
    }
  }
  if (Array.isArray(oneOf)) {
    const fitting = oneOf.filter((inner) => at(inner, value).length === 0).length;
    if (fitting !== 1)
      problems.push({ path, message: `must fit exactly one of the alternatives, not ${fitting}` });
  }
  if (not !== undefined && at(not, value).length === 0)
    problems.push({ path, message: 'must not fit "not"' });
  if (test !== undefined) {
    const chosen = at(test, value).length === 0 ? then : otherwise;
    if (chosen !== undefined) problems.push(...at(chosen, value));
  }
  return problems;
}

const isMapping = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textsIn = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
