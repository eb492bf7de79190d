import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ComputingSettings } from '../../computing/computing.ts';
import { createComputingMetrics } from './computing-metrics.ts';
import { REQUEST_BUCKETS } from './registry.ts';

/** What one API process counts by itself. */
export interface ApiMetrics {
  registry: Registry;
  /** What was computed for a user has ended. */
  computed: NonNullable<ComputingSettings['observe']>;
  /** An answer has ended. @param seconds left out for what lasts as long as its reader likes */
  answered(request: { method: string; route: string; status: number; seconds?: number }): void;
  /** Somebody reads a stream. @returns to be called once, when the reader is gone */
  reading(transport: 'sse' | 'websocket'): () => void;
}

export function createApiMetrics(): ApiMetrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'muster_http_requests_total',
    help: 'Requests answered, by route as the API document writes it.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'muster_http_request_duration_seconds',
    help: 'How long requests took, streams apart.',
    labelNames: ['method', 'route'],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const readers = new Gauge({
    name: 'muster_stream_readers',
    help: 'Open event streams and WebSockets of this process.',
    labelNames: ['transport'],
    registers,
  });
  readers.set({ transport: 'sse' }, 0);
  readers.set({ transport: 'websocket' }, 0);
  return {
    registry,
    ...createComputingMetrics(registry),
    answered({ method, route, status, seconds }) {
      requests.inc({ method, route, status });
      if (seconds !== undefined) durations.observe({ method, route }, seconds);
    },
    reading(transport) {
      readers.inc({ transport });
      return () => readers.dec({ transport });
    },
  };
}
