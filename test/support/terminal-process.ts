import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childEnvironment, settingsSchema } from '../../src/config.ts';
import { COMPILE_CACHE } from './cli-process.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A command line at work on a pseudo-terminal. */
export interface TerminalCli {
  /** All that the terminal was sent, with what steers it; lines end in `\r\n`. */
  sent(): string;
  /** What stands on the screen, and all that has scrolled out of it. */
  screen(): string[];
  /** Key presses: `\r` is Enter, CTRL_C is Ctrl-C. */
  press(keys: string): void;
  /** The exit code. */
  ended: Promise<number | null>;
}

export const CTRL_C = '\u0003';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Runs `muster …` on a pseudo-terminal of its own (util-linux `script`), with only the given settings. */
export function runOnTerminal(
  args: readonly string[],
  settings: Record<string, string | undefined>,
  options: { rows?: number; columns?: number; stdoutTo?: string; stderrTo?: string } = {},
): TerminalCli {
  const { rows = 24, columns = 80, stdoutTo, stderrTo } = options;
  const command = [process.execPath, MAIN, ...args].map(quoted).join(' ');
  const redirects = [
    ...(stdoutTo === undefined ? [] : [`>${quoted(stdoutTo)}`]),
    ...(stderrTo === undefined ? [] : [`2>${quoted(stderrTo)}`]),
  ].join(' ');
  const none = Object.fromEntries(Object.keys(settingsSchema.shape).map((name) => [name, '']));
  const child = spawn(
    'script',
    ['-qec', `stty rows ${rows} cols ${columns}; exec ${command} ${redirects}`, '/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: childEnvironment({
        ...none,
        ...COMPILE_CACHE,
        NODE_OPTIONS: '',
        FORCE_COLOR: undefined,
        NO_COLOR: undefined,
        NODE_DISABLE_COLORS: undefined,
        CI: undefined,
        SHELL: '/bin/sh',
        TERM: 'xterm-256color',
        ...settings,
      }),
    },
  );
  let sent = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (sent += part));
  return {
    sent: () => sent,
    screen: () => screenOf(sent, columns),
    press: (keys) => void child.stdin.write(keys),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        child.stdin.destroy();
        resolve(code);
      });
    }),
  };
}

const ESCAPE = '\u001B[';
const STEERING = /\[([\d;?]*)([A-Za-z])$/;
const PIECES = new RegExp(`${ESCAPE.replace('[', '\\[')}[\\d;?]*[A-Za-z]|[^]`, 'gu');

/** As much of a terminal as the command line uses; anything else it may not send. */
function screenOf(sent: string, columns: number): string[] {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  const lineAt = (at: number): string[] => (lines[at] ??= []);
  for (const [piece] of sent.matchAll(PIECES)) {
    const steering = piece.startsWith(ESCAPE) ? STEERING.exec(piece) : null;
    const count = Number(steering?.[1]) || 1;
    if (piece === '\n') row += 1;
    else if (piece === '\r') column = 0;
    else if (steering?.[2] === 'm') continue;
    else if (steering?.[2] === 'G') column = count - 1;
    else if (steering?.[2] === 'A') row = Math.max(0, row - count);
    else if (steering?.[2] === 'J') {
      lineAt(row).length = Math.min(lineAt(row).length, column);
      lines.length = row + 1;
    } else if (/\p{Cc}/u.test(piece[0] ?? ''))
      throw new Error(`the terminal was sent ${JSON.stringify(piece)}`);
    else {
      if (column === columns) [row, column] = [row + 1, 0];
      lineAt(row)[column] = piece;
      column += 1;
    }
    lineAt(row);
  }
  return Array.from(lines, (line) => Array.from(line ?? [], (one) => one ?? ' ').join(''));
}
