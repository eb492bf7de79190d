import { harmless } from './event-lines.ts';
import type { Terminal } from './terminal.ts';

/** A row as the API answers it. */
export type Row = Readonly<Record<string, unknown>>;

/** Titles of the columns and the fields they show; the first of several that has something. */
export type Columns = Readonly<Record<string, string | readonly string[]>>;

const LONGEST = 60;

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
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...short.map((cells) => cells[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
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

const shorten = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
