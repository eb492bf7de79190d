import { Counter, Histogram, type Registry } from 'prom-client';
import { MICRO_USD } from '../../domain/run/budget.ts';
import type { EndedRun } from '../../domain/run/ended-run.ts';
import { COST_BUCKETS, RUN_BUCKETS } from './registry.ts';

/** What is counted where something ends. */
export interface EndingMetrics {
  /** A whole task, or run of a step, with all its slices and waits. */
  taskEnded(kind: 'task' | 'step', outcome: 'completed' | 'failed', seconds: number): void;
  /** An end that this worker wrote. */
  ended(run: EndedRun): void;
}

export function createEndingMetrics(registry: Registry): EndingMetrics {
  const registers = [registry];
  const tasks = new Histogram({
    name: 'muster_task_duration_seconds',
    help: 'From the start of a task of a crew, or a run of a step of a flow, to its end, over all its slices and waits.',
    labelNames: ['kind', 'outcome'],
    buckets: RUN_BUCKETS,
    registers,
  });
  const runs = new Histogram({
    name: 'muster_execution_duration_seconds',
    help: 'From the start of an execution to its end.',
    labelNames: ['kind', 'status'],
    buckets: RUN_BUCKETS,
    registers,
  });
  const costs = new Histogram({
    name: 'muster_execution_cost_usd',
    help: 'What executions have cost that asked models with a price only.',
    labelNames: ['kind', 'status'],
    buckets: COST_BUCKETS,
    registers,
  });
  const ends = new Counter({
    name: 'muster_executions_ended_total',
    help: 'Ends of executions that this worker wrote, those of retried ones too.',
    labelNames: ['kind', 'status'],
    registers,
  });
  return {
    taskEnded: (kind, outcome, seconds) => tasks.observe({ kind, outcome }, Math.max(seconds, 0)),
    ended({ kind, status, startedAt, completedAt, costMicroUsd: cost }) {
      ends.inc({ kind, status });
      runs.observe({ kind, status }, Math.max(completedAt - startedAt, 0) / 1000);
      if (cost !== null) costs.observe({ kind, status }, cost / MICRO_USD);
    },
  };
}
