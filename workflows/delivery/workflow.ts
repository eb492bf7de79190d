import { condition, continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { DeliveryInput } from '../../src/contracts/delivery.ts';
import { deliveryQueue } from '../../src/domain/delivery/delivery-queue.ts';
import { wakeSignal } from './messages.ts';

/**
 * Delivers to one endpoint for as long as there is something to deliver, then ends: the next message starts it again
 * (signal-with-start). What is due, and when, stands in Postgres; here is only the waiting.
 */
export async function delivery(input: DeliveryInput): Promise<void> {
  const { deliverDue } = proxyActivities<Activities>({
    taskQueue: deliveryQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
  });
  let woken = false;
  setHandler(wakeSignal, () => {
    woken = true;
  });
  for (;;) {
    woken = false;
    const progress = await deliverDue(input);
    if (progress.kind === 'wait') await condition(() => woken, progress.delayMs);
    // A wake-up call that came while the activity was looking may be about what it did not see.
    else if (progress.kind === 'idle' && !woken) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof delivery>(input);
  }
}
