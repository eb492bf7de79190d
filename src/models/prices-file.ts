import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SettingsError } from '../config.ts';
import { createPrices, type ModelPrices } from './prices.ts';

const usd = z.number().min(0).max(1_000_000);
const NAME = /^[^/\s]+\/\S+$/;
const fileSchema = z
  .record(z.string(), z.strictObject({ input: usd, output: usd }))
  .superRefine((prices, context) => {
    for (const name of Object.keys(prices).filter((key) => !NAME.test(key)))
      context.addIssue({ code: 'custom', path: [name], message: 'must be provider/model, or provider/*' });
  });

/**
 * The prices we know, and over them those of the file that MODEL_PRICES names:
 * `{"provider/model": {"input": 2.5, "output": 10}}` in USD per million tokens.
 * @throws {SettingsError} with all that is wrong with it.
 */
export function loadPrices(path: string | undefined): ModelPrices {
  if (path === undefined) return createPrices();
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError([`MODEL_PRICES: ${path} cannot be read: ${why}`]);
  }
  const result = fileSchema.safeParse(content);
  if (result.success) return createPrices(result.data);
  throw new SettingsError(
    result.error.issues.map((issue) => `MODEL_PRICES: ${issue.path.join('.')}: ${issue.message}`),
  );
}
