import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { listenForStop } from '../../src/embedded/stop-signals.ts';
import { measuredCommit, recordSections, RESULTS_FILE, watchRun } from '../results-file.ts';
import { startBenchStack, type Undo } from '../stack/bench-stack.ts';
import { measureShape, type TaskCost } from './measure.ts';
import { SHAPES, type Shape } from './shapes.ts';

/**
 * `npm run bench:scale [most tasks] [shape …]`: what a task costs in graphs of 100, 1,000 and 10,000 tasks, with a model that
 * answers at once. Where 10,000 are it writes bench/results/<date>-scale.md and, all shapes measured, its section of
 * bench/RESULTS.md.
 */

const SIZES = [
  { tasks: 100, runs: 5 },
  { tasks: 1_000, runs: 1 },
  { tasks: 10_000, runs: 1 },
] as const;
const AIM = 1.2;

const say = (line: string): void => console.error(line);
const total = ({ cpu }: TaskCost): number =>
  cpu === null ? Number.NaN : Object.values(cpu).reduce((sum, ms) => sum + ms, 0);

const row = (cost: TaskCost): string =>
  [
    '',
    cost.shape,
    cost.tasks.toLocaleString('en'),
    cost.runs,
    cost.ms.toFixed(1),
    cost.events.toFixed(2),
    cost.temporalRuns.toFixed(0),
    ...['worker', 'API', 'PostgreSQL', 'Temporal'].map((name) => (cost.cpu?.[name] ?? Number.NaN).toFixed(2)),
    total(cost).toFixed(1),
    cost.startMs.toFixed(0),
    '',
  ].join(' | ');

function ratios(costs: readonly TaskCost[]): string[] {
  return SHAPES.flatMap((shape) => {
    const ofSize = (tasks: number) => costs.find((cost) => cost.shape === shape && cost.tasks === tasks);
    const [small, large] = [ofSize(100), ofSize(10_000)];
    if (small === undefined || large === undefined) return [];
    const [events, cpu] = [large.events / small.events, total(large) / total(small)];
    const met = events <= AIM && cpu <= AIM ? 'met' : 'missed';
    return [`- ${shape}: events × ${events.toFixed(2)}, processor time × ${cpu.toFixed(2)} (${met})`];
  });
}

/** The section of bench/RESULTS.md. */
const section = (costs: readonly TaskCost[], run: string): string =>
  [
    '## What a task costs in long graphs',
    '',
    `${run} [All figures](results/${basename(file)}).`,
    '',
    `A task of a graph of 10,000 against one of 100, by Temporal events and by processor time of all processes; the aim is at most × ${AIM}:`,
    '',
    ...ratios(costs),
    '',
  ].join('\n');

function report(
  costs: readonly TaskCost[],
  facts: { commit: string; load: number; seconds: number },
): string {
  const names = ['worker', 'API', 'PostgreSQL', 'Temporal'];
  return [
    '# What a task costs in long graphs',
    '',
    `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${facts.commit}, ` +
      `${availableParallelism()} cores, load ${facts.load.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} after, ` +
      `${facts.seconds.toFixed(0)} s in all. \`npm run bench:scale\`.`,
    '',
    'One run at a time over HTTP; every task is one model call, answered at once by a process of its own; contexts are explicit. ' +
      'Times and processor times are milliseconds a task; events are those of all Temporal runs of an execution, ' +
      'runs how many of them there were. `start` is the answer time of `POST /graphs/{id}/execute`, once a run.',
    '',
    `| shape | tasks | measured | ms | events | Temporal runs | ${names.join(' | ')} | processor in all | start |`,
    `|---|${'---:|'.repeat(10)}`,
    ...costs.map((cost) => row(cost).trim()),
    '',
    `A task of 10,000 against one of 100; the aim is at most × ${AIM}:`,
    '',
    ...ratios(costs),
    '',
  ].join('\n');
}

const file = fileURLToPath(
  new URL(`../results/${new Date().toISOString().slice(0, 10)}-scale.md`, import.meta.url),
);
const [most = '10000', ...wanted] = process.argv.slice(2);
const shapes = SHAPES.filter((shape) => wanted.length === 0 || wanted.includes(shape));
const isShape = (name: string): name is Shape => SHAPES.some((shape) => shape === name);
if (!(Number(most) >= 100) || !wanted.every(isShape)) {
  say(`Usage: npm run bench:scale -- [most tasks, at least 100] [${SHAPES.join('|')} …]`);
  process.exit(2);
}
const { stop } = listenForStop();
const undo: Undo = [];
let code = 0;
const begunAt = performance.now();
const load = loadavg()[0] ?? 0;
try {
  const describeRun = await watchRun('npm run bench:scale');
  const commit = await measuredCommit();
  const stack = await startBenchStack(say, undo, stop);
  await measureShape(stack, 'layered', 100, 2);
  const costs: TaskCost[] = [];
  for (const { tasks, runs } of SIZES.filter((size) => size.tasks <= Number(most))) {
    for (const shape of shapes) {
      stop.throwIfAborted();
      const cost = await measureShape(stack, shape, tasks, runs);
      say(row(cost));
      costs.push(cost);
      const seconds = (performance.now() - begunAt) / 1000;
      const text = report(costs, { commit, load, seconds });
      // After each: an hour's figures are not to be lost with the last of them.
      if (tasks === 10_000)
        await writeFile(file, await format(text, { ...(await resolveConfig(file)), parser: 'markdown' }));
    }
  }
  if (ratios(costs).length === SHAPES.length)
    await recordSections(section(costs, await describeRun()), RESULTS_FILE);
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  code = 1;
}
for (const end of undo.splice(0).toReversed()) await end();
process.exit(code);
