import { format, resolveConfig } from 'prettier';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/**
 * An OpenAPI 3.1 document as TypeScript types, in the shape that openapi-fetch reads: `paths`, and `components` that
 * they refer to.
 */

export const API_TYPES = fileURLToPath(new URL('../../src/client/api-types.ts', import.meta.url));

interface Schema {
  $ref?: string | undefined;
  const?: unknown;
  enum?: unknown[] | undefined;
  anyOf?: SchemaOrBoolean[] | undefined;
  oneOf?: SchemaOrBoolean[] | undefined;
  allOf?: SchemaOrBoolean[] | undefined;
  type?: string | string[] | undefined;
  properties?: Record<string, SchemaOrBoolean> | undefined;
  required?: string[] | undefined;
  additionalProperties?: SchemaOrBoolean | undefined;
  items?: SchemaOrBoolean | undefined;
  prefixItems?: SchemaOrBoolean[] | undefined;
  description?: string | undefined;
}
type SchemaOrBoolean = Schema | boolean;

const schemaSchema: z.ZodType<SchemaOrBoolean> = z.lazy(() =>
  z.union([
    z.boolean(),
    z.looseObject({
      $ref: z.string().optional(),
      const: z.unknown().optional(),
      enum: z.array(z.unknown()).optional(),
      anyOf: z.array(schemaSchema).optional(),
      oneOf: z.array(schemaSchema).optional(),
      allOf: z.array(schemaSchema).optional(),
      type: z.union([z.string(), z.array(z.string())]).optional(),
      properties: z.record(z.string(), schemaSchema).optional(),
      required: z.array(z.string()).optional(),
      additionalProperties: schemaSchema.optional(),
      items: schemaSchema.optional(),
      prefixItems: z.array(schemaSchema).optional(),
      description: z.string().optional(),
    }),
  ]),
);
const contentSchema = z.record(z.string(), z.looseObject({ schema: schemaSchema.optional() }));
const responseSchema = z.looseObject({ $ref: z.string().optional(), content: contentSchema.optional() });
const operationSchema = z.looseObject({
  summary: z.string().optional(),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.enum(['query', 'path', 'header']),
        required: z.boolean().default(false),
        schema: schemaSchema,
      }),
    )
    .default([]),
  requestBody: z.looseObject({ required: z.boolean().default(false), content: contentSchema }).optional(),
  responses: z.record(z.string(), responseSchema),
});
const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.looseObject({
    schemas: z.record(z.string(), schemaSchema).default({}),
    responses: z.record(z.string(), responseSchema).default({}),
  }),
});

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const PLACES = ['query', 'header', 'path'] as const;

const quoted = (text: string): string => JSON.stringify(text);
const fields = (entries: readonly string[]): string => `{ ${entries.join('; ')} }`;

/** The alias of a component: only an alias may refer to itself. */
const aliasOf = (name: string): string => `${name.replaceAll(/\W/g, '_')}Schema`;

/** `#/components/schemas/Event` → `EventSchema`, `#/components/responses/NotFound` → `components['responses']['NotFound']` */
function reference(ref: string): string {
  const [, ...parts] = ref.split('/');
  if (parts[1] === 'schemas') return aliasOf(parts[2] ?? '');
  const [head = '', ...rest] = parts;
  return `${head}${rest.map((part) => `[${quoted(part)}]`).join('')}`;
}

