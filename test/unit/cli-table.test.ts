import { describe, expect, it } from '@jest/globals';
import { showTable } from '../../src/cli/table.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

const rows = [
  { id: 'a', text: 'one\u001b[31m two\nthree', usage: { tokens: 12 } },
  { id: 'bcd', text: null, other: 'instead', usage: { tokens: 3 } },
];
const columns = { ID: 'id', TEXT: ['text', 'other'], TOKENS: 'usage.tokens' };

function shown(isWatched: boolean, given: typeof rows): { data: string[]; talk: string[] } {
  const said = { data: [] as string[], talk: [] as string[] };
  const terminal: Terminal = {
    say: (line) => void said.talk.push(line),
    data: (line) => void said.data.push(line),
    isWatched: () => isWatched,
    width: () => 80,
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

  it('without rows says so to a person, and nothing to a program', () => {
    expect(shown(true, [])).toEqual({ data: [], talk: ['There is nothing.'] });
    expect(shown(false, [])).toEqual({ data: [], talk: [] });
  });
});
