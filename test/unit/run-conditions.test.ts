import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { asBool, typeProblem } from '../../src/domain/crewai/field-types.ts';
import type { JsonObject, JsonValue } from '../../src/domain/json.ts';
import { conditionHolds } from '../../src/domain/run/condition.ts';
import { schemaIssues } from '../../src/domain/run/json-schema-issues.ts';
import { schemaProblems } from '../../src/domain/run/json-schema.ts';
import { linearPattern } from '../../src/domain/run/linear-pattern.ts';

describe('A condition', () => {
  it('looks for a text, or for its absence', () => {
    expect(conditionHolds({ kind: 'contains', text: 'yes' }, 'oh yes')).toBe(true);
    expect(conditionHolds({ kind: 'contains', text: 'yes' }, 'Yes')).toBe(false);
    expect(conditionHolds({ kind: 'not_contains', text: 'yes' }, '')).toBe(true);
  });

  it('matches anywhere, and a bad pattern nowhere', () => {
    expect(conditionHolds({ kind: 'matches', pattern: '(?i)score: [89]' }, 'The SCORE: 9')).toBe(true);
    expect(conditionHolds({ kind: 'matches', pattern: '(' }, '(')).toBe(false);
  });

  it.each<[string, JsonValue, string, boolean]>([
    ['/a/0', 1, '{"a":[1.0]}', true],
    ['/a', { x: 1, y: [null] }, '{"a":{"y":[null],"x":1}}', true],
    ['', 'x', '"x"', true],
    ['/a~1b', true, '```json\n{"a/b":true}\n```', true],
    ['/a', null, '{"a":null}', true],
    ['/b', null, '{"a":null}', false],
    ['/length', 1, '[5]', false],
    ['/toString', null, '{}', false],
    ['/__proto__', {}, '{}', false],
    ['/a', 1, 'prose', false],
    ['/a', 1, '{"a":"1"}', false],
  ])('finds %s equal to %j in %s: %s', (path, equals, raw, holds) => {
    expect(conditionHolds({ kind: 'json', path, equals }, raw)).toBe(holds);
  });

  it('takes no time over a pattern that would hold a backtracking engine for ever', () => {
    const pattern = linearPattern('^(a+)+$');
    const started = process.cpuUsage().user;
    expect(pattern.ok && pattern.found(`${'a'.repeat(50_000)}!`)).toBe(false);
    expect(process.cpuUsage().user - started).toBeLessThan(5_000_000);
  });

  it('refuses a pattern of more than 1,000 characters', () => {
    expect(linearPattern('a'.repeat(1_001)).ok).toBe(false);
  });
});

/** Parsed, because the lint takes an object with `then` for a promise. */
const CHOOSING = z
  .record(z.string(), z.json())
  .parse(JSON.parse('{"if":{"minimum":5},"then":{"multipleOf":5},"else":{"maximum":1}}'));

