import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isFlow, type Flow } from './define-flow.ts';
import { FlowError } from './flow-error.ts';

/** The flows that ship with the program. */
const OWN_FLOWS = fileURLToPath(new URL('./', import.meta.url));
const FOLDER_NAME = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/;

/** A flow with the names it goes by. */
export interface NamedFlow {
  /** With `_`, as executions name it. */
  name: string;
  /** With `-`, as its path names it. */
  path: string;
  flow: Flow;
}

/** The flows of this process. */
export interface FlowCatalogue {
  /** By name. */
  list(): readonly NamedFlow[];
  /** @param name with `_` or `-` */
  find(name: string): NamedFlow | undefined;
}

/**
 * Loads every folder that holds a `flow.ts`, of the program's own and of FLOWS_DIR.
 * @throws {FlowError} when one cannot be loaded, or two have the same name
 */
export async function loadFlows(extraFolder: string | undefined): Promise<FlowCatalogue> {
  const folders = [OWN_FLOWS, ...(extraFolder === undefined ? [] : [resolve(extraFolder)])];
  const flows = new Map<string, NamedFlow>();
  for (const folder of folders.flatMap(flowFolders)) {
    const flow = await loadFlow(folder.path, folder.name);
    if (flows.has(flow.name)) throw new FlowError(`two flows are called ${flow.name}: rename ${folder.path}`);
    flows.set(flow.name, flow);
  }
  const sorted = [...flows.values()].toSorted((one, other) => one.name.localeCompare(other.name));
  return { list: () => sorted, find: (name) => flows.get(name.replaceAll('-', '_')) };
}

function flowFolders(directory: string): { name: string; path: string }[] {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new FlowError(`FLOWS_DIR: there is no folder ${directory}`);
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(directory, entry.name, 'flow.ts')))
    .map((entry) => ({ name: entry.name, path: join(directory, entry.name) }));
}

async function loadFlow(path: string, folder: string): Promise<NamedFlow> {
  if (!FOLDER_NAME.test(folder))
    throw new FlowError(`the flow in ${path} needs a name of small letters, digits and - or _`);
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(join(path, 'flow.ts')).href);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new FlowError(`the flow in ${path} cannot be loaded: ${words}`, { cause: error });
  }
  const flow: unknown =
    typeof loaded === 'object' && loaded !== null && 'flow' in loaded ? loaded.flow : undefined;
  if (!isFlow(flow)) throw new FlowError(`${join(path, 'flow.ts')} exports no \`flow\` made with defineFlow`);
  return { name: folder.replaceAll('-', '_'), path: folder.replaceAll('_', '-'), flow };
}
