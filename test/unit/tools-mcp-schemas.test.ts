import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '../../src/domain/json.ts';
import { toTools } from '../../src/tools/mcp/mcp-tools.ts';

/** Input schemas of MCP servers that were made to cost us something. */

const offer = (inputSchema: unknown) =>
  toTools(
    's',
    [{ name: 't', inputSchema }],
    () => true,
    () => Promise.resolve({}),
  );
const toolOf = (property: JsonValue) => {
  const [tool] = offer({ type: 'object', properties: { a: property } }).tools;
  if (tool === undefined) throw new Error('the tool must be offered');
  return tool;
};
const told = (property: JsonValue): unknown => {
  const schema = JSON.parse(JSON.stringify(toolOf(property).inputSchema));
  return schema.properties.a;
};
const takes = (property: JsonValue, value: unknown): boolean =>
  toolOf(property).input.safeParse({ a: value }).success;

describe('a list of types', () => {
  it('gives each alternative the keywords of its type only', () => {
    const schema = {
      type: ['object', 'array', 'string', 'null'],
      description: 'Some',
      properties: { x: { type: ['integer', 'null'] } },
      required: ['x'],
      minItems: 1,
      maxLength: 3,
    };
    expect(told({ ...schema, enum: ['a', null, ['b']] })).toEqual({
      description: 'Some',
      anyOf: [
        { type: 'array', minItems: 1, items: {}, enum: [['b']] },
        { type: 'string', maxLength: 3, enum: ['a'] },
        { type: 'null' },
      ],
    });
    expect(told({ ...schema, type: ['object', 'object', 'null'] })).toMatchObject({
      anyOf: [
        {
          type: 'object',
          properties: { x: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
          required: ['x'],
        },
        { type: 'null' },
      ],
    });
  });

  it.each([
    [
      'in each other',
      (inner: JsonObject): JsonObject => ({
        type: ['object', 'array'],
        items: inner,
        properties: { a: inner },
      }),
    ],
    ['in allOf', (inner: JsonObject): JsonObject => ({ type: ['object', 'array'], allOf: [inner] })],
    ['said often', (inner: JsonObject): JsonObject => ({ type: ['array', 'array', 'string'], items: inner })],
  ])('%s costs no more than what was sent', (_how, around) => {
    let schema: JsonObject = { type: 'string' };
    const depth = around({})['properties'] === undefined ? 20 : 10;
    for (let level = 0; level < depth; level += 1) schema = around(schema);
    const given = { type: 'object', properties: { a: schema } };
    const [tool] = offer(given).tools;
    expect(JSON.stringify(tool?.inputSchema).length).toBeLessThan(4 * JSON.stringify(given).length);
  });

  it('that makes a schema too large for models is told as the reason', () => {
    const list = Array.from({ length: 9_000 }, () => ({ type: ['array', 'null'] }));
    const properties = Object.fromEntries(list.slice(0, 5_000).map((one, at) => [`p${at}`, one]));
    expect(offer({ type: 'object', properties }).leftOut).toEqual([
      { tool: 't', reason: 'its inputSchema has more than 200000 bytes as models are told it' },
    ]);
  });
});

describe('the check of arguments before a server has them', () => {
  it('leaves patterns to the server, and tells models of them', () => {
    const slow = { type: 'string', pattern: '^(a+)+$', maxLength: 100 };
    expect(takes(slow, `${'a'.repeat(60)}!`)).toBe(true);
    expect(takes(slow, 'a'.repeat(101))).toBe(false);
    expect(takes({ type: ['string', 'null'], pattern: '^(a+)+$' }, `${'a'.repeat(60)}!`)).toBe(true);
    expect(told(slow)).toEqual(slow);
  });

  it('takes what the server takes also where patterns tell things apart', () => {
    const named = {
      type: 'object',
      patternProperties: { '^(x+)+$': { type: 'string' } },
      additionalProperties: false,
    };
    expect(takes(named, { xx: 'y' })).toBe(true);
    const either = {
      oneOf: [
        { type: 'string', pattern: '^a' },
        { type: 'string', pattern: '^b' },
      ],
    };
    expect(takes(either, 'abc')).toBe(true);
    expect(takes(either, 7)).toBe(false);
    const some = { type: 'array', contains: { type: 'string', pattern: '^a' }, maxContains: 1 };
    expect(takes(some, ['a', 'b'])).toBe(true);
    expect(takes({ type: 'object', properties: { pattern: { type: 'integer' } } }, { pattern: 'x' })).toBe(
      false,
    );
  });
});
