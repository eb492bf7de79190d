import { createServer, type IncomingMessage } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import getPort from 'get-port';
import { z } from 'zod';
import { tellAfterAnOutage } from '../support/mlflow-story.ts';

/**
 * The short form of `npm run test:mlflow`, which asks the real MLflow. Here a receiver answers as MLflow 3.17 did there,
 * and keeps what it is told.
 */

interface Told {
  path: string;
  experiment: string | undefined;
  body: Buffer;
}
const told: Told[] = [];
const batchSchema = z.object({
  run_id: z.string(),
  metrics: z.array(z.object({ key: z.string(), value: z.number(), step: z.number() })),
  params: z.array(z.object({ key: z.string(), value: z.string() })),
  tags: z.array(z.object({ key: z.string(), value: z.string() })),
});

const RUN = { run: { info: { run_id: 'f00d' } } };

async function answerTo(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const path = (request.url ?? '').split('?')[0] ?? '';
  const experiment = request.headers['x-mlflow-experiment-id'];
  told.push({ path, experiment: String(experiment), body: Buffer.concat(chunks) });
  switch (path.replace('/api/2.0/mlflow/', '')) {
    case 'experiments/get-by-name':
      return { status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' } };
    case 'experiments/create':
      return { status: 200, body: { experiment_id: '7' } };
    case 'runs/search':
      return {
        status: 200,
        body: told.some((one) => one.path.endsWith('runs/create')) ? { runs: [RUN.run] } : {},
      };
    case 'runs/create':
      return { status: 200, body: RUN };
    default:
      return { status: 200, body: {} };
  }
}

const server = createServer((request, response) => {
  void answerTo(request).then(({ status, body }) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('MLflow', () => {
  it('is told of a run that ended while it was away: once, with params, metrics, status and a trace', async () => {
    const port = await getPort({ host: '127.0.0.1' });
    const start = (): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
    await tellAfterAnOutage(`http://127.0.0.1:${port}`, start, async ({ executionId, runId, runUrl }) => {
      expect(runId).toBe('f00d');
      expect(runUrl).toBe(`http://127.0.0.1:${port}/#/runs/f00d`);
      const of = (end: string) => told.filter(({ path }) => path.endsWith(end));
      expect(of('runs/create')).toHaveLength(1);
      const batch = batchSchema.parse(JSON.parse(String(of('runs/log-batch')[0]?.body)));
      expect(batch.params).toContainEqual({ key: 'kind', value: 'crew' });
      const value = (key: string) => batch.metrics.find((metric) => metric.key === key)?.value;
      expect([value('model_calls'), value('tool_calls'), value('task_attempts')]).toEqual([2, 1, 1]);
      expect(value('total_tokens')).toBeGreaterThan(0);
      expect(JSON.parse(String(of('runs/update')[0]?.body))).toMatchObject({ status: 'FINISHED' });
      const [trace] = of('/v1/traces');
      expect(trace?.experiment).toBe('7');
      const text = String(trace?.body);
      for (const word of [executionId, 'invoke_agent', 'execute_tool calculator', 'chat '])
        expect(text).toContain(word);
      // Told again: no param a second time, since MLflow keeps the first.
      expect(batchSchema.parse(JSON.parse(String(of('runs/log-batch')[1]?.body))).params).toEqual([]);
    });
  });
});
