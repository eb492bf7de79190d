import { describe, expect, it } from '@jest/globals';
import { showTable, type Row } from '../../src/cli/table.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

const rows = [
  { id: 'a', text: 'one\u001b[31m two\nthree', usage: { tokens: 12 } },
  { id: 'bcd', text: null, other: 'instead', usage: { tokens: 3 } },
];
const columns = { ID: 'id', TEXT: ['text', 'other'], TOKENS: 'usage.tokens' };

function shown(isWatched: boolean, given: readonly Row[], width = 80): { data: string[]; talk: string[] } {
  const said = { data: [] as string[], talk: [] as string[] };
  const terminal: Terminal = {
    say: (line) => void said.talk.push(line),
    data: (line) => void said.data.push(line),
    isWatched: () => isWatched,
    width: () => width,
    columns: () => undefined,
    pin: () => undefined,
  };
  showTable(terminal, given, columns);
  return said;
}

describe('a table', () => {
  it('is tabs and nothing else in a pipe, with nothing that steers a terminal', () => {
    expect(shown(false, rows)).toEqual({ data: ['a\tone[31m two three\t12', 'bcd\tinstead\t3'], talk: [] });
  });

  it('is aligned under titles where a person looks; the titles are talk', () => {
    expect(shown(true, rows)).toEqual({
      data: ['a    one[31m two three  12', 'bcd  instead            3'],
      talk: ['ID   TEXT               TOKENS'],
    });
  });

  it('is no wider than the terminal: the widest columns give way, never the first', () => {
    const wide = [{ id: 'a-very-long-id', text: 'x'.repeat(100), usage: { tokens: 12 } }];
    expect(shown(true, wide, 32)).toEqual({
      data: ['a-very-long-id  xxxxxxx…  12'],
      talk: ['ID              TEXT      TOKENS'],
    });
    expect(shown(true, wide, 10).data).toEqual(['a-very-long-id  xxx…  12']);
  });

  it('without rows says so to a person, and nothing to a program', () => {
    expect(shown(true, [])).toEqual({ data: [], talk: ['There is nothing.'] });
    expect(shown(false, [])).toEqual({ data: [], talk: [] });
  });
});
