import { harmless } from './event-lines.ts';
import type { Terminal } from './terminal.ts';

/** A row as the API answers it. */
export type Row = Readonly<Record<string, unknown>>;

/** Titles of the columns and the fields they show; the first of several that has something. */
export type Columns = Readonly<Record<string, string | readonly string[]>>;

const LONGEST = 60;
/** What is left of a column that has to give way. */
const SHORTEST = 4;
const GAP = '  ';

/** Shows rows: aligned, with titles, where a person looks; with tabs between, and nothing else, in a pipe. */
export function showTable(terminal: Terminal, rows: readonly Row[], columns: Columns): void {
  const table = rows.map((row) => Object.values(columns).map((field) => cellOf(row, field)));
  if (!terminal.isWatched()) {
    for (const cells of table) terminal.data(cells.join('\t'));
    return;
  }
  if (rows.length === 0) return terminal.say('There is nothing.', 'faint');
  const titles = Object.keys(columns);
  const short = table.map((cells) => cells.map((cell) => shorten(cell)));
  const wanted = titles.map((title, at) =>
    short.reduce((width, cells) => Math.max(width, cells[at]?.length ?? 0), title.length),
  );
  const widths = fitWidths(wanted, terminal.width() - GAP.length * (titles.length - 1));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => shorten(cell, widths[at]).padEnd(widths[at] ?? 0))
      .join(GAP)
      .trimEnd();
  terminal.say(line(titles), 'faint');
  for (const cells of short) terminal.data(line(cells));
}

function cellOf(row: Row, fields: string | readonly string[]): string {
  const values = [fields].flat().map((field) => valueAt(row, field));
  return textOf(values.find((value) => value !== null && value !== undefined));
}

/** `token_usage.total_tokens` → what stands there. */
function valueAt(row: Row, path: string): unknown {
  let value: unknown = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === name)?.[1];
  }
  return value;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return harmless(text).replaceAll(/\s+/g, ' ');
}

/**
 * The widest give way first, until the row fits. Never the first column: it names the row, and half an id is none.
 * @param room columns of the terminal without the gaps
 */
function fitWidths(wanted: readonly number[], room: number): number[] {
  const widths = [...wanted];
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over -= 1) {
    const widest = widths.reduce(
      (found, width, at) => (at > 0 && width > (widths[found] ?? 0) ? at : found),
      1,
    );
    const width = widths[widest] ?? 0;
    if (width <= SHORTEST) break;
    widths[widest] = width - 1;
  }
  return widths;
}

const shorten = (text: string, longest = LONGEST): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
