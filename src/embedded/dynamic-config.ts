import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { StartError } from './start-error.ts';

const dynamicConfig = z.record(
  z.string(),
  // The command line knows no constraints, so the file must not hold any.
  z.array(z.strictObject({ value: z.json() })).length(1, 'exactly one value, without constraints'),
);

/**
 * Reads Temporal's dynamic configuration and makes of it what `temporal server start-dev` takes.
 * @returns `--dynamic-config-value key=<JSON>` for each key
 * @throws {StartError} when the file is not what it should be
 */
export async function readDynamicConfigFlags(file: string | URL): Promise<string[]> {
  const result = dynamicConfig.safeParse(parse(await readFile(file, 'utf8')));
  if (!result.success) throw new StartError(`${String(file)}: ${z.prettifyError(result.error)}`);
  return Object.entries(result.data).flatMap(([key, values]) =>
    values.flatMap(({ value }) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
  );
}
