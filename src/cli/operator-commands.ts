import { bundleWorkflows } from '../worker.ts';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Settings } from '../config.ts';
import { createTemporal, type Temporal } from '../temporal/client.ts';
import { setCurrentVersion } from '../temporal/current-version.ts';
import { preflight } from './preflight.ts';

/** The commands of an operator that talk to Temporal. Each gives the exit code of its process. */

type Say = (line: string) => void;

/** How long a deploy waits for the first worker of its build. */
const FIRST_POLL_MS = 120_000;

async function withTemporal<T>(settings: Settings, work: (temporal: Temporal) => Promise<T>): Promise<T> {
  const temporal = await createTemporal(settings);
  try {
    return await work(temporal);
  } finally {
    await temporal.close();
  }
}

/** `muster preflight`: 0 when every open workflow would go on with this build, else 1. */
export async function preflightCommand(settings: Settings, say: Say): Promise<number> {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  const bundle = await bundleWorkflows(settings);
  const { checked, broken } = await withTemporal(settings, (temporal) =>
    preflight(temporal, settings, { bundle, onProgress: (count) => say(`  … ${count} replayed`) }),
  );
  for (const { workflowId, type, executionId, reason } of broken) {
    say(`✗ ${workflowId} (${type}${executionId === null ? '' : `, execution ${executionId}`}): ${reason}`);
  }
  say(
    broken.length === 0
      ? `✓ ${checked} open workflows go on with this build.`
      : `${broken.length} of ${checked} open workflows would break with this build: guard the change with a patch, ` +
          'or let them end before it is deployed.',
  );
  return broken.length === 0 ? 0 : 1;
}

/** `muster set-current`: the last step of a deploy. */
export async function setCurrentCommand(settings: Settings, say: Say): Promise<number> {
  const current = await withTemporal(settings, (temporal) =>
    setCurrentVersion(temporal, settings, { waitMs: FIRST_POLL_MS }),
  );
  say(
    current === null
      ? 'WORKER_BUILD_ID is not set: the work is for unversioned workers.'
      : `Build ${current} is the current version: new runs start with it, open ones go on with it.`,
  );
  return 0;
}
