import { runCli } from './cli-process.ts';

/** How a command has ended. */
export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Commands that were run by a test, for the question whether any was left out. */
export interface CommandRecord {
  /** Runs `muster …` in a pipe, to its end. */
  run(args: readonly string[], settings: Record<string, string>, input?: string): Promise<Ended>;
  /** Takes down one that was run otherwise. */
  note(args: readonly string[], ended: Ended): void;
  /** @returns each code that was seen */
  codes(): number[];
  /**
   * @param completions what `muster completions bash` prints: every command there is with its flags
   * @returns what has not been seen of each command: that it ends well, and with `--json` prints JSON and nothing else
   */
  unseen(completions: string): string[];
}

export function createCommandRecord(): CommandRecord {
  const seen: { words: string; isJson: boolean; ended: Ended }[] = [];
  const note: CommandRecord['note'] = (args, ended) => {
    const words = args.filter((arg) => !arg.startsWith('-')).join(' ');
    seen.push({ words: `${words} `, isJson: args.includes('--json'), ended });
  };
  return {
    note,
    async run(args, settings, input) {
      const cli = runCli(args, settings, input);
      const ended = { code: await cli.ended, out: cli.stdout(), err: cli.stderr() };
      note(args, ended);
      return ended;
    },
    codes: () => [...new Set(seen.map(({ ended }) => ended.code ?? -1))].sort((a, b) => a - b),
    unseen: (completions) =>
      commandsIn(completions).flatMap(({ command, flags }) => {
        const well = seen.filter(({ words, ended }) => words.startsWith(`${command} `) && ended.code === 0);
        const json = well.filter(({ isJson }) => isJson);
        return [
          ...(well.length === 0 ? [`${command}: never ended with 0`] : []),
          ...(flags.includes('--json') && json.length === 0 ? [`${command} --json: never ended with 0`] : []),
          ...json
            .filter(({ ended }) => !isJsonText(ended.out))
            .map(({ ended }) => `${command} --json: printed ${JSON.stringify(ended.out.slice(0, 80))}`),
        ];
      }),
  };
}

/** Those that do something: what only groups others has their names among its words. */
function commandsIn(completions: string): { command: string; flags: string[] }[] {
  return [...completions.matchAll(/^ +"([^"]+)"\) words="([^"]*)"/gm)]
    .map(([, command = '', words = '']) => ({ command, flags: words.split(' ').filter(Boolean) }))
    .filter(({ flags }) => flags.every((word) => word.startsWith('--')));
}

/** One JSON text, or one on each line. */
function isJsonText(text: string): boolean {
  return isJson(text) || (text !== '' && text.trimEnd().split('\n').every(isJson));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
