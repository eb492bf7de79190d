import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { callsTool, hangs, says, slowly } from '../support/scripted-model.ts';
import { readSse } from '../support/sse-reader.ts';
import { testServerUrl } from '../support/database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import {
  END,
  getEvents,
  getExecution,
  startCrew,
  startTestStack,
  testTemporalAddress,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TWO = { crew: 'two-step', inputs: { topic: 'otters' } };
const asked = (stack: TestStack): number => stack.model.requests.length;

describe('a worker', () => {
  let stack: TestStack;
  const processes: WorkerProcess[] = [];
  const start = async (): Promise<WorkerProcess> => {
    const worker = await startWorkerProcess(stack.settings);
    processes.push(worker);
    return worker;
  };

  beforeAll(async () => {
    stack = await startTestStack();
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((worker) => worker.kill()));
    stack.model.assertDone();
  });
  afterAll(() => stack.close());

  it('killed with -9 in the middle of a task loses nothing that was finished, and the run ends within 15 s of the next worker', async () => {
    const first = await start();
    stack.model.script([callsTool('calculator', { expression: '6*7' }), hangs()]);
    const before = asked(stack);
    const id = await startCrew(stack, { crew: 'tools' });
    await until('the second turn is asked', () => asked(stack) === before + 2);
    await first.kill();
    stack.model.script([says('42')]);
    await start();
    const backAt = Date.now();
    const execution = await waitForStatus(stack, id, END);
    expect(Date.now() - backAt).toBeLessThan(15_000);
    expect(execution).toMatchObject({ status: 'completed', result: { raw: '42' } });
    expect(asked(stack)).toBe(before + 3);
    const types = (await getEvents(stack, id)).map((event) => event.type);
    expect(types.filter((type) => type === 'tool_completed')).toHaveLength(1);
    expect(types.filter((type) => type === 'llm_call_completed')).toHaveLength(2);
    expect(types.filter((type) => type === 'task_started')).toHaveLength(1);
    const lost = await stack.api.database.sql.query<{ total_tokens: string; reserved_tokens: string }>(
      `select c.total_tokens, c.reserved_tokens from calls c join executions e on e.id = c.execution_id
        where e.execution_id = $1 and c.status = 'lost'`,
      [id],
    );
    expect(lost).toHaveLength(1);
    expect(Number(lost[0]?.total_tokens)).toBe(Number(lost[0]?.reserved_tokens));
  });

  it('killed while a run is paused changes nothing: the run stays paused and goes on when told to', async () => {
    const first = await start();
    stack.model.script([slowly('facts', { chunkMs: 50, chunks: 4 }), says('a sentence')]);
    const before = asked(stack);
    const id = await startCrew(stack, TWO);
    await until('the model is asked', () => asked(stack) > before);
    await stack.call('POST', `/api/v1/executions/${id}/pause`);
    await waitForStatus(stack, id, ['paused']);
    await first.kill();
    expect((await stack.call('POST', `/api/v1/executions/${id}/resume`)).status).toBe(202);
    await start();
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      status: 'completed',
      result: { raw: 'a sentence' },
    });
  });

  it('that is told to stop finishes its turn, and the next one goes on without repeating it', async () => {
    const first = await start();
    stack.model.script([slowly('facts', { chunkMs: 100, chunks: 10 }), says('a sentence')]);
    const before = asked(stack);
    const id = await startCrew(stack, TWO);
    await until('the model is asked', () => asked(stack) > before);
    expect(await first.stop()).toBe(0);
    processes.splice(0);
    await start();
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
    expect(asked(stack)).toBe(before + 2);
  });

  it('is not needed for commands: pause, resume and cancel are accepted and carried out later', async () => {
    const id = await startCrew(stack, TWO);
    expect(await stack.call('POST', `/api/v1/executions/${id}/pause`)).toMatchObject({
      status: 202,
      body: { status: 'paused' },
    });
    expect(await stack.call('POST', `/api/v1/executions/${id}/resume`)).toMatchObject({
      status: 202,
      body: { status: 'pending' },
    });
    expect(await stack.call('POST', `/api/v1/executions/${id}/cancel`)).toMatchObject({
      status: 202,
      body: { status: 'cancelled' },
    });
    const before = asked(stack);
    await start();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(asked(stack)).toBe(before);
    expect((await getEvents(stack, id)).map((event) => event.type)).toEqual([
      'workflow_paused',
      'workflow_resumed',
      'workflow_cancelling',
      'workflow_cancelled',
    ]);
  });
});

