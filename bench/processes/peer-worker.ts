import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from '../peer/activities.ts';

/** The peer: a Temporal worker with every option as it comes. Arguments: server address, task queue. */
const [address = '', taskQueue = ''] = process.argv.slice(2);
process.once('disconnect', () => process.exit(1));
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('../peer/workflow.ts', import.meta.url)),
  activities,
});
const done = worker.run();
process.send?.('ready');
await done;
await connection.close();
process.exit(0);
