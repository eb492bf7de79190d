import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { z } from 'zod';
import { aborted } from '../src/embedded/role-process.ts';
import { listenForStop } from '../src/embedded/stop-signals.ts';
import { readOptions, USAGE, type BenchOptions } from './options.ts';
import { renderReport, type Circumstances } from './report.ts';
import { measuredCommit, recordSections, RESULTS_FILE } from './results-file.ts';
import { bringUp, runBench, type BenchResults } from './run-bench.ts';
import type { Undo } from './stack/bench-stack.ts';

/** `npm run bench`: measures Muster beside stock Temporal and writes its sections of bench/RESULTS.md. */

const say = (line: string): void => console.error(line);

async function circumstances(
  options: BenchOptions,
  begun: { load: number; at: number; commit: string },
): Promise<Circumstances> {
  const sdk: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json');
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
    commit: begun.commit,
    form: options.form.name,
    seed: options.seed,
    cores: availableParallelism(),
    memoryGiB: totalmem() / 2 ** 30,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    temporalSdk: z.object({ version: z.string() }).parse(sdk).version,
    load: { before: begun.load, after: loadavg()[0] ?? 0 },
    seconds: (performance.now() - begun.at) / 1000,
  };
}

/** Ends everything that was started, the last first. What fails is said and does not keep the rest from ending. */
async function takeDown(undo: Undo): Promise<void> {
  for (const end of undo.splice(0).toReversed()) {
    try {
      await end();
    } catch (error) {
      say(`while stopping: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** The start is not cut off, or nobody would know what is half up; it looks at `stop` itself. */
async function measure(options: BenchOptions, undo: Undo, stop: AbortSignal): Promise<BenchResults | null> {
  const bench = await bringUp(options, { say, undo, signal: stop });
  const stopped = aborted(stop).then(() => null);
  return Promise.race([runBench(bench, options, say), stopped]);
}

let options: BenchOptions;
try {
  options = readOptions(process.argv.slice(2), RESULTS_FILE);
} catch (error) {
  say(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}
const { stop } = listenForStop();
const undo: Undo = [];
let code = 0;
const begun = { load: loadavg()[0] ?? 0, at: performance.now(), commit: await measuredCommit() };
try {
  const results = await measure(options, undo, stop);
  if (results !== null) {
    const report = renderReport(results, await circumstances(options, begun));
    console.log(report);
    if (options.out !== null) await recordSections(report, options.out);
    if (options.json !== null) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
  }
} catch (error) {
  if (!stop.aborted) say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  code = 1;
}
if (stop.aborted) {
  say('Stopping …');
  code = 130;
}
await takeDown(undo);
process.exit(code);
