import { readFileSync, readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { lostYamlNumbers } from '../crews/lost-yaml-numbers.ts';
import type { JsonObject } from '../domain/json.ts';
import { settingsFor, withServer, type Outcome, type ServerFlags } from './command-line.ts';
import { onServer } from './crew.ts';
import { CliError, EXIT, Refused } from './exit-codes.ts';
import { drawGraph } from './draw-graph.ts';
import { addCall, addGet, addList, showAnswer } from './listing.ts';

const PATH = '/api/v1/graphs';
const issue = z.object({ code: z.string(), message: z.string(), path: z.string() });
const report = z.looseObject({ valid: z.boolean(), errors: z.array(issue), warnings: z.array(issue) });
const imported = z.looseObject({
  graph: z.looseObject({ id: z.string(), name: z.string() }),
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
});

/** Graphs: checked, brought in, taken away, drawn. */
export function addGraphCommands(program: Command, outcome: Outcome): void {
  const graphs = program.command('graphs').description('crews drawn as graphs');
  const columns = { ID: 'id', NAME: 'name', VERSION: 'version', CHANGED: 'updated_at' };
  addList(
    graphs,
    outcome,
    {
      path: PATH,
      columns,
      filters: [{ flag: '--name <text>', query: 'q', about: 'whose name contains this' }],
    },
    'your graphs',
  );
  addGet(graphs, outcome, PATH, 'one graph, with its nodes and edges');
  addValidate(graphs, outcome);
  addImport(graphs, outcome);
  addExport(graphs, outcome);
  withServer(graphs.command('draw <id|file>').description('as a Mermaid diagram')).action(
    async (named: string, flags: ServerFlags) => {
      outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
        const document = isFile(named)
          ? readDocument(named).content
          : await client.call('GET', `${PATH}/${encodeURIComponent(named)}`);
        const diagram = drawGraph(document);
        terminal.data(flags.json ? JSON.stringify({ mermaid: diagram }, null, 2) : diagram);
        return EXIT.ok;
      });
    },
  );
  addCall(graphs, outcome, { name: 'rm', about: 'delete it', method: 'DELETE', at: (id) => `${PATH}/${id}` });
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

function addValidate(graphs: Command, outcome: Outcome): void {
  withServer(
    graphs
      .command('validate <file>')
      .description('all that is wrong with a graph in a file, by line and column'),
  ).action(async (file: string, flags: ServerFlags) => {
    outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
      const { content, placed } = readDocument(file);
      const said = report.parse(
        await client
          .call('POST', `${PATH}/validate`, content)
          .catch((error: unknown) => throwPlaced(error, placed)),
      );
      if (flags.json) terminal.data(JSON.stringify(said, null, 2));
      else {
        for (const { path, message } of said.errors) terminal.data(placed(path, message));
        for (const { path, message } of said.warnings) terminal.data(placed(path, `warning: ${message}`));
        terminal.say(said.valid ? 'Valid.' : 'Not valid.', said.valid ? 'good' : 'bad');
      }
      return said.valid ? EXIT.ok : EXIT.failed;
    });
  });
}

type Placed = (pointer: string, message: string) => string;

/**
 * A document in JSON or YAML, and what is said of a JSON pointer into it with line and column before it.
 * @throws {CliError} with line and column where it cannot be read
 */
