import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
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
    const workflowId = await play(stack);
    const latest = stack.temporal.client.workflow.getHandle(workflowId);
    await until('the workflow is closed', async () => (await latest.describe()).status.name !== 'RUNNING');
    // Of one that has continued as new the run before the last: it begins as a continued one, and continues.
    const before = z
      .string()
      .optional()
      .parse((await latest.describe()).memo?.['continues']);
    const handle = stack.temporal.client.workflow.getHandle(workflowId, before);
    // Stack traces name the folders of the machine that recorded; replay does not look at them.
    const history = historyToJSON(await handle.fetchHistory()).replaceAll(ROOT, '');
    await writeFile(file, `${history}\n`);
    console.log(`recorded ${name}`);
  }
}
