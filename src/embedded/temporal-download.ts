/**
 * Run as a program of its own (`node temporal-download.ts <folder> <version>`): lets the SDK download Temporal's
 * CLI into the folder and prints `downloaded <path>`. The SDK can download only on the way to a running server,
 * so one is started and stopped. A process of its own, because a download under way cannot be called off.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined)
  throw new Error('usage: temporal-download.ts <folder> <version>');
try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: folder, version } },
  });
  await environment.teardown();
  const file = (await readdir(folder)).find((name) => name.startsWith('temporal-cli'));
  if (file === undefined) throw new Error('the SDK put its download elsewhere');
  console.log(`downloaded ${join(folder, file)}`);
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
