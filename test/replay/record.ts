/**
 * Records one history of every shape a crew run can take, for replay.test.ts. Run by hand before a release
 * whose workflow code changed behind a patch; files that are there are never written again:
 *
 *   MUSTER_TEST_DATABASE_URL=… MUSTER_TEST_TEMPORAL_ADDRESS=… node test/replay/record.ts
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { callsTool, fails, hangs, says, slowly } from '../support/scripted-model.ts';
import {
  getExecution,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

const VERSION = '0.1.0';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const END = ['completed', 'failed', 'cancelled'];
const TWO = { crew: 'two-step', inputs: { topic: 'otters' } };

const command = (stack: TestStack, id: string, name: string) =>
  stack.call('POST', `/api/v1/executions/${id}/${name}`);
const untilAsked = (stack: TestStack, before: number) =>
  until('the model is asked', () => stack.model.requests.length > before);

/** Each plays one story and gives the execution whose history shall be kept. */
const STORIES: Record<string, (stack: TestStack) => Promise<string>> = {
  async completed(stack) {
    stack.model.script([says('facts'), says('a sentence')]);
    return startCrew(stack, TWO);
  },
  async 'with-tools-and-a-retry'(stack) {
    stack.model.script([callsTool('calculator', { expression: '1+1' }), fails(500), says('2')]);
    return startCrew(stack, { crew: 'tools' });
  },
  async failed(stack) {
    stack.model.script([says('facts'), fails(401)]);
    return startCrew(stack, TWO);
  },
  async 'paused-and-resumed'(stack) {
    stack.model.script([slowly('facts', { chunkMs: 50, chunks: 6 }), says('a sentence')]);
    const before = stack.model.requests.length;
    const id = await startCrew(stack, TWO);
    await untilAsked(stack, before);
    await command(stack, id, 'pause');
    await waitForStatus(stack, id, ['paused']);
    await command(stack, id, 'resume');
    return id;
  },
  async cancelled(stack) {
    stack.model.script([hangs()]);
    const before = stack.model.requests.length;
    const id = await startCrew(stack, TWO);
    await untilAsked(stack, before);
    await command(stack, id, 'cancel');
    return id;
  },
  async 'timed-out'(stack) {
    stack.model.script([hangs()]);
    return startCrew(stack, { ...TWO, timeout_seconds: 1 });
  },
};

const stack = await startTestStack();
try {
  await stack.startWorker();
  for (const [name, play] of Object.entries(STORIES)) {
    const file = new URL(`./histories/crew-run-${VERSION}-${name}.json`, import.meta.url);
    if (existsSync(file)) continue;
    const id = await play(stack);
    await waitForStatus(stack, id, END);
    const { temporal } = await getExecution(stack, id);
    const handle = stack.temporal.client.workflow.getHandle(temporal.workflow_id);
    await until('the workflow is closed', async () => (await handle.describe()).status.name !== 'RUNNING');
    // Stack traces name the folders of the machine that recorded; replay does not look at them.
    const history = historyToJSON(await handle.fetchHistory()).replaceAll(ROOT, '');
    await writeFile(file, `${history}\n`);
    console.log(`recorded ${name}`);
  }
} finally {
  await stack.close();
}
