import { Option, type Command } from 'commander';
import { z } from 'zod';
import { countOf, settingsFor, withServer, type Outcome, type ServerFlags } from './command-line.ts';
import { onServer } from './crew.ts';
import { EXIT } from './exit-codes.ts';
import { showTable, type Columns } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Commands that are one call: a list, one thing, something asked of it. */

const rowSchema = z.record(z.string(), z.unknown());
const rowsSchema = z.array(rowSchema);

export interface Listing {
  /** Of the list. */
  path: string;
  /** Flags that go into the query: `--status <status>` → `?status=`. */
  filters?: readonly { flag: string; query: string; about: string }[];
  columns: Columns;
}

/** `… ls`: a page of the newest. */
export function addList(parent: Command, outcome: Outcome, listing: Listing, about: string): void {
  const command = withServer(parent.command('ls').description(about)).option(
    '--limit <count>',
    'how many at most',
    countOf,
    20,
  );
  for (const filter of listing.filters ?? []) command.option(filter.flag, filter.about);
  command.action(async (flags: ServerFlags & { limit: number } & Record<string, unknown>) => {
    outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
      const query = new URLSearchParams({ limit: String(flags.limit) });
      for (const { flag, query: name } of listing.filters ?? []) {
        const value = flags[new Option(flag).attributeName()];
        if (typeof value === 'string') query.set(name, value);
      }
      const rows = rowsSchema.parse(await client.call('GET', `${listing.path}?${query.toString()}`));
      if (flags.json) terminal.data(JSON.stringify(rows, null, 2));
      else showTable(terminal, rows, listing.columns);
      return EXIT.ok;
    });
  });
}

/** `… get <id>`: everything there is to know, as JSON. */
export function addGet(parent: Command, outcome: Outcome, path: string, about: string): void {
  addCall(parent, outcome, { name: 'get', about, method: 'GET', at: (id) => `${path}/${id}`, shows: true });
}

/** One call about one thing, named by its id. */
export function addCall(
  parent: Command,
  outcome: Outcome,
  call: {
    name: string;
    about: string;
    method: string;
    at: (id: string) => string;
    /** Whether the answer is what was asked for; else a word on stderr says that it was done. */
    shows?: boolean;
  },
): void {
  withServer(parent.command(`${call.name} <id>`).description(call.about)).action(
    async (id: string, flags: ServerFlags) => {
      outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
        const answer = await client.call(call.method, call.at(encodeURIComponent(id)));
        showAnswer(terminal, answer, flags.json || call.shows === true, `${call.name} ${id}: done`);
        return EXIT.ok;
      });
    },
  );
}

/** The answer as data, or a word that it was done. */
export function showAnswer(terminal: Terminal, answer: unknown, asData: boolean, done: string): void {
  if (asData) terminal.data(JSON.stringify(answer, null, 2));
  else terminal.say(done, 'good');
}
