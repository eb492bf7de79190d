import { Counter, Histogram, Registry } from 'prom-client';
import { ModelFailure, type Model, type ModelReply, type Models } from '../../models/model.ts';
import { costMicroUsd, type ModelPrices } from '../../models/prices.ts';
import { MICRO_USD } from '../../domain/run/budget.ts';
import { createEndingMetrics, type EndingMetrics } from './ending-metrics.ts';
import type { ComputingSettings } from '../../computing/computing.ts';
import { createComputingMetrics } from './computing-metrics.ts';
import { LONG_BUCKETS } from './registry.ts';

/** What one worker process counts. */
export interface WorkerMetrics extends EndingMetrics {
  registry: Registry;
  /** What was computed for a user has ended. */
  computed: NonNullable<ComputingSettings['observe']>;
  /** The same models, each call timed and counted. */
  watched(models: Models, prices: ModelPrices): Models;
  /** Times one hand-out of a task or a step of a flow. @param outcome what it came back with */
  handOut<T extends { kind: string }>(kind: 'task' | 'step', work: () => Promise<T>): Promise<T>;
  /** The first claim of a run: how long it has waited since it was accepted. */
  started(kind: string, waitedSeconds: number): void;
  /** A task or a step that is set aside: workers have died in it. */
  setAside(kind: 'task' | 'step'): void;
}

/** Models whose names plans make up are one beyond these, so that nobody's plan grows the list without end. */
const MOST_MODELS = 100;

export function createWorkerMetrics(): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const calls = new Histogram({
    name: 'muster_model_call_duration_seconds',
    help: 'How long calls to models took.',
    labelNames: ['model', 'outcome'],
    buckets: LONG_BUCKETS,
    registers,
  });
  const tokens = new Counter({
    name: 'muster_tokens_total',
    help: 'Tokens that models reported, as prompt and completion.',
    labelNames: ['model', 'type'],
    registers,
  });
  const handOuts = new Histogram({
    name: 'muster_task_slice_duration_seconds',
    help: 'How long a worker held a task of a crew or a step of a flow; a long one comes in several slices.',
    labelNames: ['kind', 'outcome'],
    buckets: LONG_BUCKETS,
    registers,
  });
  const waited = new Histogram({
    name: 'muster_queue_latency_seconds',
    help: 'From an execution’s acceptance until a worker took it up.',
    labelNames: ['kind'],
    buckets: LONG_BUCKETS,
    registers,
  });
  const setAside = new Counter({
    name: 'muster_tasks_set_aside_total',
    help: 'Tasks of crews and steps of flows that were set aside because workers died in them, again and again.',
    labelNames: ['kind'],
    registers,
  });
  const spent = new Counter({
    name: 'muster_model_cost_usd_total',
    help: 'What calls to models have cost that have a price.',
    labelNames: ['model'],
    registers,
  });
  const names = new Set<string>();
  const labelOf = (name: string): string => {
    if (names.size < MOST_MODELS) names.add(name);
    return names.has(name) ? name : 'other';
  };
  const counted = (prices: ModelPrices, name: string, reply: ModelReply): void => {
    const model = labelOf(name);
    tokens.inc({ model, type: 'prompt' }, reply.usage.promptTokens);
    tokens.inc({ model, type: 'completion' }, reply.usage.completionTokens);
    const cost = costMicroUsd(prices.of(name), reply.usage);
    if (cost !== null) spent.inc({ model }, cost / MICRO_USD);
  };
  return {
    registry,
    ...createComputingMetrics(registry),
    watched: (models, prices) =>
      watchModels(
        models,
        (name, reply) => counted(prices, name, reply),
        (name, outcome, seconds) => calls.observe({ model: labelOf(name), outcome }, seconds),
      ),
    async handOut(kind, work) {
      const startedAt = performance.now();
      let outcome = 'broken';
      try {
        const result = await work();
        outcome = result.kind;
        return result;
      } finally {
        handOuts.observe({ kind, outcome }, secondsSince(startedAt));
      }
    },
    setAside: (kind) => setAside.inc({ kind }),
    started: (kind, seconds) => waited.observe({ kind }, Math.max(seconds, 0)),
    ...createEndingMetrics(registry),
  };
}

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;

function watchModels(
  models: Models,
  replied: (name: string, reply: ModelReply) => void,
  ended: (name: string, outcome: string, seconds: number) => void,
): Models {
  const watch = (model: Model): Model => ({
    name: model.name,
    async complete(request, options) {
      const startedAt = performance.now();
      let outcome = options.signal.aborted ? 'stopped' : 'failed';
      try {
        const reply = await model.complete(request, options);
        outcome = 'completed';
        replied(model.name, reply);
        return reply;
      } catch (error) {
        if (error instanceof ModelFailure) outcome = error.kind;
        else if (options.signal.aborted) outcome = 'stopped';
        throw error;
      } finally {
        ended(model.name, outcome, secondsSince(startedAt));
      }
    },
  });
  return {
    get demoStandsIn() {
      return models.demoStandsIn;
    },
    resolve: (name) => watch(models.resolve(name)),
    embedder: (name) => models.embedder(name),
  };
}
