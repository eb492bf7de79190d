import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '../../src/domain/json.ts';
import { interpolate, missingInputs, placeholders, renderInput } from '../../src/domain/plan/interpolate.ts';

describe('interpolation', () => {
  it.each([
    ['On {topic} and {topic}.', { topic: 'tea' }, 'On tea and tea.'],
    ['{a}{b-c}{_d1}', { a: 1, 'b-c': 'x', _d1: null }, '1xNone'],
    ['{"json": {"a": 1}}', { a: 1, json: 2 }, '{"json": {"a": 1}}'],
    ['{ a } {1a} {} {a b} {{a}}', { a: 1 }, '{ a } {1a} {} {a b} {1}'],
    ['{missing} stays', { a: 1 }, '{missing} stays'],
    ['{a}', { a: '{b}', b: 'no' }, '{b}'],
    ['{a}', { a: '$& $1' }, '$& $1'],
    ['{toString} {__proto__}', {}, '{toString} {__proto__}'],
  ])('of %j', (text, inputs, expected) => {
    expect(interpolate(text, inputs)).toBe(expected);
  });

  it('finds the names, sorted and once', () => {
    expect(placeholders(['{b} {a}', '{a} {"x": 1} {c-d}'])).toEqual(['a', 'b', 'c-d']);
  });

  it('misses what is not given; null is given', () => {
    expect(missingInputs({ inputs: ['a', 'b', 'toString'] }, { b: null })).toEqual(['a', 'toString']);
  });
});

describe('a value is rendered as Python’s str() does', () => {
  const table: [value: JsonValue, text: string][] = [
    [null, 'None'],
    [true, 'True'],
    [false, 'False'],
    ["it's", "it's"],
    [12, '12'],
    [-3.5, '-3.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [-1.25e-10, '-1.25e-10'],
    [1e21, '1000000000000000000000'],
    [{}, '{}'],
    [[], '[]'],
    [{ a: 1, b: [true, null] }, "{'a': 1, 'b': [True, None]}"],
    [['x', "it's", 'say "hi"', `both ' and "`], `['x', "it's", 'say "hi"', 'both \\' and "']`],
    [['a\nb\t\\'], String.raw`['a\nb\t\\']`],
    [['é 世 🌍'], "['é 世 🌍']"],
    [['\u0007\u00a0\u200b\u{e0001}'], String.raw`['\x07\xa0\u200b\U000e0001']`],
  ];
  it.each(table)('%j → %s', (value, text) => {
    expect(renderInput(value)).toBe(text);
  });
});
