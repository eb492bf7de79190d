import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/domain/json.ts';
import { evaluate, expressionProblem, expressionScope } from '../../src/flows/declared/expression.ts';
import { flowNameOf } from '../../src/flows/declared/flow-name.ts';
import { render, templateProblems } from '../../src/flows/declared/template.ts';

/** Expressions of declarative flows: what they can say, and what they can never do. */

const values: JsonObject = {
  state: {
    n: 3,
    half: 1.5,
    topic: 'otters',
    list: [1, 2, 3],
    none: null,
    text: 'y'.repeat(100_000),
  },
  outputs: { m: { raw: 'hello' } },
};
const scope = expressionScope(values, new Date('2026-01-02T03:04:05Z'));
const value = (source: string): unknown => evaluate(source, scope);
const ROOTS = ['state', 'outputs'] as const;

describe('an expression', () => {
  it.each([
    ['state.n + 1', 4],
    ['state.half * 2.0', 3],
    ['state.list.map(x, x * 2)', [2, 4, 6]],
    ['state.list.filter(x, x > 1).size()', 2],
    ['state.n > 2 && outputs.m.raw.startsWith("he") ? "a" : "b"', 'a'],
    ['has(state.missing)', false],
    ['state.none == null', true],
    ['{"topic": state.topic, "all": [1, "b", null]}', { topic: 'otters', all: [1, 'b', null] }],
    ['string(now())', '2026-01-02T03:04:05.000Z'],
    ['now() - duration("24h")', '2026-01-01T03:04:05.000Z'],
    ['now().getFullYear()', 2026],
  ])('%s is %j', (source, expected) => {
    expect(expressionProblem(source, ROOTS)).toBeNull();
    expect(value(source)).toEqual(expected);
  });

  it.each([
    ['state.n +', 'Unexpected token'],
    ['process.env', '"process" is not known here: begin with state, outputs'],
    ['item.x', '"item" is not known here'],
    ['now', '"now" is not known here'],
    ['eval("1")', 'found no matching overload'],
    ['', 'an expression is missing'],
    [`"${'x'.repeat(3_000)}"`, '2000 characters at most'],
    ['[1].map(a, a).map(a, a).map(a, a).map(a, a).map(a, a)', 'has 4 of map, filter'],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, 'not a CEL expression'],
    ['x.map(x, x)', '"x" is not known here'],
  ])('%s is refused', (source, words) => {
    expect(expressionProblem(source, ROOTS)).toContain(words);
  });

  it.each([
    ['state.missing.x', 'No such key: missing'],
    ['state.constructor', 'No such key: constructor'],
    ['outputs.m.__proto__', 'No such key: __proto__'],
    ['1 / (state.n - 3)', 'division by zero'],
    ['[state.text].map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a)', 'larger than'],
    ['type(1)', 'nothing that JSON can hold'],
  ])('%s has no value', (source, words) => {
    expect(() => value(source)).toThrow(words);
  });
});

describe('a template', () => {
  it('keeps the type of what stands alone, and fills in the rest as text', () => {
    const template = {
      alone: '${state.list}',
      text: 'About ${state.topic}: ${state.list}${state.none}!',
      brace: '${ {"x": "}"}.x }',
      plain: ['no expression', 7, true],
    };
    expect(render(template, scope)).toEqual({
      alone: [1, 2, 3],
      text: 'About otters: [1,2,3]!',
      brace: '}',
      plain: ['no expression', 7, true],
    });
  });

  it('says where it is wrong', () => {
    expect(templateProblems({ a: ['ok ${state.n}', '${'], b: '${nobody} and ${1+}' }, ROOTS)).toEqual([
      { path: ['a', 1], message: 'a ${ has no } that closes it' },
      { path: ['b'], message: '"nobody" is not known here: begin with state, outputs' },
      { path: ['b'], message: expect.stringContaining('not a CEL expression') },
    ]);
  });
});

describe('the name of a flow', () => {
  it.each([
    ['ResearchReviewFlow', 'research_review_flow'],
    ['HTTPFlow2', 'http_flow2'],
    ['order review', 'order_review'],
    ['poem-flow', 'poem_flow'],
    ['9 lives', null],
    ['a/b', null],
    ['', null],
  ])('%j becomes %j', (written, name) => {
    expect(flowNameOf(written)).toBe(name);
  });
});
