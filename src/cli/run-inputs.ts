import { existsSync, statSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { findCrewFiles } from '../crews/load-crew.ts';
import { lostYamlNumbers } from '../crews/lost-yaml-numbers.ts';
import type { JsonObject } from '../domain/json.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { readTextFile } from './project-files.ts';

/** What a crew is started with, and where each value came from. */
export interface GatheredInputs {
  values: JsonObject;
  /** Input name → the file, or `--input`. */
  origins: ReadonlyMap<string, string>;
}

const inputsSchema = z.record(z.string(), z.json());

/**
 * The inputs of a start; what comes later wins: the folder's `inputs.yaml`, the files of `--input-file` in their
 * order, `--input name=value`.
 * @throws {CliError} naming the file that cannot be read
 */
export function gatherInputs(request: {
  folder: string;
  files: readonly string[];
  pairs: Readonly<Record<string, string>>;
}): GatheredInputs {
  const own = isFolder(request.folder) ? findCrewFiles(request.folder).inputs : null;
  const layers: [string, JsonObject][] = [
    ...(own === null ? [] : [own]).map((file): [string, JsonObject] => [file, readInputsFile(file)]),
    ...request.files.map((file): [string, JsonObject] => [file, readInputsFile(file)]),
    ['--input', request.pairs],
  ];
  return {
    values: Object.fromEntries(layers.flatMap(([, values]) => Object.entries(values))),
    origins: new Map(
      layers.flatMap(([origin, values]) =>
        Object.keys(values).map((name): [string, string] => [name, origin]),
      ),
    ),
  };
}

export const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** YAML, of which JSON is a part. */
function readInputsFile(file: string): JsonObject {
  const text = readTextFile(file);
  const lines = new LineCounter();
  let content: unknown;
  let lost: ReturnType<typeof lostYamlNumbers> = [];
  try {
    const document = parseDocument(text, { lineCounter: lines });
    // An unknown tag is a warning of the library's; its value would be read without it.
    const [broken] = [...document.errors, ...document.warnings];
    if (broken !== undefined) throw broken;
    lost = lostYamlNumbers(document);
    content = document.toJS();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.usage, `${file} cannot be read: ${reason.trim()}`, { cause: error });
  }
  const [first] = lost;
  if (first !== undefined) {
    const { line, col } = lines.linePos(first.offset);
    throw new CliError(EXIT.usage, `${file}:${line}:${col}: ${first.message}`);
  }
  const inputs = inputsSchema.safeParse(content ?? {});
  if (inputs.success) return inputs.data;
  throw new CliError(EXIT.usage, `${file} must be a mapping of input names to values, as YAML or JSON`);
}
