import { styleText } from 'node:util';
import { harmless, type Tone } from './event-lines.ts';

/** Where the command line speaks: talk goes to stderr, data to stdout. */
export interface Terminal {
  /** Colours only where a person looks at them, and never with NO_COLOR. */
  say(line: string, tone?: Tone): void;
  /** What a program may want to read. */
  data(text: string): void;
  /** Whether a person looks at the data, and no program. */
  isWatched(): boolean;
  /** Characters a line of talk may have. */
  width(): number;
}

const STYLES = { plain: 'reset', good: 'green', bad: 'red', faint: 'dim', strong: 'bold' } as const;
/** Width where there is no terminal to ask. */
const FILE_WIDTH = 160;

export function createTerminal(): Terminal {
  const { stdout, stderr } = process;
  // A reader that has seen enough (`… | head`) is no error.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    say: (line, tone = 'plain') => {
      stderr.write(`${tone === 'plain' ? line : styleText(STYLES[tone], line, { stream: stderr })}\n`);
    },
    data: (text) => {
      stdout.write(`${stdout.isTTY ? harmless(text) : text}\n`);
    },
    isWatched: () => stdout.isTTY,
    width: () => (stderr.isTTY ? Math.max(stderr.columns || FILE_WIDTH, 60) : FILE_WIDTH),
  };
}
