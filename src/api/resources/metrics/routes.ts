import { setTimeout as sleep } from 'node:timers/promises';
import { countRuns, type RunCounts } from '../../../persistence/repositories/run-counts.ts';
import { exposition, METRICS_CONTENT_TYPE, processMetrics } from '../../../telemetry/metrics/registry.ts';
import { runMetrics } from '../../../telemetry/metrics/run-metrics.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';

/** Prometheus gives up after 10 s by default; what the process itself knows must arrive before. */
const LOOK_MS = 3_000;

/** What Prometheus reads (contract §13). */
export const metricsRoutes = (
  engine: Pick<ApiServices, 'database' | 'logger' | 'metrics' | 'now' | 'system' | 'systemDatabase'>,
): AnyRoute[] => [
  defineRoute(
    {
      method: 'GET',
      path: '/metrics',
      operationId: 'getMetrics',
      tags: ['System'],
      summary: 'Metrics for Prometheus',
      description:
        'In Prometheus’ text format. Wants an admin’s credential, or `METRICS_TOKEN` as bearer token. Figures of runs are ' +
        'read from the database and the same whichever process is asked; requests, readers and connections are those of ' +
        'the process that answers. Workers serve their own (`WORKER_METRICS_ADDRESS`).',
      access: 'metrics',
      responses: { 200: { description: 'The metrics', file: METRICS_CONTENT_TYPE } },
    },
    async ({ respond }) => {
      const { database, systemDatabase, metrics } = engine;
      const pools = [
        { name: 'requests', ...database.poolUse() },
        { name: 'system', ...systemDatabase.poolUse() },
      ];
      const text = await exposition([
        metrics.registry,
        runMetrics(await lookAtRuns(engine), pools),
        processMetrics(),
      ]);
      return respond(200, Buffer.from(text));
    },
  ),
];

/** @returns null when Postgres does not answer in time: the rest is worth knowing all the more then. */
async function lookAtRuns({
  system,
  now,
  logger,
}: Pick<ApiServices, 'logger' | 'now' | 'system'>): Promise<RunCounts | null> {
  const tooLate = new AbortController();
  const look = countRuns(system, now()).catch((error: unknown) => {
    logger.warn({ err: error }, 'the runs could not be counted');
    return null;
  });
  const waited = sleep(LOOK_MS, null, { ref: false, signal: tooLate.signal }).catch(() => null);
  const counts = await Promise.race([look, waited]);
  tooLate.abort();
  return counts;
}
