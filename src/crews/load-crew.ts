import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { invalid } from '../domain/errors.ts';
import type { Issue } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { decodeUtf8 } from '../domain/utf8-text.ts';
import type { CrewPlan } from '../domain/plan/crew-plan.ts';
import { compileCrewYaml } from './compile-crew-yaml.ts';
import { parseYamlFile } from './parse-crew-yaml.ts';

/** A crew as it lies in a folder. */
export interface LoadedCrew {
  plan: CrewPlan;
  /** What `inputs.yaml` suggests for trying the crew out; empty without that file. */
  exampleInputs: JsonObject;
  warnings: Issue[];
}

/** The files a crew is read from, as full paths; null when there is no such file. */
export interface CrewFiles {
  agents: string | null;
  tasks: string | null;
  inputs: string | null;
}

/** Finds a crew's files in a folder or in its `config/`, where CrewAI's own projects keep them. */
export function findCrewFiles(folder: string): CrewFiles {
  const find = (file: string): string | null =>
    [join(folder, file), join(folder, 'config', file)].find((path) => existsSync(path)) ?? null;
  return { agents: find('agents.yaml'), tasks: find('tasks.yaml'), inputs: find('inputs.yaml') };
}

/**
 * Reads the crew of a folder; its name is the folder's.
 *
 * @throws {MusterError} VALIDATION_FAILED with every issue of all files.
 */
export function loadCrewFolder(folder: string, offeredTools: readonly string[]): LoadedCrew {
  const name = basename(resolve(folder));
  const files = findCrewFiles(folder);
  if (files.agents === null || files.tasks === null) {
    const missing = [
      ...(files.agents === null ? ['agents.yaml'] : []),
      ...(files.tasks === null ? ['tasks.yaml'] : []),
    ];
    throw invalid(
      `the crew ${name} is incomplete`,
      missing.map((file) => ({
        path: `${file}:1:1`,
        message: `${file} is neither in the crew's folder nor in its config/`,
      })),
    );
  }
  const compiled = compileCrewYaml({
    name,
    agentsYaml: readText(files.agents),
    tasksYaml: readText(files.tasks),
    offeredTools,
  });
  const inputs = files.inputs === null ? { values: {}, issues: [] } : readInputs(readText(files.inputs));
  const issues = [...(compiled.ok ? [] : compiled.issues), ...inputs.issues];
  if (!compiled.ok || issues.length > 0) {
    const first = issues[0];
    const summary = first === undefined ? '' : `: ${first.path} ${first.message}`;
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
    throw invalid(`the crew ${name} is not valid${summary}${more}`, issues);
  }
  return { plan: compiled.plan, exampleInputs: inputs.values, warnings: compiled.warnings };
}

/** @throws {MusterError} VALIDATION_FAILED when it is no UTF-8. */
function readText(path: string): string {
  const decoded = decodeUtf8(readFileSync(path));
  if (decoded.ok) return decoded.text;
  const file = basename(path);
  throw invalid(`${file} cannot be read: ${decoded.reason}`, [
    { path: `${file}:1:1`, message: decoded.reason },
  ]);
}

const jsonObject = z.record(z.string(), z.json());

function readInputs(text: string): { values: JsonObject; issues: Issue[] } {
  const parsed = parseYamlFile('inputs.yaml', text);
  if (parsed.issues.length > 0) return { values: {}, issues: parsed.issues };
  const values = jsonObject.safeParse(plain(parsed.content ?? new Map()));
  if (values.success) return { values: values.data, issues: [] };
  return {
    values: {},
    issues: values.error.issues.map((issue) => ({
      path: parsed.locate(issue.path.map(String)),
      message:
        issue.path.length === 0 ? 'the file must be a mapping of input names to values' : issue.message,
    })),
  };
}

/** Mappings as objects, for values that are to become JSON. What holds itself cannot, and becomes undefined. */
function plain(value: unknown, inside: readonly unknown[] = []): unknown {
  if (inside.includes(value)) return undefined;
  const within = [...inside, value];
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, entry]) => [String(key), plain(entry, within)]));
  }
  return Array.isArray(value) ? value.map((item: unknown) => plain(item, within)) : value;
}
