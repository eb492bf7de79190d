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
/** The check ends with as many: whoever has to mend the value reads them. */
const MAX_PROBLEMS = 50;
/** Of what stands in the schema, in a message: choices, and characters of each. */
const MAX_SHOWN_CHOICES = 10;
const MAX_SHOWN_CHARACTERS = 200;

interface Check {
  root: JsonObject;
  steps: number;
  patterns: Map<string, (text: string) => boolean>;
}

/** Collects problems up to a number, and says when it is reached: nobody reads the rest, so nobody looks for it. */
class Problems {
  readonly list: SchemaProblem[] = [];
  readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get full(): boolean {
    return this.list.length >= this.most;
  }

  add(path: string, message: string): void {
    if (!this.full) this.list.push({ path, message });
  }
}

/**
 * What is wrong with a value by a JSON Schema (draft 2020-12), 50 problems at most; empty when it fits. The schema is
 * walked, never compiled to code, and patterns run in linear time: both schema and value may be somebody else's. A
 * schema with `schemaIssues` may let anything pass. Large ones belong into a computing process (`src/computing`).
 */
export function schemaProblems(schema: JsonObject, value: JsonValue): SchemaProblem[] {
  const check: Check = { root: schema, steps: 0, patterns: new Map() };
  const problems = new Problems(MAX_PROBLEMS);
  look(check, problems, schema, value, '', 0);
  if (check.steps > MAX_STEPS) return [{ path: '', message: 'the schema is too entangled to be checked' }];
  return problems.list;
}

const MAX_DEPTH = 200;

/** Looks at a value that stands at `path` by a schema; `depth` counts the schemas on the way to it. */
interface Place {
  check: Check;
  path: string;
  depth: number;
}

function look(
  check: Check,
  problems: Problems,
  schema: JsonValue,
  value: JsonValue,
  path: string,
  depth: number,
): void {
  check.steps += 1;
  if (depth > MAX_DEPTH) check.steps = MAX_STEPS + 1;
  if (check.steps > MAX_STEPS || problems.full) return;
  if (schema === false) return problems.add(path, 'nothing may stand here');
  if (!isMapping(schema)) return;
  const place = { check, path, depth };
  const say = (message: string): void => problems.add(path, message);
  valueProblems(schema, value, say);
  if (typeof value === 'string') textProblems(check, schema, value, say);
  if (typeof value === 'number') numberProblems(schema, value, say);
  if (Array.isArray(value)) listProblems(place, problems, schema, value, say);
  else if (isMapping(value)) objectProblems(place, problems, schema, value, say);
  combinedProblems(place, problems, schema, value, say);
}

type Say = (message: string) => void;

/** Whether a value fits a schema, whatever else is wrong with it. */
function fits({ check, path, depth }: Place, schema: JsonValue, value: JsonValue): boolean {
  const problems = new Problems(1);
  look(check, problems, schema, value, path, depth + 1);
  return !problems.full;
}

function within(
  { check, path, depth }: Place,
  problems: Problems,
  schema: JsonValue,
  value: JsonValue,
  below = '',
): void {
  look(check, problems, schema, value, path + below, depth + 1);
}

