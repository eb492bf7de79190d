import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startChild, type BenchChild } from './child.ts';
import { fakeModelAnswer, type FakeModelCommand, type RunMark } from './fake-model-protocol.ts';

/** The model that all sides call, and the witness of what they called. */
export interface FakeModel {
  /** Ends in `/v1`. */
  url: string;
  child: BenchChild;
  /** Announces a run. @returns its name, to be put into every prompt of it. */
  expect(tasks: number): string;
  /** Takes an announcement back: the run was not begun. */
  withdraw(run: string): void;
  /**
   * Takes what was seen since the last time.
   * @throws when a run was not asked exactly as often as it has tasks: such figures are worth nothing
   */
  settle(): Promise<Map<string, RunMark>>;
  /** Holds answers back until `release`. */
  hold(): Promise<void>;
  release(): Promise<void>;
  /** How long an answer takes from now on. */
  delay(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startFakeModel(dataDir: string, port: number): Promise<FakeModel> {
  const child = await startChild({
    name: 'fake-model',
    file: fileURLToPath(new URL('../processes/fake-model.ts', import.meta.url)),
    args: [String(port)],
    dataDir,
  });
  let expected = new Map<string, number>();
  let runs = 0;
  let last: Promise<unknown> = Promise.resolve();
  const send = async (command: FakeModelCommand): Promise<RunMark[]> => {
    const answer = once(child.process, 'message');
    child.process.send(command);
    const message: unknown = (await answer)[0];
    return fakeModelAnswer.parse(message).marks;
  };
  /** One command at a time: answers carry no name. */
  const tell = (command: FakeModelCommand): Promise<RunMark[]> => {
    const next = last.then(() => send(command));
    last = next.catch(() => undefined);
    return next;
  };
  return {
    url: `http://127.0.0.1:${port}/v1`,
    child,
    expect(tasks) {
      runs += 1;
      const run = `bench-run-${runs.toString(36)}`;
      expected.set(run, tasks);
      return run;
    },
    withdraw: (run) => void expected.delete(run),
    async settle() {
      const marks = new Map((await tell({ kind: 'take' })).map((mark) => [mark.run, mark]));
      const wanted = expected;
      expected = new Map();
      for (const [run, tasks] of wanted) {
        const asked = marks.get(run)?.askedUs.length ?? 0;
        if (asked !== tasks) throw new Error(`${run} has ${tasks} tasks, the model was asked ${asked} times`);
      }
      const strangers = [...marks.keys()].filter((run) => !wanted.has(run));
      if (strangers.length > 0)
        throw new Error(`the model was asked for unknown runs: ${strangers.join(', ')}`);
      return marks;
    },
    hold: async () => void (await tell({ kind: 'hold' })),
    release: async () => void (await tell({ kind: 'release' })),
    delay: async (ms) => void (await tell({ kind: 'delay', ms })),
    stop: () => child.stop(),
  };
}
