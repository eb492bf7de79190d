import { Gauge, Registry } from 'prom-client';
import { EXECUTION_KINDS, EXECUTION_STATUSES, isFinal } from '../../domain/run/status.ts';
import type { RunCounts } from '../../persistence/repositories/run-counts.ts';

/** How full one pool of connections is. */
export interface PoolUse {
  name: string;
  total: number;
  idle: number;
  /** Who waits for a connection. */
  waiting: number;
}

/**
 * Gauges of what Postgres says, made anew for every look. Every process says the same of the runs: take the `max`
 * over instances, not the sum.
 * @param counts null while Postgres does not answer
 */
export function runMetrics(counts: RunCounts | null, pools: readonly PoolUse[]): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  gauge('muster_database_up', 'Whether Postgres answered this look: 1 or 0.').set(counts === null ? 0 : 1);
  const connections = gauge('muster_postgres_connections', 'Connections of the pools of this process.', [
    'pool',
    'state',
  ]);
  for (const { name, total, idle, waiting } of pools) {
    connections.set({ pool: name, state: 'busy' }, total - idle);
    connections.set({ pool: name, state: 'idle' }, idle);
    connections.set({ pool: name, state: 'waited_for' }, waiting);
  }
  if (counts !== null) addCounts(counts, gauge);
  return registry;
}

function addCounts(
  counts: RunCounts,
  gauge: (name: string, help: string, labelNames?: string[]) => Gauge,
): void {
  const live = gauge('muster_executions', 'Executions that are not final, over all processes.', [
    'kind',
    'status',
  ]);
  for (const kind of EXECUTION_KINDS)
    for (const status of EXECUTION_STATUSES.filter((one) => !isFinal(one))) live.set({ kind, status }, 0);
  for (const { kind, status, count } of counts.live) live.set({ kind, status }, count);
  gauge('muster_executions_queued', 'Pending executions that wait for their owner’s limit or thread.').set(
    counts.queued,
  );
  gauge(
    'muster_oldest_pending_execution_seconds',
    'How long the oldest execution has waited that is not queued and has not started.',
  ).set(counts.oldestPendingSeconds);
  const outbox = gauge('muster_outbox_commands', 'Commands that Temporal has not heard yet.', ['command']);
  outbox.set({ command: 'start' }, 0);
  for (const { command, count } of counts.outbox) outbox.set({ command }, count);
  gauge('muster_outbox_oldest_command_seconds', 'Age of the oldest command that Temporal has not heard.').set(
    counts.oldestCommandSeconds,
  );
  const workers = gauge('muster_workers', 'Workers heard of in the last 15 s, over all processes.', [
    'status',
  ]);
  const held = gauge('muster_worker_tasks', 'Tasks and steps that workers hold.', ['status']);
  for (const status of ['running', 'draining']) {
    const here = counts.workers.find((one) => one.status === status);
    workers.set({ status }, here?.count ?? 0);
    held.set({ status }, here?.tasks ?? 0);
  }
  const ended = gauge('muster_executions_ended_today', 'Executions created today (UTC) that have ended.', [
    'outcome',
  ]);
  ended.set({ outcome: 'successful' }, counts.today.successful);
  ended.set({ outcome: 'failed' }, counts.today.failed);
  const errors = gauge('muster_execution_errors_today', 'Why executions created today (UTC) failed.', [
    'error_code',
  ]);
  for (const { code, count } of counts.errorsToday) errors.set({ error_code: code }, count);
  gauge('muster_tokens_today', 'Tokens of the executions created today (UTC) that have ended.').set(
    counts.today.tokens,
  );
}
