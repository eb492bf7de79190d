import type { NativeDeployment } from '../../src/deployment/native-deployment.ts';
import type { BalancedClient } from './balanced-client.ts';
import { checkRuns, untilFinal } from './check-runs.ts';

/** One thing that happens to a deployment, and what was seen. */
export interface Scene {
  deployment: NativeDeployment;
  client: BalancedClient;
  /** Says it, and keeps it for the report. */
  note: (line: string) => void;
  fail: (line: string) => void;
}

export const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** What the deployments of the proof are told. */
export const ENVIRONMENT = {
  DEMO_MODEL: 'on',
  DEFAULT_MODEL: 'demo/slow',
  RATE_LIMIT_PER_MINUTE: '0',
  MAX_ACTIVE_EXECUTIONS_PER_USER: '0',
  USER_LIMITS: 'open_executions=0,queued_executions=0',
  LOG_LEVEL: 'warn',
};

/** Waits for the end of these runs and looks at each. */
export async function report(scene: Scene, ids: readonly string[], timeoutMs: number): Promise<void> {
  const { databaseUrl } = scene.deployment;
  await untilFinal(databaseUrl, ids, timeoutMs);
  const { count, byStatus, problems } = await checkRuns(databaseUrl, ids);
  scene.note(
    `${count} runs: ${JSON.stringify(byStatus)}; ${problems.length} with a lost, doubled or missing event or task`,
  );
  problems.slice(0, 10).forEach(scene.fail);
  if ((byStatus['completed'] ?? 0) !== ids.length) scene.fail('not every run was completed');
}
