import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { settingsFor, withServer, type Outcome, type ServerFlags } from './command-line.ts';
import { onServer } from './crew.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { drawGraph } from './draw-graph.ts';
import { GRAPHS, readDocument, report, throwPlaced } from './graph-files.ts';
import { addImport } from './graph-import.ts';
import { addCall, addGet, addList, showAnswer } from './listing.ts';
import { isFile } from './project-files.ts';

/** Graphs: checked, brought in, taken away, drawn. */
export function addGraphCommands(program: Command, outcome: Outcome): void {
  const graphs = program.command('graphs').description('crews drawn as graphs');
  const columns = { ID: 'id', NAME: 'name', VERSION: 'version', CHANGED: 'updated_at' };
  addList(
    graphs,
    outcome,
    {
      path: GRAPHS,
      columns,
      filters: [{ flag: '--name <text>', query: 'q', about: 'whose name contains this' }],
    },
    'your graphs',
  );
  addGet(graphs, outcome, GRAPHS, 'one graph, with its nodes and edges');
  addValidate(graphs, outcome);
  addImport(graphs, outcome);
  addExport(graphs, outcome);
  withServer(graphs.command('draw <id|file>').description('as a Mermaid diagram')).action(
    async (named: string, flags: ServerFlags) => {
      outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
        const document = isFile(named)
          ? readDocument(named).content
          : await client.call('GET', `${GRAPHS}/${encodeURIComponent(named)}`);
        const diagram = drawGraph(document);
        terminal.data(flags.json ? JSON.stringify({ mermaid: diagram }, null, 2) : diagram);
        return EXIT.ok;
      });
    },
  );
  addCall(graphs, outcome, {
    name: 'rm',
    about: 'delete it',
    method: 'DELETE',
    at: (id) => `${GRAPHS}/${id}`,
  });
}

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
          .call('POST', `${GRAPHS}/validate`, content)
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
      const bytes = await client.download(`${GRAPHS}/${encodeURIComponent(id)}/export?format=${format}`);
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
