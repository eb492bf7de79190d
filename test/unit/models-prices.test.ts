import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createPrices, costMicroUsd } from '../../src/models/prices.ts';
import { loadPrices } from '../../src/models/prices-file.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const tokens = (promptTokens: number, completionTokens: number) => ({ promptTokens, completionTokens });

describe('prices of models', () => {
  it('are list prices, else the operator’s, else unknown; the demo costs nothing', () => {
    const prices = createPrices({
      'openai/gpt-4o': { input: 1, output: 2 },
      'openai_compatible/*': { input: 3, output: 4 },
      'openai_compatible/big': { input: 5, output: 6 },
    });
    expect(prices.of('openai/gpt-4o')).toEqual({ input: 1, output: 2 });
    expect(prices.of('openai/gpt-4o-mini')).toEqual({ input: 0.15, output: 0.6 });
    expect(prices.of('openai_compatible/small')).toEqual({ input: 3, output: 4 });
    expect(prices.of('openai_compatible/big')).toEqual({ input: 5, output: 6 });
    expect(prices.of('openai/nobody-knows')).toBeUndefined();
    expect(prices.of('demo/anything')).toEqual({ input: 0, output: 0 });
  });

  it('make costs in whole micro-dollars, rounded up', () => {
    const price = { input: 0.15, output: 0.6 };
    expect(costMicroUsd(price, tokens(1_000_000, 1_000_000))).toBe(750_000);
    expect(costMicroUsd(price, tokens(1, 0))).toBe(1);
    expect(costMicroUsd(price, tokens(20, 0))).toBe(3);
    expect(costMicroUsd({ input: 0.1, output: 0.2 }, tokens(10, 10))).toBe(3);
    expect(costMicroUsd(undefined, tokens(1, 1))).toBeNull();
  });

  it('of a file that does not fit are refused with every reason', async () => {
    const folder = await makeTemporaryFolder();
    const path = join(folder.path, 'prices.json');
    writeFileSync(path, '{"gpt-4o": {"input": 1, "output": 2}}');
    expect(() => loadPrices(path)).toThrow(/MODEL_PRICES: gpt-4o: must be provider\/model/);
    writeFileSync(path, '{"openai/x": {"input": -1, "output": 2}}');
    expect(() => loadPrices(path)).toThrow(/MODEL_PRICES: openai\/x.input: /);
    writeFileSync(path, '{"openai/x": {"input": 1, "output": 2}}');
    expect(loadPrices(path).of('openai/x')).toEqual({ input: 1, output: 2 });
    expect(() => loadPrices(join(folder.path, 'none.json'))).toThrow(/MODEL_PRICES: .* cannot be read/);
    await folder.remove();
  });
});