function typeOf(schema: SchemaOrBoolean): string {
  if (typeof schema === 'boolean') return schema ? 'unknown' : 'never';
  if (schema.$ref !== undefined) return reference(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((one) => `(${typeOf(one)})`).join(' | ');
  if (schema.allOf !== undefined) {
    const own = schema.type === undefined ? [] : [typeOf({ ...schema, allOf: undefined })];
    const parts = [...schema.allOf.map(typeOf), ...own].filter((part) => !part.includes('unknown'));
    return parts.length === 0 ? 'unknown' : [...new Set(parts)].map((part) => `(${part})`).join(' & ');
  }
  const names = [schema.type ?? (schema.properties === undefined ? 'unknown' : 'object')].flat();
  return names.map((name) => `(${plainType(name, schema)})`).join(' | ');
}

function plainType(name: string, schema: Schema): string {
  if (name === 'integer' || name === 'number') return 'number';
  if (name === 'string' || name === 'boolean' || name === 'null') return name;
  if (name === 'object') return objectType(schema);
  if (name !== 'array') return 'unknown';
  if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(typeOf).join(', ')}]`;
  return `(${typeOf(schema.items ?? true)})[]`;
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema): string {
  const known = Object.entries(properties).map(([name, schema]) => {
    const isThere = required.includes(name);
    const text = typeof schema === 'boolean' ? undefined : schema.description;
    const words = text === undefined ? '' : `\n/** ${text.replaceAll('*/', '* /')} */\n`;
    return `${words}${quoted(name)}${isThere ? '' : '?'}: ${typeOf(schema)}${isThere ? '' : ' | undefined'}`;
  });
  const rest = additionalProperties ?? false;
  const isOpen = rest !== false;
  if (!isOpen) return known.length === 0 ? 'Record<string, never>' : fields(known);
  if (known.length === 0) return `{ [key: string]: ${typeOf(rest)} }`;
  return `${fields(known)} & { [key: string]: unknown }`;
}

const contentType = (content: z.output<typeof contentSchema> | undefined): string =>
  content === undefined
    ? 'content?: never'
    : `content: ${fields(
        Object.entries(content).map(([type, media]) => `${quoted(type)}: ${typeOf(media.schema ?? true)}`),
      )}`;

const responseType = ({ $ref, content }: z.output<typeof responseSchema>): string =>
  $ref === undefined ? `{ headers: { [name: string]: unknown }; ${contentType(content)} }` : reference($ref);

function operationType({
  summary,
  parameters,
  requestBody,
  responses,
}: z.output<typeof operationSchema>): string {
  const places = PLACES.map((place) => {
    const here = parameters.filter((one) => one.in === place);
    if (here.length === 0) return `${place}?: never`;
    const isNeeded = here.some((one) => one.required);
    const each = here.map(
      (one) =>
        `${quoted(one.name)}${one.required ? '' : '?'}: ${typeOf(one.schema)}${one.required ? '' : ' | undefined'}`,
    );
    return `${place}${isNeeded ? '' : '?'}: ${fields(each)}`;
  });
  const body =
    requestBody === undefined
      ? 'requestBody?: never'
      : `requestBody${requestBody.required ? '' : '?'}: { ${contentType(requestBody.content)} }`;
  const answers = Object.entries(responses).map(([status, one]) => `${status}: ${responseType(one)}`);
  const words = summary === undefined ? '' : `/** ${summary} */`;
  return `${words}{ parameters: ${fields([...places, 'cookie?: never'])}; ${body}; responses: ${fields(answers)} }`;
}

/** @param text the document as JSON @returns the file of types, formatted as the project's files are. */
export async function renderOpenApiTypes(text: string): Promise<string> {
  const { paths, components } = documentSchema.parse(JSON.parse(text));
  const pathTypes = Object.entries(paths).map(([path, operations]) => {
    const methods = METHODS.map((method) => {
      const operation = operations[method];
      return operation === undefined ? `${method}?: never` : `${method}: ${operationType(operation)}`;
    });
    const none = 'parameters: { query?: never; header?: never; path?: never; cookie?: never }';
    return `${quoted(path)}: ${fields([none, ...methods])}`;
  });
  const named = Object.entries(components.schemas);
  const aliases = named.map(([name, one]) => `export type ${aliasOf(name)} = ${typeOf(one)}`);
  const schemas = named.map(([name]) => `${quoted(name)}: ${aliasOf(name)}`);
  const answers = Object.entries(components.responses).map(
    ([name, one]) => `${quoted(name)}: ${responseType(one)}`,
  );
  const file = [
    '/** Made by `npm run client:types` from the OpenAPI document; not to be changed by hand. */',
    ...aliases,
    `export interface paths ${fields(pathTypes)}`,
    `export interface components { schemas: ${fields(schemas)}; responses: ${fields(answers)} }`,
  ].join('\n\n');
  return format(file, { ...(await resolveConfig(API_TYPES)), parser: 'typescript' });
}
