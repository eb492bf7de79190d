import type { Client } from '@temporalio/client';
import { monotonicUs } from '../clock.ts';
import type { FakeModel } from '../stack/fake-model.ts';
import { closedLoop, type Run, type Side } from './side.ts';

/** The peer: a plain client starts a plain workflow and waits for its result. */
export interface TemporalSide extends Side {
  /** As `run`, and says which workflow it was. */
  runWorkflow(tasks: number): Promise<Run & { workflowId: string }>;
}

export function createTemporalSide(client: Client, taskQueue: string, model: FakeModel): TemporalSide {
  const runWorkflow = async (tasks: number): Promise<Run & { workflowId: string }> => {
    const run = model.expect(tasks);
    const sentUs = monotonicUs();
    const handle = await client.workflow.start('plainCrew', {
      taskQueue,
      workflowId: run,
      args: [{ run, tasks, modelUrl: model.url }],
    });
    await handle.result();
    return { run, sentUs, wallMs: (monotonicUs() - sentUs) / 1000, workflowId: run };
  };
  return {
    name: 'stock Temporal',
    run: runWorkflow,
    runWorkflow,
    loop: (options) => closedLoop(() => runWorkflow(options.tasks), options),
  };
}