describe('A JSON schema', () => {
  const fits = (schema: JsonObject, value: JsonValue): boolean => schemaProblems(schema, value).length === 0;

  it.each<[JsonObject, JsonValue[], JsonValue[]]>([
    [{ type: 'integer' }, [1, 1e3], [1.5, '1', null]],
    [{ type: ['string', 'null'] }, ['a', null], [1, []]],
    [{ enum: [{ a: 1, b: 2 }] }, [{ b: 2, a: 1 }], [{ a: 1 }]],
    [{ const: null }, [null], [0, false]],
    [{ minLength: 2, maxLength: 2 }, ['äö', '👍👍', 5], ['a', 'abc']],
    [{ pattern: '^a+$' }, ['aa'], ['ab']],
    [{ multipleOf: 0.1 }, [0.3, 7], [0.35]],
    [{ exclusiveMinimum: 0, maximum: 2 }, [2, 0.1], [0, 2.1]],
    [{ prefixItems: [{ type: 'string' }], items: { type: 'number' } }, [['a', 1, 2], []], [[1], ['a', 'b']]],
    [
      { uniqueItems: true },
      [[1, '1', { a: 1 }, { a: 2 }]],
      [
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      ],
    ],
    [{ contains: { const: 1 }, maxContains: 1 }, [[1, 2]], [[], [1, 1]]],
    [{ required: ['toString'] }, [{ toString: 1 }, []], [{}]],
    [
      { properties: { a: { type: 'string' } }, additionalProperties: false },
      [{ a: 'x' }, {}],
      [{ a: 1 }, { b: 1 }],
    ],
    [
      { patternProperties: { '^x': { type: 'number' } }, additionalProperties: { type: 'string' } },
      [{ x1: 1, y: 'a' }],
      [{ x1: 'a' }, { y: 1 }],
    ],
    [{ propertyNames: { maxLength: 1 } }, [{ a: 1 }], [{ ab: 1 }]],
    [{ dependentRequired: { a: ['b'] } }, [{ b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
    [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, ['a', 6, null], [1]],
    [{ oneOf: [{ minimum: 5 }, { multipleOf: 2 }] }, [7, 2], [6, 1]],
    [{ not: { type: 'string' } }, [1], ['a']],
    [CHOOSING, [10, 1], [6, 2]],
    [
      { $ref: '#/$defs/a%20b', $defs: { 'a b': { type: 'array', items: { $ref: '#' } } } },
      [[[], [[]]]],
      [[1]],
    ],
  ])('%j takes %j and refuses %j', (schema, good, bad) => {
    expect(schemaIssues(schema)).toEqual([]);
    expect(good.filter((value) => !fits(schema, value))).toEqual([]);
    expect(bad.filter((value) => fits(schema, value))).toEqual([]);
  });

  it('says where and what', () => {
    const schema = { properties: { 'a/b': { items: { type: 'string' } } } };
    expect(schemaProblems(schema, { 'a/b': ['x', 5] })).toEqual([
      { path: '/a~1b/1', message: 'must be string' },
    ]);
  });

  it.each<[JsonObject, string]>([
    [{ type: 'text' }, '/type'],
    [{ properties: { a: 5 } }, '/properties/a'],
    [{ pattern: '(?=a)' }, '/pattern'],
    [{ patternProperties: { '(': {} } }, '/patternProperties'],
    [{ $ref: 'https://example.org/schema' }, '/$ref'],
    [{ $ref: '#/$defs/none' }, '/$ref'],
    [{ unevaluatedProperties: false }, '/unevaluatedProperties'],
    [{ anyOf: [] }, '/anyOf'],
    [{ required: 'a' }, '/required'],
    [{ multipleOf: 0 }, '/multipleOf'],
  ])('is refused itself: %j', (schema, path) => {
    expect(schemaIssues(schema).map((issue) => issue.path)).toEqual([path]);
  });

  it('that is too deep, or leads in circles, ends all the same', () => {
    let deep: JsonObject = {};
    for (let depth = 0; depth < 50; depth += 1) deep = { not: deep };
    expect(schemaIssues(deep)).not.toEqual([]);
    expect(schemaProblems({ $ref: '#' }, 1)).toEqual([
      { path: '', message: expect.stringContaining('entangled') },
    ]);
    const twice: JsonObject = { anyOf: [{ $ref: '#' }, { $ref: '#' }] };
    expect(schemaProblems(twice, 1)).toEqual([{ path: '', message: expect.stringContaining('entangled') }]);
  });
});

describe('A value nested without end', () => {
  it('ends neither a condition nor a check', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const value: JsonValue = JSON.parse(deep);
    expect(conditionHolds({ kind: 'json', path: '', equals: value }, deep)).toBe(false);
    expect(schemaProblems({ uniqueItems: true, items: { uniqueItems: true } }, [value, 1])).toEqual([]);
  });
});

describe('Pydantic’s readings', () => {
  it('take y, T and ON for true, and n, F and Off for false', () => {
    for (const text of ['y', 'T', 'ON', 'Yes', '1', 'true']) expect(asBool(text)).toBe(true);
    for (const text of ['n', 'F', 'Off', 'NO', '0', 'false']) {
      expect(typeProblem('bool', text)).toBeNull();
      expect(asBool(text)).toBe(false);
    }
  });
});
