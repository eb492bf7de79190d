import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';

/**
 * An MCP tool's input schema in the form that every model provider takes. One tool whose schema a provider refuses would
 * make it refuse the whole request, and with it every other tool.
 */

/** `schema`: as the server has it. `forModels`: as models are told. `forChecks`: what arguments are checked by here. */
export type ToolSchema =
  | { ok: true; schema: JsonObject; forModels: JsonObject; forChecks: JsonObject }
  | { ok: false; reason: string };

/** Levels that are looked at; a schema that goes deeper is refused. */
const MAX_DEPTH = 50;
/** Bytes of one schema as JSON: more would fill a model's context with one tool. */
const MAX_BYTES = 200_000;

/** Of the top level, where providers take an object and nothing around it. */
const COMBINED = ['anyOf', 'oneOf', 'allOf'] as const;

/**
 * @param given what the server sent; nothing at all stands for a tool without arguments
 * @returns the schema, or in a few words why there is none
 */
export function readToolSchema(given: unknown): ToolSchema {
  if (given === undefined || given === null) return readToolSchema({});
  const text = JSON.stringify(given);
  if (text === undefined || Buffer.byteLength(text) > MAX_BYTES)
    return { ok: false, reason: `its inputSchema has more than ${MAX_BYTES} bytes` };
  const schema: JsonValue = JSON.parse(text);
  if (!isJsonObject(schema)) return { ok: false, reason: 'its inputSchema is not an object' };
  const { type, properties, required } = schema;
  const types = Array.isArray(type) ? type : [type ?? 'object'];
  if (!types.includes('object'))
    return { ok: false, reason: `its inputSchema has the type ${shown(type)}; a tool takes an object` };
  if (properties !== undefined && properties !== null && !isJsonObject(properties))
    return { ok: false, reason: 'properties of its inputSchema is not an object' };
  for (const [name, property] of Object.entries(properties ?? {}))
    if (!isJsonObject(property) && typeof property !== 'boolean')
      return { ok: false, reason: `the property ${shown(name)} of its inputSchema is not a schema` };
  if (required !== undefined && required !== null && !areTexts(required))
    return { ok: false, reason: 'required of its inputSchema is not a list of names' };
  if (depthOf(schema) > MAX_DEPTH)
    return { ok: false, reason: `its inputSchema is more than ${MAX_DEPTH} levels deep` };
  const whole: JsonObject = { ...schema, type: 'object', properties: properties ?? {} };
  const forModels = schemaForModels(whole);
  if (Buffer.byteLength(JSON.stringify(forModels)) > MAX_BYTES)
    return { ok: false, reason: `its inputSchema has more than ${MAX_BYTES} bytes as models are told it` };
  return { ok: true, schema: whole, forModels, forChecks: schemaForChecks(whole) };
}

const shown = (value: JsonValue | undefined): string => JSON.stringify(value ?? null).slice(0, 60);
const areTexts = (value: JsonValue): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function depthOf(value: JsonValue, depth = 1): number {
  if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return depth;
  return Math.max(depth, ...Object.values(value).map((item) => depthOf(item, depth + 1)));
}

/**
 * The same for models: no combination at the top level, a list of types as alternatives, `items` for every array. It never
 * says less than the server's own schema allows; arguments are checked against that one.
 */
function schemaForModels(schema: JsonObject): JsonObject {
  const { $schema: _schema, $id: _id, $comment: _comment, ...rest } = mergeTop(schema);
  const { properties, required, ...others } = rest;
  const shownProperties = isJsonObject(properties) ? mapValues(properties, toldToModels) : {};
  const names = areTexts(required ?? null) && Array.isArray(required) ? required : [];
  return {
    ...mapDefinitions(others),
    type: 'object',
    properties: shownProperties,
    ...(names.length > 0 && { required: names }),
  };
}

/** Properties of all alternatives together; required is what each of them requires. */
function mergeTop(schema: JsonObject): JsonObject {
  const { not: _not, enum: _enum, const: _const, if: _if, then: _then, else: _else, ...plain } = schema;
  let merged: JsonObject = plain;
  for (const word of COMBINED) {
    const { [word]: parts, ...rest } = merged;
    if (parts === undefined) continue;
    const branches = (Array.isArray(parts) ? parts : []).filter(isJsonObject);
    const properties = new Map(Object.entries(isJsonObject(rest['properties']) ? rest['properties'] : {}));
    for (const { properties: some } of branches)
      for (const [name, property] of Object.entries(isJsonObject(some) ? some : {}))
        if (!properties.has(name)) properties.set(name, property);
    const requiredOf = ({ required }: JsonObject): string[] =>
      required !== undefined && areTexts(required) ? required : [];
    const [first, ...others] = branches.map((branch) => new Set(requiredOf(branch)));
    const fromBranches =
      word === 'allOf'
        ? branches.flatMap(requiredOf)
        : [...(first ?? [])].filter((name) => others.every((names) => names.has(name)));
    merged = {
      ...rest,
      properties: Object.fromEntries(properties),
      required: [...new Set([...requiredOf(rest), ...fromBranches])],
    };
  }
  return merged;
}

const mapValues = (object: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

function mapDefinitions(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key,
      (key === '$defs' || key === 'definitions') && isJsonObject(value)
        ? mapValues(value, toldToModels)
        : value,
    ]),
  );
}

