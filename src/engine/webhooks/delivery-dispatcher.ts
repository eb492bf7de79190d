import { wakeSignal } from '../../../workflows/delivery/messages.ts';
import type { DeliveryInput } from '../../contracts/delivery.ts';
import { endpointsLeftLying, markAnnounced, readUnannounced } from '../../persistence/deliveries.ts';
import type { SqlPool } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Temporal } from '../../temporal/client.ts';
import { DELIVERY_TYPE, deliveryWorkflowId } from '../../temporal/names.ts';

/** Messages one look takes. */
const BATCH = 1_000;
/** Endpoints that are woken side by side. */
const AT_ONCE = 20;
/** How often it looks by itself: a lost wake-up call costs at most this. */
const LOOK_MS = 1_000;
/** Wake-up calls within this time are one look. */
const COALESCE_MS = 100;
/** How often it looks for what nobody delivers any more, and how long that must have been due. */
const LEFT_LYING_MS = 30_000;
const MOST_LEFT_LYING = 500;
/** A call of Temporal that has not come back by then is tried again later. */
const CALL_MS = 5_000;

/** Tells Temporal that endpoints have something to be delivered. */
export interface DeliveryDispatcher {
  /** Announces what is new; call it after a commit. Never throws. */
  announce(): void;
  /** One look for endpoints whose workflow is gone, though something is due. @returns how many were woken */
  lookForLeftLying(): Promise<number>;
  close(): Promise<void>;
}

interface Deps {
  sql: SqlPool;
  temporal: Temporal;
  taskQueue: string;
  listener: WakeListener;
  logger: Logger;
  now: () => Date;
}

/**
 * A row says whether Temporal was told of it. Any number of processes may look side by side: an endpoint that is
 * woken twice looks once more, and finds nothing. What was told and then lost (Temporal's store, a terminated
 * workflow) is found because it stays due.
 */
export function createDeliveryDispatcher(deps: Deps): DeliveryDispatcher {
  const { listener, logger, sql, now } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;

  const look = async (): Promise<void> => {
    do {
      again = false;
      const rows = await readUnannounced(sql, BATCH);
      if (rows.length === 0) return;
      const byEndpoint = Map.groupBy(rows, (row) => row.endpoint_id);
      const woken = await wakeAll(deps, [...byEndpoint.keys()]);
      const told = rows.filter((row) => woken.has(row.endpoint_id)).map((row) => row.id);
      if (told.length > 0) await markAnnounced(sql, told);
      if (rows.length === BATCH && told.length > 0 && !closed) again = true;
    } while (again);
  };
  const run = (): void => {
    timer = undefined;
    if (closed) return;
    again = true;
    running ??= look()
      .catch((error: unknown) => logger.warn({ err: error }, 'deliveries could not be announced'))
      .finally(() => {
        running = undefined;
        if (again) announce();
      });
  };
  const announce = (): void => {
    if (!closed) timer ??= setTimeout(run, COALESCE_MS);
  };
  const lookForLeftLying = async (): Promise<number> => {
    const before = new Date(now().getTime() - LEFT_LYING_MS);
    const endpoints = await endpointsLeftLying(sql, before, MOST_LEFT_LYING);
    return (
      await wakeAll(
        deps,
        endpoints.map(({ id }) => id),
      )
    ).size;
  };

  listener.on('log', announce);
  const looks = setInterval(announce, LOOK_MS);
  let searching: Promise<unknown> | undefined;
  const searches = setInterval(() => {
    searching = lookForLeftLying().catch((error: unknown) =>
      logger.warn({ err: error }, 'could not look for deliveries that were left lying'),
    );
  }, LEFT_LYING_MS);
  return {
    announce,
    lookForLeftLying,
    async close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(looks);
      clearInterval(searches);
      await running;
      await searching;
    },
  };
}

/** Wakes the workflow of each endpoint, or starts it. @returns those that Temporal has heard of */
async function wakeAll(deps: Deps, endpointIds: readonly string[]): Promise<Set<string>> {
  const woken = new Set<string>();
  for (let start = 0; start < endpointIds.length; start += AT_ONCE) {
    await Promise.all(
      endpointIds.slice(start, start + AT_ONCE).map(async (id) => {
        try {
          await wake(deps, { endpointId: id });
          woken.add(id);
        } catch (error) {
          deps.logger.warn({ err: error, endpoint_id: id }, 'a delivery waits for Temporal');
        }
      }),
    );
    // Where Temporal does not answer, the rest waits for the next look.
    if (woken.size === 0) break;
  }
  return woken;
}

async function wake({ temporal, taskQueue }: Deps, input: DeliveryInput): Promise<void> {
  await temporal.client.withDeadline(Date.now() + CALL_MS, () =>
    temporal.client.workflow.signalWithStart(DELIVERY_TYPE, {
      workflowId: deliveryWorkflowId(input.endpointId),
      taskQueue,
      args: [input],
      signal: wakeSignal,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowTaskTimeout: '5s',
      staticSummary: 'webhook deliveries',
    }),
  );
}
