import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { report, type Scene } from './scene.ts';

const GRACE_MS = 27_000;
const describedSchema = z.object({
  workflowExecutionInfo: z.object({
    versioningInfo: z.object({ deploymentVersion: z.object({ buildId: z.string() }).optional() }).optional(),
  }),
});

/** Two upgrades by the book: workers of the new build beside the old ones, then set-current, then the old ones go. */
export async function rollingUpgrade(scene: Scene): Promise<void> {
  const { deployment, client, note, fail } = scene;
  const buildOf = async (id: string): Promise<string> => {
    const address = deployment.temporalAddress;
    const args = [
      'workflow',
      'describe',
      '--workflow-id',
      `crew-run/${id}`,
      '--output',
      'json',
      '--address',
      address,
    ];
    const { stdout } = await promisify(execFile)(deployment.temporalCli, args);
    const { versioningInfo } = describedSchema.parse(JSON.parse(stdout)).workflowExecutionInfo;
    return versioningInfo?.deploymentVersion?.buildId ?? 'none';
  };
  const [first, second] = deployment.workers;
  if (first === undefined || second === undefined) throw new Error('two workers are needed');
  const all: string[] = [];
  const startSome = async (): Promise<string[]> => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => client.start()));
    all.push(...ids);
    return ids;
  };
  for (const buildId of ['build-1', 'build-2']) {
    const [before = ''] = await startSome();
    await sleep(3_000);
    const old = await buildOf(before);
    deployment.environment['WORKER_BUILD_ID'] = buildId;
    await first.restart(GRACE_MS);
    const [meanwhile = ''] = await startSome();
    await sleep(3_000);
    const still = await buildOf(meanwhile);
    if (still !== old) fail(`a run started before set-current is carried by ${still}, not ${old}`);
    const current = await deployment.setCurrent();
    const [after = ''] = await startSome();
    await second.restart(GRACE_MS);
    await sleep(4_000);
    const now = [await buildOf(before), await buildOf(after)];
    note(
      `from ${old} to ${current}: a run of before set-current was carried by ${still}, then by ${now[0]}; a new one by ${now[1]}`,
    );
    if (now[1] !== buildId) fail(`a new run is carried by ${now[1]}, not ${buildId}`);
  }
  await report(scene, all, 180_000);
  if (client.met.lost > 0) fail('requests were lost');
}
