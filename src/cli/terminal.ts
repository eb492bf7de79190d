import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { childEnvironment } from '../config.ts';
import { harmless, type Tone } from './event-lines.ts';

/** Where the command line speaks: talk goes to stderr, data to stdout. */
export interface Terminal {
  /** Colours only where a person looks at them, and never with NO_COLOR. What steers a terminal is taken out. */
  say(line: string, tone?: Tone): void;
  /** What a program may want to read. */
  data(text: string): void;
  /** Whether a person looks at the data, and no program. */
  isWatched(): boolean;
  /** Characters a line of talk may have. */
  width(): number;
  /** Columns of the terminal that shows the talk; undefined where there is none, or one that rewrites nothing. */
  columns(): number | undefined;
  /**
   * One line that stands below all others and is written anew after each of them, no wider than the terminal.
   * Undefined takes it away. Only where there are `columns`.
   */
  pin(line: (() => string) | undefined): void;
}

const STYLES = { plain: 'reset', good: 'green', bad: 'red', faint: 'dim', strong: 'bold' } as const;
/** Width where there is no terminal to ask. */
const FILE_WIDTH = 160;
const NARROWEST = 40;

export function createTerminal(): Terminal {
  const { stdout, stderr } = process;
  // A reader that has seen enough (`… | head`) is no error.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const rewrites = stderr.isTTY && childEnvironment({}).TERM !== 'dumb';
  const pinned = createPinnedLine(stderr);
  return {
    say: (line, tone = 'plain') => {
      const text = harmless(line);
      pinned.around(() => {
        stderr.write(`${tone === 'plain' ? text : styleText(STYLES[tone], text, { stream: stderr })}\n`);
      });
    },
    data: (text) => {
      pinned.around(() => void stdout.write(`${stdout.isTTY ? harmless(text) : text}\n`));
    },
    isWatched: () => stdout.isTTY,
    width: () => {
      // Without talk on a terminal the lines are those of the data.
      const shown = [stderr, stdout].find((stream) => stream.isTTY);
      return shown === undefined ? FILE_WIDTH : Math.max(shown.columns || FILE_WIDTH, NARROWEST);
    },
    columns: () => (rewrites ? stderr.columns || undefined : undefined),
    pin: (line) => {
      if (rewrites) pinned.set(line);
    },
  };
}

/** The last line of a terminal: taken away before anything is written above it, and put back after. */
function createPinnedLine(stream: WriteStream): {
  set(line: (() => string) | undefined): void;
  around(write: () => void): void;
} {
  let line: (() => string) | undefined;
  let drawn = 0;
  const erase = (): void => {
    if (drawn === 0) return;
    // A terminal that became narrower has wrapped it.
    moveCursor(stream, 0, 1 - Math.ceil(drawn / Math.max(stream.columns, 1)));
    cursorTo(stream, 0);
    clearScreenDown(stream);
    drawn = 0;
  };
  const draw = (): void => {
    if (line === undefined) return;
    const text = harmless(line());
    stream.write(text);
    drawn = text.length;
  };
  const around = (write: () => void): void => {
    erase();
    write();
    draw();
  };
  return {
    around,
    set: (next) =>
      around(() => {
        line = next;
      }),
  };
}
