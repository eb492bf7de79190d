import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import '../../src/contracts/plain-messages.ts';

const said = (schema: z.ZodType, value: unknown): string[] =>
  (schema.safeParse(value).error?.issues ?? []).map(({ message }) => message);

describe('what is said of a value that does not fit', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.record(z.string(), z.string()), [1], 'must be an object, not a list'],
    [z.object({ a: z.string() }), 'x', 'must be an object, not a text'],
    [z.object({ a: z.string() }), {}, 'is missing: it must be a text'],
    [z.string(), null, 'must be a text, not null'],
    [z.number(), Number.NaN, 'must be a number, not a number that cannot be kept'],
    [z.int(), 1.5, 'must be a whole number, not a number'],
    [z.boolean(), 'yes', 'must be true or false, not a text'],
    [z.array(z.int()), {}, 'must be a list, not an object'],
    [z.enum(['a', 'b']), 'c', 'must be one of a, b'],
    [z.literal(true), false, 'must be true'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(3), 'a', 'must have 3 characters or more'],
    [z.string().max(1), 'ab', 'must have 1 character at most'],
    [z.array(z.int()).max(2), [1, 2, 3], 'must have 2 items at most'],
    [z.number().min(1), 0, 'must be 1 or more'],
    [z.number().gt(1), 1, 'must be more than 1'],
    [z.number().max(9), 10, 'must be 9 or less'],
    [z.number().multipleOf(5), 7, 'must be a multiple of 5'],
    [z.email(), 'x', 'must be an e-mail address'],
    [z.uuid(), 'x', 'must be a UUID'],
    [z.url(), 'x', 'must be an address such as https://example.com'],
    [z.iso.datetime(), 'x', 'must be a time such as 2026-01-31T12:00:00Z'],
    [z.string().regex(/^a$/), 'b', 'is not of the form it must have'],
    [z.string().startsWith('a'), 'b', 'must begin with "a"'],
    [z.string().endsWith('a'), 'b', 'must end with "a"'],
    [z.string().includes('a'), 'b', 'must hold "a"'],
    [z.string().lowercase(), 'B', 'must be in small letters'],
    [z.strictObject({}), { b: 1 }, 'unknown field: b'],
    [
      z.strictObject({}),
      Object.fromEntries(['n'.repeat(5_000), ...'a b c d e f g h i j k l'.split(' ')].map((key) => [key, 1])),
      `unknown fields: ${'n'.repeat(100)}…, a, b, c, d, e, f, g, h, i and 3 more`,
    ],
    [z.union([z.string(), z.int()]), [], 'fits none of the forms it may have'],
    [z.string('a colour'), 1, 'a colour'],
  ])('%#', (schema, value, message) => {
    expect(said(schema, value)).toEqual([message]);
  });
});
