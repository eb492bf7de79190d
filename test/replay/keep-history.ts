import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { until, type TestStack } from '../support/test-stack.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Plays stories, each of which gives the workflow id whose history shall be kept. Files that are there stay. */
export async function keepHistories(
  stack: TestStack,
  prefix: string,
  stories: Record<string, (stack: TestStack) => Promise<string>>,
): Promise<void> {
  for (const [name, play] of Object.entries(stories)) {
    const file = new URL(`./histories/${prefix}-${name}.json`, import.meta.url);
    if (existsSync(file)) continue;
    const handle = stack.temporal.client.workflow.getHandle(await play(stack));
    await until('the workflow is closed', async () => (await handle.describe()).status.name !== 'RUNNING');
    // Stack traces name the folders of the machine that recorded; replay does not look at them.
    const history = historyToJSON(await handle.fetchHistory()).replaceAll(ROOT, '');
    await writeFile(file, `${history}\n`);
    console.log(`recorded ${name}`);
  }
}
