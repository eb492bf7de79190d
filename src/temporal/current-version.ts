import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerDeploymentOptions } from '@temporalio/worker';
import type { Settings } from '../config.ts';
import type { Temporal } from './client.ts';

/**
 * Worker versioning: with WORKER_BUILD_ID the workers of a build get work only once their version is made the current one,
 * and runs that are open then go on with it (auto-upgrade; patches keep their histories valid). Without it workers are
 * unversioned.
 */

type VersionSettings = Pick<Settings, 'WORKER_BUILD_ID' | 'TEMPORAL_TASK_QUEUE' | 'TEMPORAL_NAMESPACE'>;

/** The workers of one task queue are one deployment. A full stop would end its name for Temporal. */
const deploymentName = ({ TEMPORAL_TASK_QUEUE: queue }: VersionSettings): string =>
  queue.replaceAll('.', '-');

/** For both workers of a process. */
export function deploymentOptions(settings: VersionSettings): {
  workerDeploymentOptions?: WorkerDeploymentOptions;
} {
  const { WORKER_BUILD_ID: buildId } = settings;
  if (buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName: deploymentName(settings), buildId },
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}

/** grpc's code for what is not there (yet). */
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const isNotThere = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === NOT_FOUND || error.code === FAILED_PRECONDITION);
const RETRY_MS = 500;

/**
 * The last step of a deploy: makes the build of WORKER_BUILD_ID the current version, as soon as one of its workers polls.
 * Without a build id: gives the work to unversioned workers, where a version had it.
 * @returns what is current now; null: unversioned workers
 * @throws when no worker of this build has polled by then, or Temporal does not answer
 */
export async function setCurrentVersion(
  temporal: Temporal,
  settings: VersionSettings,
  { waitMs }: { waitMs: number },
): Promise<string | null> {
  const { workflowService } = temporal.client.connection;
  const name = deploymentName(settings);
  const { TEMPORAL_NAMESPACE: namespace, WORKER_BUILD_ID: buildId } = settings;
  const set = () =>
    workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      deploymentName: name,
      buildId: buildId ?? '',
      identity: 'muster set-current',
    });
  if (buildId === undefined) {
    const isVersioned = await hasCurrentVersion(temporal, namespace, name);
    if (isVersioned) await set();
    return null;
  }
  const giveUpAt = Date.now() + waitMs;
  for (;;) {
    try {
      await set();
      return buildId;
    } catch (error) {
      if (!isNotThere(error)) throw error;
      if (Date.now() > giveUpAt)
        throw new Error(
          `No worker of build ${buildId} polls ${settings.TEMPORAL_TASK_QUEUE}: is one running?`,
          {
            cause: error,
          },
        );
    }
    await sleep(RETRY_MS);
  }
}

async function hasCurrentVersion({ client }: Temporal, namespace: string, name: string): Promise<boolean> {
  try {
    const { workerDeploymentInfo: info } = await client.connection.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName: name,
    });
    return (info?.routingConfig?.currentDeploymentVersion?.buildId ?? '') !== '';
  } catch (error) {
    if (isNotThere(error)) return false;
    throw error;
  }
}
