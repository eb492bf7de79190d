import { Histogram, type Registry } from 'prom-client';
import type { ComputingSettings } from '../../computing/computing.ts';
import { REQUEST_BUCKETS } from './registry.ts';

/** Counts what is computed on what users supplied, in processes of its own. */
export function createComputingMetrics(registry: Registry): {
  computed: NonNullable<ComputingSettings['observe']>;
} {
  const durations = new Histogram({
    name: 'muster_computation_duration_seconds',
    help: 'How long expressions, schemas, documents and files of users were computed on, by how it ended.',
    labelNames: ['computation', 'outcome'],
    buckets: REQUEST_BUCKETS,
    registers: [registry],
  });
  return {
    computed: (computation, outcome, seconds) => durations.observe({ computation, outcome }, seconds),
  };
}
