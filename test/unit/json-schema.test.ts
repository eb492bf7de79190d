import { describe, expect, it } from '@jest/globals';
import { schemaProblems } from '../../src/domain/run/json-schema.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a check by a JSON schema', () => {
  it('stops at its fiftieth complaint, wherever the complaints come from', () => {
    const wrong = { type: 'string', enum: ['a', 'b'] };
    const many = { allOf: numbers(300).map(() => ({ $ref: '#/$defs/wrong' })) };
    expect(schemaProblems({ type: 'array', items: many, $defs: { wrong } }, numbers(5_000))).toHaveLength(50);
    expect(
      schemaProblems(
        { additionalProperties: false },
        Object.fromEntries(numbers(5_000).map((n) => [`p${n}`, n])),
      ),
    ).toHaveLength(50);
    expect(schemaProblems({ required: numbers(5_000).map(String) }, {})).toHaveLength(50);
  });

  it('shows of a schema as much as a person reads', () => {
    const [listed] = schemaProblems({ enum: numbers(500).map((n) => n + 'x'.repeat(7_000)) }, 'y');
    expect(listed?.message).toMatch(/^must be one of "0x+.*and 490 more$/);
    expect(listed?.message.length).toBeLessThan(2_500);
    const [only] = schemaProblems({ const: { text: 'x'.repeat(100_000) } }, 1);
    expect(only?.message.length).toBeLessThan(300);
    const [missing] = schemaProblems({ required: ['p'.repeat(100_000)] }, {});
    expect(missing?.message.length).toBeLessThan(300);
  });

  it('tells of alternatives what the nearest one lacks, and of the others nothing', () => {
    const schema = {
      anyOf: [
        { type: 'object', required: ['a', 'b', 'c'] },
        { type: 'object', required: ['d'] },
      ],
    };
    expect(schemaProblems(schema, {})).toEqual([
      { path: '', message: 'must fit one of the alternatives' },
      { path: '', message: 'must have the property "d"' },
    ]);
    expect(schemaProblems(schema, { d: 1 })).toEqual([]);
    expect(schemaProblems({ oneOf: [{ minimum: 1 }, { maximum: 5 }] }, 3)).toHaveLength(1);
    expect(schemaProblems({ not: { type: 'string' }, contains: { const: 2 } }, [1, 2])).toEqual([]);
    expect(schemaProblems({ contains: { const: 2 }, minContains: 2 }, [1, 2])).toHaveLength(1);
  });
});
