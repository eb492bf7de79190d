import { describe, expect, it } from '@jest/globals';
import { createToolRegistry } from '../../src/tools/registry.ts';
import { callTool } from '../../src/tools/run-tool-call.ts';

const registry = createToolRegistry();
const calculate = (expression: string) =>
  callTool(registry, 'calculator', JSON.stringify({ expression }), {
    idempotencyKey: 'k',
    signal: new AbortController().signal,
    now: () => new Date(0),
  });

describe('the calculator', () => {
  it.each([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['2 - 3 - 4', '-5'],
    ['2 ^ 3 ^ 2', '512'],
    ['-2 ^ 2', '-4'],
    ['(-2) ^ 2', '4'],
    ['2 ^ -2', '0.25'],
    ['--3', '3'],
    ['+3', '3'],
    ['1-(2-3)', '2'],
    ['-7 % 3', '2'],
    ['7 % -3', '-2'],
    ['0.1 + 0.2', '0.3'],
    ['1e3 / 8', '125'],
    ['sqrt(16) + abs(-1)', '5'],
    ['round(2.345, 2)', '2.35'],
    ['round(-2.5)', '-3'],
    ['max(1, 2, 3) - min(4, 5)', '-1'],
    ['floor(-1.5) + ceil(1.2)', '0'],
    ['ln(e)', '1'],
    ['log10(1000) + log2(8)', '6'],
    ['round(sin(PI / 2), 6)', '1'],
    ['-0', '0'],
    ['1' + '+1'.repeat(249), '250'],
    ['('.repeat(59) + '1' + ')'.repeat(59), '1'],
  ])('%s = %s', async (expression, result) => {
    expect(await calculate(expression)).toEqual({ ok: true, output: result });
  });

  it.each([
    ['1 / 0', /no finite result/],
    ['5 % 0', /no finite result/],
    ['sqrt(-1)', /no finite result/],
    ['10 ^ 400', /no finite result/],
    ['process.exit(1)', /not understood/],
    ['constructor(1)', /no function/],
    ['toString', /not known/],
    ['__proto__', /not known/],
    ['"a" + 1', /not understood/],
    ['[1]', /not understood/],
    ['1; 2', /not understood/],
    ['1 ? 2 : 3', /not understood/],
    ['1 == 1', /not understood/],
    ['1 | 2', /not understood/],
    ['2 ** 3', /not understood/],
    ['$group(1)', /not understood/],
    ['1,000', /thousands/],
    ['2(3)', /not understood/],
    ['(2)(3)', /not understood/],
    ['()', /one expression/],
    ['(1', /not understood/],
    ['sqrt()', /sqrt takes 1/],
    ['round(1, 2, 3)', /round takes 1 to 2/],
    ['('.repeat(240) + '1' + ')'.repeat(240), /nested/],
    ['-'.repeat(499) + '1', /nested/],
    ['2^'.repeat(200) + '1', /nested/],
    ['1+'.repeat(300) + '1', /do not fit/],
  ])('%s is an error a model can act upon', async (expression, message) => {
    expect(await calculate(expression)).toMatchObject({
      ok: false,
      error: expect.stringMatching(message),
    });
  });
});
