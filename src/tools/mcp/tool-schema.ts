import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';

/**
 * An MCP tool's input schema in the form that every model provider takes. One tool whose schema a provider refuses would
 * make it refuse the whole request, and with it every other tool.
 */

export type ToolSchema = { ok: true; schema: JsonObject } | { ok: false; reason: string };

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
  if (given === undefined || given === null) return { ok: true, schema: { type: 'object', properties: {} } };
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
  return { ok: true, schema: { ...schema, type: 'object', properties: properties ?? {} } };
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
export function schemaForModels(schema: JsonObject): JsonObject {
  const { $schema: _schema, $id: _id, $comment: _comment, ...rest } = mergeTop(schema);
  const { properties, required, ...others } = rest;
  const shownProperties = isJsonObject(properties) ? mapValues(properties, forModels) : {};
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
    const own = isJsonObject(rest['properties']) ? rest['properties'] : {};
    const properties = branches.reduce<JsonObject>(
      (all, { properties: some }) => ({ ...(isJsonObject(some) ? some : {}), ...all }),
      own,
    );
    const requiredOf = ({ required }: JsonObject): string[] =>
      required !== undefined && areTexts(required) ? required : [];
    const [first, ...others] = branches.map(requiredOf);
    const fromBranches =
      word === 'allOf'
        ? branches.flatMap(requiredOf)
        : (first ?? []).filter((name) => others.every((names) => names.includes(name)));
    merged = { ...rest, properties, required: [...new Set([...requiredOf(rest), ...fromBranches])] };
  }
  return merged;
}

const mapValues = (object: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

function mapDefinitions(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key,
      (key === '$defs' || key === 'definitions') && isJsonObject(value) ? mapValues(value, forModels) : value,
    ]),
  );
}

/** Keywords that stand beside the alternatives of a list of types, not inside each. */
const BESIDE = new Set(['description', 'title', 'default', 'examples', 'deprecated']);
/** Keywords that hold a schema, a list of schemas, or schemas by name. */
const SCHEMA = new Set(['items', 'additionalProperties', 'not', 'contains', 'propertyNames']);
const SCHEMAS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const BY_NAME = new Set(['properties', 'patternProperties', '$defs', 'definitions']);

function forModels(schema: JsonValue): JsonValue {
  // `true` takes anything, and `false` is nothing a model could be told of.
  if (!isJsonObject(schema)) return {};
  const whole: JsonObject = Object.fromEntries(
    Object.entries(schema).map(([key, value]): [string, JsonValue] => {
      if (SCHEMA.has(key) && isJsonObject(value)) return [key, forModels(value)];
      if (SCHEMAS.has(key) && Array.isArray(value)) return [key, value.map(forModels)];
      if (BY_NAME.has(key) && isJsonObject(value)) return [key, mapValues(value, forModels)];
      return [key, value];
    }),
  );
  const { type } = whole;
  if (Array.isArray(type)) return alternatives(whole, type);
  if (type === 'array' && whole['items'] === undefined && whole['prefixItems'] === undefined)
    return { ...whole, items: {} };
  return whole;
}

/** `type: ["string", "null"]` → `anyOf`: some providers take one type only. */
function alternatives(schema: JsonObject, types: readonly JsonValue[]): JsonValue {
  const beside: JsonObject = {};
  const inside: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'type') continue;
    (BESIDE.has(key) ? beside : inside)[key] = value;
  }
  const branchOf = (type: JsonValue): JsonValue =>
    type === 'null' ? { type } : forModels({ ...withoutNull(inside), type });
  if (types.length === 1) return { ...beside, ...inside, type: types[0] ?? 'string' };
  // Two anyOf cannot stand side by side: the type is left out then, which allows more, not less.
  if (inside['anyOf'] !== undefined) return { ...beside, ...inside };
  return { ...beside, anyOf: types.map(branchOf) };
}

const withoutNull = ({ enum: given, ...rest }: JsonObject): JsonObject =>
  Array.isArray(given) ? { ...rest, enum: given.filter((one) => one !== null) } : rest;
