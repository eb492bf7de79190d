import type { Command } from 'commander';
import { z } from 'zod';
import type { ApiClient } from './api-client.ts';
import { settingsFor, withServer, type Outcome, type ServerFlags } from './command-line.ts';
import { onServer } from './crew.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { GRAPHS, readDocument, report, throwPlaced } from './graph-files.ts';
import type { ImportWarning } from '../crews/transfer/imported-crew.ts';
import { isFile, projectFiles, projectName, readZipFile } from './project-files.ts';
import type { Terminal } from './terminal.ts';

const graphSchema = z.looseObject({ id: z.string(), name: z.string() });
const imported = z.looseObject({
  graph: graphSchema,
  report,
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
});
type Imported = z.output<typeof imported>;

interface ImportFlags extends ServerFlags {
  name?: string;
  crew?: string;
}

/** `muster graphs import`. */
export function addImport(graphs: Command, outcome: Outcome): void {
  withServer(
    graphs
      .command('import <folder|file>')
      .description('a CrewAI project (a folder, or a zip of it), or a graph in JSON or YAML')
      .option('--name <name>', 'what it shall be called; else as the crew or the folder')
      .option('--crew <folder|class>', 'which crew is meant where the project has several'),
  ).action(async (from: string, flags: ImportFlags) => {
    outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
      const isProject = !isFile(from) || from.endsWith('.zip');
      if (isProject) {
        const made = await importProject(client, from, flags);
        return tell(terminal, made, flags.json ? made : null);
      }
      const { graph, checked } = await importDocument(client, from, flags);
      return tell(terminal, { graph, report: checked, warnings: [] }, flags.json ? graph : null);
    });
  });
}

async function importProject(
  client: ApiClient,
  from: string,
  { name, crew }: ImportFlags,
): Promise<Imported> {
  const options = {
    ...(name !== undefined && { name }),
    ...(crew !== undefined && { crew }),
    folder: projectName(from),
  };
  const passedOver: ImportWarning[] = [];
  const answer = from.endsWith('.zip')
    ? await client.call('POST', `${GRAPHS}/import?${new URLSearchParams(options).toString()}`, {
        contentType: 'application/zip',
        bytes: readZipFile(from),
      })
    : await client.call('POST', `${GRAPHS}/import`, {
        ...options,
        files: projectFiles(from, (warning) => void passedOver.push(warning)),
      });
  const made = imported.parse(answer);
  return { ...made, warnings: [...made.warnings, ...passedOver] };
}

async function importDocument(
  client: ApiClient,
  file: string,
  { name }: ImportFlags,
): Promise<{ graph: Imported['graph']; checked: Imported['report'] }> {
  const { content, placed } = readDocument(file);
  const graph = graphSchema.parse(
    await client
      .call('POST', GRAPHS, { ...content, ...(name !== undefined && { name }) })
      .catch((error: unknown) => throwPlaced(error, placed)),
  );
  const checked = report.parse(await client.call('POST', `${GRAPHS}/${graph.id}/validate`));
  return { graph, checked };
}

/** @param json what `--json` prints; null without it */
function tell(terminal: Terminal, made: Imported, json: unknown): ExitCode {
  const { graph, report: checked, warnings } = made;
  for (const { path, message } of warnings) terminal.say(`${path}: ${message}`);
  const placed = (at: { node_id?: string | undefined; path: string }): string =>
    at.node_id === undefined ? at.path : `${at.node_id} (${at.path})`;
  for (const warning of checked.warnings) terminal.say(`warning: ${placed(warning)}: ${warning.message}`);
  for (const error of checked.errors) terminal.say(`error: ${placed(error)}: ${error.message}`, 'bad');
  terminal.data(json === null ? graph.id : JSON.stringify(json, null, 2));
  if (checked.valid) {
    terminal.say(`Graph “${graph.name}”`, 'good');
    return EXIT.ok;
  }
  terminal.say(`Graph “${graph.name}” is stored as a draft: it is not valid and cannot be run yet`, 'bad');
  return EXIT.failed;
}
