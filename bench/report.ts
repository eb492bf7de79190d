import type { Comparison } from './compare.ts';
import type { Counters, PerTask } from './counters.ts';
import type { BenchResults } from './run-bench.ts';
import { median, percentile } from './statistics.ts';
import type { Lag } from './stream-lag.ts';

/** Where and when a report was made. Nothing in it names the machine or its folders. */
export interface Circumstances {
  date: string;
  /** As it was when the run began. */
  commit: string;
  form: string;
  seed: number;
  cores: number;
  memoryGiB: number;
  processor: string;
  system: string;
  node: string;
  temporalSdk: string;
  /** Load averages of the last minute, before and after. */
  load: { before: number; after: number };
  seconds: number;
}

const number = (value: number, digits = 1): string => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const spread = (values: readonly number[], digits = 1): string =>
  `${number(median(values), digits)} (${number(percentile(values, 0.1), digits)}–${number(percentile(values, 0.9), digits)})`;

const ratioCell = ({ ratio, ours }: Comparison): string =>
  `**${number(ratio.median, 2)}** (${number(ratio.low, 2)}–${number(ratio.high, 2)}), n = ${ours.length}`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** The report as Markdown, ratios first. Pure. */
export function renderReport(results: BenchResults, at: Circumstances): string {
  const parts = [
    '# Bench results',
    `${at.date}, commit ${at.commit}. \`npm run bench\` (${at.form} form, seed ${at.seed}, ${Math.round(at.seconds)} s): every figure is from this one run, but for sections that name a command of their own.`,
    circumstances(results, at),
    '## Beside stock Temporal',
    ratios(results),
    '## Event streams',
    streams(results),
    '## Graph validation',
    validation(results),
    '## Counters',
    counters(results.counters),
    ...(results.crewai === null
      ? []
      : [`## Beside crewai ${results.crewai.version}`, crewai(results.crewai)]),
    '## What the machine gave',
    floors(results),
    '## How it is measured',
    METHOD,
  ];
  return `${parts.join('\n\n')}\n`;
}

function circumstances({ versions, othersShare }: BenchResults, at: Circumstances): string {
  return [
    `- ${at.cores} cores (${at.processor}), ${number(at.memoryGiB, 0)} GiB, ${at.system}`,
    `- ${othersShare === null ? 'How busy other programs were is not known' : `Other programs had ${number(othersShare * 100, 0)} % of the processors while it measured`}; load average ${number(at.load.before)} before, ${number(at.load.after)} after (the bench itself is in the second)`,
    `- Node ${at.node}, Temporal server ${versions.temporalServer} with SQLite in a file, Temporal SDK ${at.temporalSdk}, PostgreSQL ${versions.postgres} (fsync on)`,
  ].join('\n');
}

function ratios({ sequential, throughput, firstTask }: BenchResults): string {
  const row = (what: string, aim: string, { ours, peer, ...rest }: Comparison, digits = 1): string[] => [
    what,
    ratioCell({ ours, peer, ...rest }),
    aim,
    spread(ours, digits),
    spread(peer, digits),
  ];
  const rows = [
    row('overhead per sequential task, ms', '≤ 1.5', sequential),
    row('three-task runs a second, 20 at once', '≥ 0.67', throughput),
    row('start sent → first model call, ms', '≤ 1.5', firstTask),
  ];
  return [
    'Ratio = Muster / stock Temporal on the same server in the same run: median of neighbouring pairs with its 95 % interval. Figures: median (10th–90th percentile).',
    table(['', 'ratio', 'aim', 'Muster', 'stock Temporal'], rows),
  ].join('\n\n');
}

function streams({ streams: measured, notify }: BenchResults): string {
  const cell = ({ p50, p99 }: Lag): string => `${number(p50)} / ${number(p99)}`;
  const rows = measured.flatMap(({ readers, fromReply, fromTimestamp }) => [
    [
      `${readers} ${readers === 1 ? 'reader' : 'readers'}`,
      cell(fromReply),
      cell(fromTimestamp),
      String(fromReply.frames),
    ],
  ]);
  return [
    `Milliseconds, p50 / p99. The floor, a bare NOTIFY from one connection to another: ${cell(notify)}.`,
    table(['', 'model’s answer sent → frame', 'event’s timestamp → frame', 'frames'], rows),
  ].join('\n\n');
}

const validation = ({ validation: { tasks, ms } }: BenchResults): string =>
  `\`POST /graphs/validate\` with ${tasks} tasks, ${ms.length} requests one after the other, from sending to the whole answer: ` +
  `median ${number(median(ms))} ms, 95th percentile ${number(percentile(ms, 0.95))} ms, slowest ${number(Math.max(...ms))} ms (aim ≤ 20 ms).`;

