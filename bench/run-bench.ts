import type { Say } from '../src/embedded/service.ts';
import {
  compare,
  overheadPerTask,
  runsPerSecond,
  startToFirstCall,
  type Comparison,
  type Setting,
} from './compare.ts';
import { measureCounters, type Counters } from './counters.ts';
import { watchOthers } from './processor-time.ts';
import { measureGraphValidation, type GraphValidation } from './graph-validation.ts';
import { createFloor, type Floor } from './floor.ts';
import type { BenchOptions, Form } from './options.ts';
import { CREWAI_VERSION, installCrewAi, startCrewAi, type CrewAiSide } from './sides/crewai-side.ts';
import type { Side } from './sides/side.ts';
import { startBenchStack, type BenchStack, type Undo } from './stack/bench-stack.ts';
import { seededRandom } from './statistics.ts';
import { measureNotify, measureStreamLag, type Lag, type StreamLag } from './stream-lag.ts';

/** All that was measured. */
export interface BenchResults {
  sequential: Comparison;
  throughput: Comparison;
  firstTask: Comparison;
  streams: StreamLag[];
  notify: Lag;
  counters: Counters;
  validation: GraphValidation;
  floor: ReturnType<Floor['summary']>;
  probes: number;
  /** Share of all processors (0 to 1) that went to programs other than the bench's; null where the system does not say. */
  othersShare: number | null;
  crewai: { version: string; sequential: Comparison; throughput: Comparison } | null;
  versions: BenchStack['versions'];
}

/** What is measured, up and running. */
export interface Bench {
  stack: BenchStack;
  crewai: CrewAiSide | null;
  floor: Floor;
}

/** Brings everything up. What is up is in `undo` at every moment, also when this throws. */
export async function bringUp(
  options: BenchOptions,
  { say, undo, signal }: { say: Say; undo: Undo; signal: AbortSignal },
): Promise<Bench> {
  const python = options.crewai ? await installCrewAi(say, signal) : null;
  say('Starting PostgreSQL, Temporal, API, worker, model and peer …');
  const stack = await startBenchStack(say, undo, signal);
  const crewai = python === null ? null : await startCrewAi(python, stack.model, stack.dataDir);
  if (crewai !== null) undo.push(() => crewai.stop());
  const floor = await createFloor(stack);
  undo.push(() => floor.close());
  signal.throwIfAborted();
  return { stack, crewai, floor };
}

/** Measures. @throws when a run does not end well or the model was asked too often or too seldom. */
export async function runBench(
  { stack, crewai, floor }: Bench,
  options: BenchOptions,
  say: Say,
): Promise<BenchResults> {
  const { form } = options;
  const setting: Setting = {
    model: stack.model,
    random: seededRandom(options.seed),
    between: () => floor.probe(),
  };
  const others = await watchOthers();
  await warmUp(stack, crewai, form, say);

  const { ours, peer } = stack;
  const figures = {
    sequential: await step(say, 'sequential tasks', () => sequential(setting, { ours, peer }, form)),
    throughput: await step(say, 'throughput', () => throughput(setting, { ours, peer }, form)),
    firstTask: await step(say, 'start to first call', () =>
      compare(setting, { ours, peer }, form.firstTaskBlocks, startToFirstCall(setting)),
    ),
    ...(await step(say, 'event streams', () => streams(stack, form))),
    validation: await step(say, 'graph validation', () =>
      measureGraphValidation(stack.api, form.validations),
    ),
    counters: await step(say, 'counters', () => measureCounters(stack, form.countedRuns, form.countsReads)),
  };
  const beside =
    crewai === null
      ? null
      : {
          version: CREWAI_VERSION,
          sequential: await step(say, 'sequential tasks beside crewai', () =>
            sequential(setting, { ours, peer: crewai }, form),
          ),
          throughput: await step(say, 'throughput beside crewai', () =>
            throughput(setting, { ours, peer: crewai }, form),
          ),
        };
  await floor.probe();
  return {
    ...figures,
    floor: floor.summary(),
    probes: floor.probes.length,
    othersShare: await others(),
    crewai: beside,
    versions: stack.versions,
  };
}

const sequential = (setting: Setting, sides: { ours: Side; peer: Side }, form: Form): Promise<Comparison> =>
  compare(setting, sides, form.sequentialBlocks, overheadPerTask(setting, form.runsPerSlice));

const throughput = (setting: Setting, sides: { ours: Side; peer: Side }, form: Form): Promise<Comparison> =>
  compare(setting, sides, form.throughputBlocks, runsPerSecond(setting, form.throughputSeconds));

async function streams(stack: BenchStack, form: Form): Promise<{ streams: StreamLag[]; notify: Lag }> {
  const notify = await measureNotify(stack.databaseUrl, form.notifyRounds);
  const measured: StreamLag[] = [];
  for (const readers of form.readers) measured.push(await measureStreamLag(stack, readers, form.streamRuns));
  return { streams: measured, notify };
}

/** Compiled code, filled caches, open connections: on every side alike. */
async function warmUp(stack: BenchStack, crewai: CrewAiSide | null, form: Form, say: Say): Promise<void> {
  say('Warming up …');
  for (const side of [stack.ours, stack.peer, crewai]) {
    if (side === null) continue;
    if (form.warmUpSeconds > 0) await side.loop({ seconds: form.warmUpSeconds, concurrency: 20, tasks: 3 });
    await side.run(10);
  }
  await stack.model.settle();
}

async function step<T>(say: Say, what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  say(`Measuring ${what} …`);
  const result = await work();
  say(`  done (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  return result;
}
