/** Events of all executions at once. */
interface Burst {
  /** Until the last reader had the last of them. */
  ms: number;
  /** Processor time of the process that wrote them. */
  usedMs: number;
  frames: number;
}

/** What was measured. */
export interface StreamResults {
  sse: number;
  sockets: number;
  executions: number;
  /** API and bare loop on one processor, the readers on another. */
  pinned: boolean;
  openSeconds: number;
  /** Of the API process, in MiB. */
  memory: { before: number; withReaders: number; most: number };
  steady: { frames: number; lagMs: { p50: number; p99: number; most: number } };
  ours: Burst;
  bare: Burst;
  /** Events that were not the next one of their log, or connections that broke. */
  wrong: number;
  /** Of the machine over the last minute. */
  load: number;
}

const rate = ({ ms, frames }: Burst): number => (frames / ms) * 1000;
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

/** The results as Markdown. */
export function renderStreams(results: StreamResults): string {
  const { sse, sockets, executions, memory, steady, ours, bare, wrong } = results;
  const perReader = ((memory.withReaders - memory.before) * 1024) / (sse + sockets);
  const rows: [string, string][] = [
    ['events out of order, missed or seen twice', String(wrong)],
    ['opening all readers (login checked, snapshot sent)', `${results.openSeconds.toFixed(1)} s`],
    [
      'memory of the API before, with all readers, at most',
      `${whole(memory.before)}, ${whole(memory.withReaders)}, ${whole(memory.most)} MiB`,
    ],
    ['memory for each reader', `${perReader.toFixed(1)} KiB`],
    [
      `an event a second for each execution: ${whole(steady.frames)} frames, from the event to its reader`,
      `p50 ${steady.lagMs.p50} ms, p99 ${steady.lagMs.p99} ms, most ${steady.lagMs.most} ms`,
    ],
    [
      `all at once, out of PostgreSQL: ${whole(ours.frames)} frames`,
      `${whole(ours.ms)} ms (${whole(ours.usedMs)} ms of processor), ${whole(rate(ours))} a second`,
    ],
    [
      'a bare loop that writes the same to as many connections',
      `${whole(bare.ms)} ms (${whole(bare.usedMs)} ms of processor), ${whole(rate(bare))} a second`,
    ],
    ['ours to the bare loop, frames a second', (rate(ours) / rate(bare)).toFixed(2)],
    ['the same by processor time of the writer alone', (bare.usedMs / ours.usedMs).toFixed(2)],
  ];
  return [
    `${whole(sse)} SSE and ${whole(sockets)} WebSocket readers on ${executions} live executions`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([what, value]) => `| ${what} | ${value} |`),
    '',
    `${results.pinned ? 'API and bare loop on one processor, all readers on another (one process, which is part of every figure).' : 'Nothing was pinned to a processor.'} Load of the machine over the last minute: ${results.load.toFixed(1)}.`,
    '',
  ].join('\n');
}