function shown(value: JsonValue): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_SHOWN_CHARACTERS)) : JSON.stringify(value);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS).toWellFormed()}…` : text;
}

function shownChoices(choices: readonly JsonValue[]): string {
  const listed = choices.slice(0, MAX_SHOWN_CHOICES).map(shown).join(', ');
  const more = choices.length - MAX_SHOWN_CHOICES;
  return more > 0 ? `${listed} and ${more} more` : listed;
}

function valueProblems({ type, enum: choices, const: only }: JsonObject, value: JsonValue, say: Say): void {
  if (type !== undefined) {
    const types = Array.isArray(type) ? type : [type];
    if (!types.some((name) => isOfType(name, value)))
      say(`must be ${types.filter((name) => typeof name === 'string').join(' or ')}`);
  }
  if (Array.isArray(choices) && !choices.some((choice) => equalJson(choice, value)))
    say(`must be one of ${shownChoices(choices)}`);
  if (only !== undefined && !equalJson(only, value)) say(`must be ${shown(only)}`);
}

function isOfType(type: JsonValue, value: JsonValue): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isMapping(value);
  if (type === 'integer') return typeof value === 'number' && Number.isInteger(value);
  return typeof value === type;
}

function textProblems(check: Check, schema: JsonObject, value: string, say: Say): void {
  const { minLength, maxLength, pattern } = schema;
  const length = minLength === undefined && maxLength === undefined ? 0 : charactersIn(value);
  if (typeof minLength === 'number' && length < minLength) say(`must have at least ${minLength} characters`);
  if (typeof maxLength === 'number' && length > maxLength) say(`must have at most ${maxLength} characters`);
  if (typeof pattern === 'string' && !matches(check, pattern, value)) say(`must match ${pattern}`);
}

/** Code points, as JSON Schema counts them. */
function charactersIn(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function matches(check: Check, pattern: string, text: string): boolean {
  const known = check.patterns.get(pattern);
  if (known !== undefined) return known(text);
  const compiled = linearPattern(pattern);
  const found = compiled.ok ? compiled.found : () => true;
  check.patterns.set(pattern, found);
  return found(text);
}

function numberProblems(schema: JsonObject, value: number, say: Say): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === 'number' && value < minimum) say(`must be ${minimum} or more`);
  if (typeof maximum === 'number' && value > maximum) say(`must be ${maximum} or less`);
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum)
    say(`must be above ${exclusiveMinimum}`);
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum)
    say(`must be below ${exclusiveMaximum}`);
  if (typeof multipleOf === 'number' && multipleOf > 0) {
    // 0.3 is a multiple of 0.1, though not in binary
    const times = value / multipleOf;
    if (Math.abs(times - Math.round(times)) > 1e-9) say(`must be a multiple of ${multipleOf}`);
  }
}

function listProblems(
  place: Place,
  problems: Problems,
  schema: JsonObject,
  value: readonly JsonValue[],
  say: Say,
): void {
  const { minItems, maxItems, uniqueItems, prefixItems, items, contains, minContains, maxContains } = schema;
  if (typeof minItems === 'number' && value.length < minItems) say(`must have at least ${minItems} items`);
  if (typeof maxItems === 'number' && value.length > maxItems) say(`must have at most ${maxItems} items`);
  if (uniqueItems === true && new Set(value.map((item) => canonicalJson(item))).size < value.length)
    say('must not have the same item twice');
  const first = Array.isArray(prefixItems) ? prefixItems : [];
  for (const [index, item] of value.entries()) {
    const inner = first[index] ?? items;
    if (inner === undefined) continue;
    if (problems.full) return;
    within(place, problems, inner, item, `/${index}`);
  }
  if (contains === undefined) return;
  const found = value.filter((item) => fits(place, contains, item)).length;
  const least = typeof minContains === 'number' ? minContains : 1;
  if (found < least) say(`must have at least ${least} items that fit "contains"`);
  if (typeof maxContains === 'number' && found > maxContains)
    say(`must have at most ${maxContains} items that fit "contains"`);
}

function objectProblems(
  place: Place,
  problems: Problems,
  schema: JsonObject,
  value: JsonObject,
  say: Say,
): void {
  const names = Object.keys(value);
  const { required, minProperties, maxProperties } = schema;
  for (const name of textsIn(required))
    if (!Object.hasOwn(value, name)) say(`must have the property "${shownName(name)}"`);
  if (typeof minProperties === 'number' && names.length < minProperties)
    say(`must have at least ${minProperties} properties`);
  if (typeof maxProperties === 'number' && names.length > maxProperties)
    say(`must have at most ${maxProperties} properties`);
  propertyProblems(place, problems, schema, value, say);
  const { dependentRequired, dependentSchemas } = schema;
  for (const [name, wanted] of Object.entries(isMapping(dependentRequired) ? dependentRequired : {})) {
    if (!Object.hasOwn(value, name)) continue;
    for (const other of textsIn(wanted))
      if (!Object.hasOwn(value, other))
        say(`must have the property "${shownName(other)}" beside "${shownName(name)}"`);
  }
  for (const [name, inner] of Object.entries(isMapping(dependentSchemas) ? dependentSchemas : {}))
    if (Object.hasOwn(value, name)) within(place, problems, inner, value);
}

const shownName = (name: string): string =>
  name.length > MAX_SHOWN_CHARACTERS ? `${name.slice(0, MAX_SHOWN_CHARACTERS).toWellFormed()}…` : name;

function propertyProblems(
  place: Place,
  problems: Problems,
  schema: JsonObject,
  value: JsonObject,
  say: Say,
): void {
  const { propertyNames, additionalProperties } = schema;
  const properties = isMapping(schema.properties) ? schema.properties : {};
  const patterns = Object.entries(isMapping(schema.patternProperties) ? schema.patternProperties : {});
  for (const [name, part] of Object.entries(value)) {
    if (problems.full) return;
    const below = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const inner: JsonValue[] = patterns
      .filter(([pattern]) => matches(place.check, pattern, name))
      .map(([, one]) => one);
    if (Object.hasOwn(properties, name)) inner.push(properties[name] ?? true);
    if (inner.length === 0 && additionalProperties === false)
      say(`must not have the property "${shownName(name)}"`);
    else if (inner.length === 0 && additionalProperties !== undefined) inner.push(additionalProperties);
    for (const one of inner) within(place, problems, one, part, below);
    if (propertyNames !== undefined && !fits(place, propertyNames, name))
      say(`"${shownName(name)}" is no name for a property here`);
  }
}

function combinedProblems(
  place: Place,
  problems: Problems,
  schema: JsonObject,
  value: JsonValue,
  say: Say,
): void {
  const { $ref, allOf, anyOf, oneOf, not, if: test, then, else: otherwise } = schema;
  if (typeof $ref === 'string') within(place, problems, resolveRef(place.check.root, $ref) ?? true, value);
  for (const inner of Array.isArray(allOf) ? allOf : []) {
    if (problems.full) return;
    within(place, problems, inner, value);
  }
  if (Array.isArray(anyOf)) anyOfProblems(place, problems, anyOf, value, say);
  if (Array.isArray(oneOf)) {
    const fitting = oneOf.filter((inner) => fits(place, inner, value)).length;
    if (fitting !== 1) say(`must fit exactly one of the alternatives, not ${fitting}`);
  }
  if (not !== undefined && fits(place, not, value)) say('must not fit "not"');
  if (test !== undefined) {
    const chosen = fits(place, test, value) ? then : otherwise;
    if (chosen !== undefined) within(place, problems, chosen, value);
  }
}

function anyOfProblems(
  place: Place,
  problems: Problems,
  alternatives: readonly JsonValue[],
  value: JsonValue,
  say: Say,
): void {
  let nearest: Problems | undefined;
  for (const inner of alternatives) {
    const found = new Problems(nearest === undefined ? problems.most : nearest.list.length);
    within(place, found, inner, value);
    if (found.list.length === 0) return;
    if (nearest === undefined || found.list.length < nearest.list.length) nearest = found;
  }
  say('must fit one of the alternatives');
  // the try that came nearest says most about what to mend
  for (const { path, message } of nearest?.list ?? []) problems.add(path, message);
}

const isMapping = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textsIn = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
