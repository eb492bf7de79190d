/**
 * Records one history of every shape the deliveries to an endpoint can take, as record.ts does with crews:
 *
 *   MUSTER_TEST_DATABASE_URL=… MUSTER_TEST_TEMPORAL_ADDRESS=… node test/replay/record-deliveries.ts
 */
import { deliveryWorkflowId } from '../../src/temporal/names.ts';
import { startStandardReceiver, type StandardReceiver } from '../support/standard-receiver.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { makeWebhook, sendTest, untilDelivery } from '../support/webhooks.ts';
import { keepHistories } from './keep-history.ts';

const VERSION = '0.1.0';

type Story = (stack: TestStack, receiver: StandardReceiver) => Promise<string>;

const STORIES: Record<string, Story> = {
  async delivered(stack, receiver) {
    const { id } = await makeWebhook(stack, receiver, '/delivered');
    const delivery = await sendTest(stack, id);
    await untilDelivery(stack, id, delivery, ({ status }) => status === 'delivered');
    return id;
  },
  async retried(stack, receiver) {
    const { id } = await makeWebhook(stack, receiver, '/retried');
    receiver.answers.push({ status: 500 }, { status: 500 });
    const delivery = await sendTest(stack, id);
    await untilDelivery(stack, id, delivery, ({ status }) => status === 'delivered');
    return id;
  },
  async 'woken-while-it-waits'(stack, receiver) {
    const { id } = await makeWebhook(stack, receiver, '/woken');
    receiver.answers.push({ status: 500 });
    const first = await sendTest(stack, id);
    await untilDelivery(stack, id, first, ({ attempts }) => attempts === 1);
    const second = await sendTest(stack, id);
    await untilDelivery(stack, id, second, ({ status }) => status === 'delivered');
    await untilDelivery(stack, id, first, ({ status }) => status === 'delivered');
    return id;
  },
  async 'switched-off'(stack, receiver) {
    const { id } = await makeWebhook(stack, receiver, '/gone');
    receiver.answers.push({ status: 410 });
    const delivery = await sendTest(stack, id);
    await untilDelivery(stack, id, delivery, ({ status }) => status === 'failed');
    return id;
  },
};

const receiver = await startStandardReceiver();
const stack = await startTestStack({
  settings: { EGRESS_ALLOW_PRIVATE: 'true', WEBHOOK_RETRY_DELAYS: '1500ms,1s' },
});
try {
  await stack.startWorker();
  const stories = Object.entries(STORIES).map(
    ([name, play]): [string, (on: TestStack) => Promise<string>] => [
      name,
      async (on) => deliveryWorkflowId(await play(on, receiver)),
    ],
  );
  await keepHistories(stack, `delivery-${VERSION}`, Object.fromEntries(stories));
} finally {
  await stack.close();
  await receiver.close();
}