/** Keywords that hold a schema, a list of schemas, or schemas by name. */
const SCHEMA = new Set(['items', 'additionalProperties', 'not', 'contains', 'propertyNames']);
const SCHEMAS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const BY_NAME = new Set(['properties', 'patternProperties', '$defs', 'definitions']);

/** A schema in which each place has one type at most. Every part is changed once, from the inside out. */
function oneTypeEach(schema: JsonValue, change: (schema: JsonObject) => JsonObject): JsonValue {
  // `true` takes anything, and `false` is nothing a model could be told of.
  if (!isJsonObject(schema)) return {};
  const inner = (part: JsonValue): JsonValue => oneTypeEach(part, change);
  const whole: JsonObject = Object.fromEntries(
    Object.entries(change(schema)).map(([key, value]): [string, JsonValue] => {
      if (SCHEMA.has(key) && isJsonObject(value)) return [key, inner(value)];
      if (SCHEMAS.has(key) && Array.isArray(value)) return [key, value.map(inner)];
      if (BY_NAME.has(key) && isJsonObject(value)) return [key, mapValues(value, inner)];
      return [key, value];
    }),
  );
  const { type } = whole;
  return Array.isArray(type) ? alternatives(whole, type) : withItems(whole);
}

const toldToModels = (schema: JsonValue): JsonValue => oneTypeEach(schema, (part) => part);

/** Some providers want `items` of every list. */
const withItems = (schema: JsonObject): JsonObject =>
  schema['type'] === 'array' && schema['items'] === undefined && schema['prefixItems'] === undefined
    ? { ...schema, items: {} }
    : schema;

/**
 * The same for checks of arguments in this process, without what only the server checks: patterns, which could take forever
 * here, and what cannot be said without them. It takes what the server takes, and more.
 */
function schemaForChecks(schema: JsonObject): JsonObject {
  const checked = oneTypeEach(schema, withoutPatterns);
  return isJsonObject(checked) ? checked : {};
}

function withoutPatterns(schema: JsonObject): JsonObject {
  const { pattern: _pattern, patternProperties, oneOf, ...plain } = schema;
  const { contains: _contains, minContains: _least, maxContains: _most, ...rest } = plain;
  const { additionalProperties: _additional, ...open } = rest;
  const kept = patternProperties === undefined ? rest : open;
  if (oneOf === undefined) return kept;
  // Without their patterns more than one of them may fit.
  return kept['anyOf'] === undefined ? { ...kept, anyOf: oneOf } : kept;
}

const OBJECT = ['object'];
const ARRAY = ['array'];
const STRING = ['string'];
const NUMBER = ['number', 'integer'];
/** Of which type's values a keyword speaks. All others stand beside the alternatives of a list of types. */
const TYPES_OF = new Map<string, readonly string[]>([
  ...['properties', 'patternProperties', 'additionalProperties', 'propertyNames', 'required'].map(of(OBJECT)),
  ...['minProperties', 'maxProperties', 'dependentRequired', 'dependentSchemas', 'dependencies'].map(
    of(OBJECT),
  ),
  ...['unevaluatedProperties'].map(of(OBJECT)),
  ...['items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'uniqueItems'].map(of(ARRAY)),
  ...['minItems', 'maxItems', 'contains', 'minContains', 'maxContains'].map(of(ARRAY)),
  ...['minLength', 'maxLength', 'pattern', 'format', 'contentEncoding', 'contentMediaType'].map(of(STRING)),
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].map(of(NUMBER)),
]);

function of(types: readonly string[]): (keyword: string) => [string, readonly string[]] {
  return (keyword) => [keyword, types];
}

/**
 * `type: ["string", "null"]` → `anyOf`: some providers take one type only. Each alternative has the keywords of its type and
 * the values of `enum` that are of it, so that nothing stands there twice.
 */
function alternatives(schema: JsonObject, given: readonly JsonValue[]): JsonObject {
  const { type: _type, ...rest } = schema;
  const types = [...new Set(given.filter((type) => typeof type === 'string'))].slice(0, MAX_TYPES);
  const [only = 'string'] = types;
  if (types.length <= 1) return withItems({ ...rest, type: only });
  // Two anyOf cannot stand side by side: the type is left out then, which allows more, not less.
  if (rest['anyOf'] !== undefined) return rest;
  const { enum: values, ...others } = rest;
  const keywords = Object.entries(others);
  const branches = types.flatMap((type): JsonObject[] => {
    const own = keywords.filter(([key]) => TYPES_OF.get(key)?.includes(type) === true);
    const branch = withItems({ type, ...Object.fromEntries(own) });
    if (!Array.isArray(values) || type === 'null') return [branch];
    const fitting = values.filter((value) => isOfType(value, type));
    return fitting.length === 0 ? [] : [{ ...branch, enum: fitting }];
  });
  return { ...Object.fromEntries(keywords.filter(([key]) => !TYPES_OF.has(key))), anyOf: branches };
}

/** JSON schema has seven. */
const MAX_TYPES = 7;

function isOfType(value: JsonValue, type: string): boolean {
  if (value === null) return type === 'null';
  if (Array.isArray(value)) return type === 'array';
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
