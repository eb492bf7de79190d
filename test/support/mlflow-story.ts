import { z } from 'zod';
import { callsTool, says } from './scripted-model.ts';
import { startCrew, startTestStack, until, waitForStatus } from './test-stack.ts';

/** A run ends while MLflow is away; when MLflow is back it is told of it. Played with the real one, and with a receiver. */

const toldSchema = z.looseObject({
  mlflow: z.object({ run_id: z.string(), url: z.string() }).nullable(),
});

/**
 * @param url where MLflow will be; nothing answers there yet
 * @param startMlflow brings it up
 * @returns what was told of: the execution, and MLflow's run
 */
export async function tellAfterAnOutage(
  url: string,
  startMlflow: () => Promise<unknown>,
  look: (told: { executionId: string; runId: string; runUrl: string }) => Promise<void>,
): Promise<void> {
  const stack = await startTestStack({
    settings: { MLFLOW_TRACKING_URI: url, MLFLOW_EXPERIMENT_NAME: 'story' },
  });
  try {
    await stack.startWorker();
    stack.model.script([callsTool('calculator', { expression: '1+1' }), says('2')]);
    const executionId = await startCrew(stack, { crew: 'tools' });
    await waitForStatus(stack, executionId, ['completed']);
    const due = () =>
      stack.api.database.sql.query(
        'select 1 from executions where execution_id = $1 and mlflow_due_at is not null and mlflow_run_id is null',
        [executionId],
      );
    await until('MLflow was looked for in vain', () =>
      stack.logLines.some((line) => line.includes('MLflow was not told')),
    );
    if ((await due()).length !== 1) throw new Error('what MLflow was not told of is no longer due');
    await startMlflow();
    // As if the minute for which it is put off were over.
    await stack.api.database.sql.query(
      "update executions set mlflow_due_at = 'epoch' where mlflow_due_at is not null",
    );
    let told: z.output<typeof toldSchema>['mlflow'] = null;
    await until(
      'MLflow has it',
      async () => {
        const { body } = await stack.call('GET', `/api/v1/executions/${executionId}`);
        told = toldSchema.parse(body).mlflow;
        return told !== null;
      },
      60_000,
    );
    const { run_id: runId, url: runUrl } = z.object({ run_id: z.string(), url: z.string() }).parse(told);
    // Told once more, as after a crash before the database knew: the same run, and no second one.
    await stack.api.database.sql.query("update executions set mlflow_due_at = 'epoch', mlflow_run_id = null");
    await until(
      'it was told again',
      async () => (await due()).length === 0 && (await toldRun(stack, executionId)) === runId,
      60_000,
    );
    await look({ executionId, runId, runUrl });
  } finally {
    await stack.close();
  }
}

async function toldRun(
  stack: Awaited<ReturnType<typeof startTestStack>>,
  executionId: string,
): Promise<string | undefined> {
  const { body } = await stack.call('GET', `/api/v1/executions/${executionId}`);
  return toldSchema.parse(body).mlflow?.run_id;
}
