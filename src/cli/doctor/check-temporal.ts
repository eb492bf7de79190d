import proto from '@temporalio/proto';
import type { Settings } from '../../config.ts';
import { deliveryQueue } from '../../domain/delivery/delivery-queue.ts';
import { createTemporal, type Temporal } from '../../temporal/client.ts';
import { SEARCH_ATTRIBUTES } from '../../temporal/names.ts';
import { fail, ok, reasonOf, warn, type Finding } from './finding.ts';

type TaskQueueType = proto.temporal.api.enums.v1.TaskQueueType;
const { TASK_QUEUE_TYPE_WORKFLOW: WORKFLOWS, TASK_QUEUE_TYPE_ACTIVITY: ACTIVITIES } =
  proto.temporal.api.enums.v1.TaskQueueType;
const MOST_AHEAD_MS = 2_000;
const CALL_MS = 5_000;

/** Reachable, namespace, search attributes, workers, clock. */
export async function checkTemporal(settings: Settings): Promise<Finding[]> {
  if (settings.TEMPORAL_ADDRESS === undefined)
    return [fail('temporal', 'TEMPORAL_ADDRESS is not set', 'set TEMPORAL_ADDRESS, or run npm start')];
  const temporal = await createTemporal(settings);
  try {
    return await temporal.client.withDeadline(Date.now() + CALL_MS, () => look(temporal, settings));
  } catch (error) {
    const where = `${settings.TEMPORAL_ADDRESS}, namespace ${settings.TEMPORAL_NAMESPACE}`;
    const mend =
      'is Temporal up, does the namespace exist, and are TEMPORAL_ADDRESS, TLS files and API key right?';
    return [fail('temporal', `${where}: ${reasonOf(error)}`, mend)];
  } finally {
    await temporal.close();
  }
}

async function look(temporal: Temporal, settings: Settings): Promise<Finding[]> {
  const { workflowService, operatorService } = temporal.client.connection;
  const { TEMPORAL_NAMESPACE: namespace, TEMPORAL_TASK_QUEUE: queue } = settings;
  const { serverVersion } = await workflowService.getSystemInfo({});
  await workflowService.describeNamespace({ namespace });
  const findings = [ok('temporal', `server ${serverVersion} at ${temporal.address}, namespace ${namespace}`)];
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] === undefined);
  findings.push(
    missing.length === 0
      ? ok('search attributes', 'all are set up')
      : warn(
          'search attributes',
          `missing: ${missing.join(', ')}`,
          'an API sets them up as it starts, if it may; else: temporal operator search-attribute create --type Keyword --name …',
        ),
  );
  const pollers = await Promise.all([
    pollersOf(temporal, namespace, queue, WORKFLOWS),
    pollersOf(temporal, namespace, queue, ACTIVITIES),
    pollersOf(temporal, namespace, deliveryQueue(queue), ACTIVITIES),
  ]);
  const counts = pollers.map((some) => some.length);
  const seen = `${counts[0]} poll for workflows, ${counts[1]} for tasks, ${counts[2]} for deliveries`;
  findings.push(
    counts.includes(0)
      ? fail('workers', seen, `start a worker on the task queue ${queue}: npm run worker`)
      : ok('workers', seen),
  );
  // Temporal tells no time; that of the last poll, which it wrote itself, cannot lie ahead of ours.
  const ahead = Math.max(0, ...pollers.flat()) - Date.now();
  if (ahead > MOST_AHEAD_MS)
    findings.push(warn('temporal clock', `Temporal's clock is ${ahead} ms ahead`, 'set the clocks by NTP'));
  return findings;
}

/** @returns when each poller was last seen, in milliseconds since 1970 */
async function pollersOf(
  { client }: Temporal,
  namespace: string,
  name: string,
  taskQueueType: TaskQueueType,
): Promise<number[]> {
  const { pollers } = await client.connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType,
  });
  return (pollers ?? []).map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000);
}