describe('with a wire that can be cut', () => {
  let stack: TestStack;
  let temporalWire: TcpProxy;

  beforeAll(async () => {
    const [host = '', port = ''] = testTemporalAddress().split(':');
    temporalWire = await startTcpProxy(host, Number(port));
    stack = await startTestStack({ settings: { TEMPORAL_ADDRESS: `127.0.0.1:${temporalWire.port}` } });
  });
  afterEach(() => stack.model.assertDone());
  afterAll(async () => {
    await stack.close();
    await temporalWire.close();
  });

  it('starts and commands are accepted while Temporal is away, and carried out when it is back', async () => {
    const worker = await startWorkerProcess(stack.settings, { TEMPORAL_ADDRESS: testTemporalAddress() });
    try {
      temporalWire.cut();
      stack.model.script([says('facts'), says('a sentence')]);
      const id = await startCrew(stack, TWO);
      const doomed = await startCrew(stack, TWO);
      expect((await stack.call('POST', `/api/v1/executions/${doomed}/cancel`)).status).toBe(202);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await getExecution(stack, id)).toMatchObject({ status: 'pending' });
      temporalWire.mend();
      expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
      expect(await getExecution(stack, doomed)).toMatchObject({ status: 'cancelled' });
    } finally {
      await worker.kill();
    }
  });
});

describe('with Postgres away', () => {
  let stack: TestStack;
  let wire: TcpProxy;

  beforeAll(async () => {
    const server = new URL(testServerUrl());
    wire = await startTcpProxy(server.hostname, Number(server.port));
    const throughWire = async (url: string): Promise<string> => {
      const changed = new URL(url);
      changed.port = String(wire.port);
      return changed.href;
    };
    stack = await startTestStack({ reachDatabase: throughWire });
    await stack.startWorker();
  });
  afterEach(() => stack.model.assertDone());
  afterAll(async () => {
    await stack.close();
    await wire.close();
  });

  it('the API answers 503 with Retry-After, and is well again by itself', async () => {
    wire.cut();
    const answer = await stack.call('GET', '/api/v1/executions');
    expect(answer).toMatchObject({ status: 503, body: { error: 'SERVICE_UNAVAILABLE' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await stack.call('GET', '/readyz')).status).toBe(503);
    wire.mend();
    await until(
      'the API is well',
      async () => (await stack.call('GET', '/api/v1/executions')).status === 200,
    );
  });

  it('a reply that was paid for is written when it is back, and not asked for again', async () => {
    stack.model.script([slowly('facts', { chunkMs: 100, chunks: 5 }), says('a sentence')]);
    const before = asked(stack);
    const id = await startCrew(stack, TWO);
    await until('the model is asked', () => asked(stack) > before);
    wire.cut();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    wire.mend();
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      status: 'completed',
      result: { raw: 'a sentence' },
    });
    expect(asked(stack)).toBe(before + 2);
  });

  it('a stream goes on where it stood', async () => {
    stack.model.script([slowly('facts', { chunkMs: 100, chunks: 10 }), says('a sentence')]);
    const id = await startCrew(stack, TWO);
    const stream = await readSse(`${stack.api.url}/api/v1/executions/${id}/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
    });
    await until('the task has started', () => stream.events.some((event) => event.event === 'task_started'));
    wire.cut();
    await new Promise((resolve) => setTimeout(resolve, 500));
    wire.mend();
    await stream.ended;
    const ids = stream.events.filter((event) => event.id !== undefined).map((event) => Number(event.id));
    expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('an operator', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack();
    await stack.startWorker();
  });
  afterEach(() => stack.model.assertDone());
  afterAll(() => stack.close());

  it('who terminates a run in the Web UI sees it cancelled here within 30 s', async () => {
    stack.model.script([hangs()]);
    const before = asked(stack);
    const id = await startCrew(stack, TWO);
    await until('the model is asked', () => asked(stack) > before);
    const { temporal } = await getExecution(stack, id);
    await stack.temporal.client.workflow.getHandle(temporal.workflow_id).terminate('by hand');
    const execution = await waitForStatus(stack, id, ['cancelled'], 30_000);
    expect(execution).toMatchObject({ error_code: 'TERMINATED' });
    await until('the model is let go', () => stack.model.requests.at(-1)?.aborted === true);
  }, 60_000);

  it('who resets a run sees the new run go on where the tasks stand', async () => {
    stack.model.script([says('facts'), hangs()]);
    const before = asked(stack);
    const id = await startCrew(stack, TWO);
    await until('the second task is asked', () => asked(stack) === before + 2);
    const { temporal } = await getExecution(stack, id);
    const { client } = stack.temporal;
    const history = await client.workflow.getHandle(temporal.workflow_id).fetchHistory();
    const firstTask = history.events?.find((event) => Boolean(event.workflowTaskCompletedEventAttributes));
    stack.model.script([says('a sentence')]);
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: temporal.workflow_id, runId: temporal.run_id },
      reason: 'a test',
      requestId: id,
      workflowTaskFinishEventId: firstTask?.eventId ?? null,
    });
    const execution = await waitForStatus(stack, id, END, 45_000);
    expect(execution).toMatchObject({ status: 'completed', result: { raw: 'a sentence' } });
    expect(execution.temporal.run_id).not.toBe(temporal.run_id);
    expect(asked(stack)).toBe(before + 3);
  }, 60_000);
});