function readDocument(file: string): { content: JsonObject; placed: Placed } {
  const lines = new LineCounter();
  const document = parseDocument(textOf(file), { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new CliError(EXIT.usage, `${file}:${line}:${col}: ${broken.message.split('\n')[0] ?? ''}`);
  }
  const [lost] = lostYamlNumbers(document);
  if (lost !== undefined) {
    const { line, col } = lines.linePos(lost.offset);
    throw new CliError(EXIT.usage, `${file}:${line}:${col}: ${lost.message}`);
  }
  const content = z.record(z.string(), z.json()).safeParse(document.toJS());
  if (!content.success)
    throw new CliError(EXIT.usage, `${file}:1:1: a graph is an object with nodes and edges`);
  return {
    content: content.data,
    placed: (pointer, message) => {
      const { offset, missing } = findPlace(document, pointer);
      const { line, col } = lines.linePos(offset);
      const isNamed = missing === '' || message.includes(missing);
      return `${file}:${line}:${col}: ${message}${isNamed ? '' : ` (${missing})`}`;
    },
  };
}

/** What the server says of a document, said of the lines of its file. @throws always */
function throwPlaced(error: unknown, placed: Placed): never {
  if (!(error instanceof Refused) || error.issues.length === 0) throw error;
  const lines = error.issues.map(({ path, message }) => placed(path, message));
  throw new CliError(error.exitCode, lines.join('\n'), { cause: error });
}

/** Of what a pointer names, or of the nearest thing around it that is there; and what is not there, dots between. */
function findPlace(document: Document, pointer: string): { offset: number; missing: string } {
  const path = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  for (let length = path.length; length > 0; length -= 1) {
    const node = z
      .object({ range: z.tuple([z.number()], z.number()) })
      .safeParse(document.getIn(path.slice(0, length), true));
    if (node.success) return { offset: node.data.range[0], missing: path.slice(length).join('.') };
  }
  return { offset: 0, missing: path.join('.') };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.usage, `${file} cannot be read: ${reason}`, { cause: error });
  }
}

function addImport(graphs: Command, outcome: Outcome): void {
  withServer(
    graphs
      .command('import <folder|file>')
      .description('a CrewAI project (a folder, or a zip of it), or a graph in JSON or YAML')
      .option('--name <name>', 'what it shall be called'),
  ).action(async (from: string, flags: ServerFlags & { name?: string }) => {
    outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
      const { name } = flags;
      const isProject = !isFile(from) || from.endsWith('.zip');
      const named = name === undefined ? {} : { name };
      if (!isProject) {
        const { content, placed } = readDocument(from);
        const graph = imported.shape.graph.parse(
          await client
            .call('POST', PATH, { ...content, ...named })
            .catch((error: unknown) => throwPlaced(error, placed)),
        );
        terminal.data(flags.json ? JSON.stringify(graph, null, 2) : graph.id);
        return EXIT.ok;
      }
      const answer = from.endsWith('.zip')
        ? await client.call('POST', `${PATH}/import?${new URLSearchParams(named).toString()}`, {
            contentType: 'application/zip',
            bytes: new Uint8Array(readFileSync(from)),
          })
        : await client.call('POST', `${PATH}/import`, { ...named, files: filesOf(from) });
      const made = imported.parse(answer);
      for (const { path, message } of made.warnings) terminal.say(`${path}: ${message}`);
      terminal.data(flags.json ? JSON.stringify(made, null, 2) : made.graph.id);
      terminal.say(`Graph “${made.graph.name}”`, 'good');
      return EXIT.ok;
    });
  });
}

/** What an import reads of a project. @throws {CliError} when there is no such folder, or nothing of a crew in it */
function filesOf(folder: string): Record<string, string> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CliError(EXIT.usage, `There is no file or folder ${folder}`);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/(^|\/)(node_modules|\.[^/]+)\//.test(name) && /\.(ya?ml|py|jsonc?)$/.test(name),
  );
  const files = names.map((name) => join(folder, name)).filter(isFile);
  return Object.fromEntries(files.map((file) => [relative(folder, file), textOf(file)]));
}

function addExport(graphs: Command, outcome: Outcome): void {
  withServer(
    graphs
      .command('export <id>')
      .description('as JSON, or with --crewai as a project that runs under CrewAI')
      .option('--crewai', 'a zip of a CrewAI project', false)
      .option('-o, --output <file>', 'where it goes; without it to stdout'),
  ).action(async (id: string, flags: ServerFlags & { crewai: boolean; output?: string }) => {
    outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
      const format = flags.crewai ? 'crewai' : 'json';
      // Asked first: nothing is fetched that could not be shown.
      if (flags.crewai && flags.output === undefined && (flags.json || terminal.isWatched()))
        throw new CliError(EXIT.usage, 'A zip is nothing to read: say where it goes with --output.');
      const bytes = await client.download(`${PATH}/${encodeURIComponent(id)}/export?format=${format}`);
      if (flags.output !== undefined) {
        await writeFile(flags.output, bytes);
        showAnswer(
          terminal,
          { file: flags.output, bytes: bytes.length },
          flags.json,
          `Written to ${flags.output}`,
        );
        return EXIT.ok;
      }
      process.stdout.write(bytes);
      return EXIT.ok;
    });
  });
}