function counters({ commits, walBytes, transactions, history, cpu, loggedEvents }: Counters): string {
  const row = (what: string, { task, run }: PerTask, digits = 1): string[] => [
    what,
    number(task, digits),
    number(run, digits),
  ];
  const rows = [
    row('PostgreSQL transactions that write', commits),
    ...(transactions === null ? [] : [row('PostgreSQL transactions, reads included', transactions)]),
    row('PostgreSQL log (WAL), bytes', walBytes, 0),
    row('Temporal history events, Muster', history.ours.events),
    row('Temporal history events, stock', history.peer.events),
    row('Temporal history bytes, Muster', history.ours.bytes, 0),
    row('Temporal history bytes, stock', history.peer.bytes, 0),
    ...Object.entries(cpu?.ours ?? {}).map(([name, times]) => row(`processor ms, Muster: ${name}`, times)),
    ...Object.entries(cpu?.peer ?? {}).map(([name, times]) => row(`processor ms, stock: ${name}`, times)),
  ];
  return [
    `A chain of ten tasks writes ${loggedEvents} rows into the event log. Each cost split into what one more task adds and what a run costs beside its tasks.`,
    table(['', 'a task', 'a run'], rows),
  ].join('\n\n');
}

function crewai({ version, sequential, throughput }: NonNullable<BenchResults['crewai']>): string {
  const rows = [
    [
      'overhead per sequential task, ms',
      ratioCell(sequential),
      spread(sequential.ours),
      spread(sequential.peer),
    ],
    [
      'three-task runs a second, 20 at once',
      ratioCell(throughput),
      spread(throughput.ours),
      spread(throughput.peer),
    ],
  ];
  return [
    `crewai ${version} in one Python process with 20 threads, in memory: what it loses when it is killed, Muster keeps. The same crews, texts and model; its telemetry is off.`,
    table(['', 'ratio', 'Muster', 'crewai'], rows),
  ].join('\n\n');
}

function floors({ floor, probes }: BenchResults): string {
  const row = (
    what: string,
    { median: middle, low, high }: { median: number; low: number; high: number },
  ): string[] => [what, `${number(middle, 2)} (${number(low, 2)}–${number(high, 2)})`];
  return [
    `Milliseconds, median (10th–90th percentile) of ${probes} probes, one before each block. No block is left out of the figures above.`,
    table(
      ['', 'ms'],
      [
        row('8 KiB written and synced to the disk', floor.fsync),
        row('INSERT and COMMIT on one connection', floor.commit),
        row('gRPC `getSystemInfo` of Temporal', floor.grpc),
      ],
    ),
  ].join('\n\n');
}

const METHOD = `Everything runs on one machine, started fresh in a temporary folder: PostgreSQL, Temporal (SQLite file, settings of temporal-config/) and the worker as \`npm start\` runs them; an API process made of the same parts, whose only difference is the folder its crews come from; a chat-completions server that answers at once; and the peer.

- **Stock Temporal**: a worker with all options as they come, one plain workflow, one activity a task that asks the same model by \`fetch\` and returns its text into the history. Same server, same namespace, its own task queue. No API, no PostgreSQL, no event log, no pause, no budget.
- **Muster**: over HTTP with a bearer token; each task is leased, its model call recorded before and after, its events logged, all of it committed. The rate limit is off; the log level is \`info\`, into a file. Its model calls stream, the peer's do not.
- **Turns**: blocks of four slices, ABBA and BAAB alternating. A ratio is made of two neighbouring slices.
- **Overhead per sequential task**: (chain of ten − chain of one) / 9, medians within a slice. Muster's time runs from the row's \`created_at\` to its \`completed_at\`, the peer's from start to result: what differs there falls out in the subtraction.
- **Runs a second**: a closed loop; the first second (at most a quarter of the slice) is not counted.
- **Start → first call**: from sending \`POST /crew/start\` or \`client.workflow.start\` to the model's receiving the first request, one run at a time, monotonic clock.
- **Streams**: chains of ten with a model that takes 25 ms; readers have their snapshot before the first answer. All readers are in the bench's own process.
- **Checks**: after each slice the model must have been asked exactly once for each task, and each run must have ended as completed; otherwise the bench fails.
- The load generator shares the cores with what it measures, on both sides alike; Muster's ends are found by a query every 20 ms, the peer's by a waiting call.`;
