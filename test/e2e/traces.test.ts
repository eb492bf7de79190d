import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import getPort from 'get-port';
import { z } from 'zod';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { callsTool, hangs, says } from '../support/scripted-model.ts';
import {
  getExecution,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const started = z.object({ execution_id: z.uuid() });

let collector: OtlpReceiver;
let stack: TestStack;

beforeAll(async () => {
  collector = await startOtlpReceiver();
  stack = await startTestStack({
    settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: 'x-team=tea%20room' },
  });
});

afterAll(async () => {
  await stack.close();
  await collector.close();
});

const named = (name: string): ReceivedSpan[] => collector.spans.filter((span) => span.name === name);

describe('the trace of an execution', () => {
  it('goes from the request to each model and tool call, in the caller’s trace, also through the death of a worker', async () => {
    stack.model.script([callsTool('calculator', { expression: '6*7' }), hangs(), says('forty-two it is')]);
    const first = await startWorkerProcess(stack.settings, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const answer = await fetch(`${stack.api.url}/crew/start`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stack.api.admin.token}`,
        'content-type': 'application/json',
        traceparent: `00-${TRACE}-${CALLER}-01`,
        'x-request-id': 'the-callers-own',
      },
      body: JSON.stringify({ crew: 'tools' }),
    });
    const { execution_id: id } = started.parse(await answer.json());
    await until('the tool call is told', () => named('execute_tool calculator').length === 1);
    await until('the second turn is asked', () => stack.model.requests.length === 2);
    await first.kill();
    await stack.startWorker();
    await waitForStatus(stack, id, ['completed']);
    await until('the run is told', () => named('invoke_workflow tools').length === 1);

    const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
    const tree = (parent: string): unknown[] =>
      spans
        .filter(({ parentSpanId }) => parentSpanId === parent)
        .sort((one, other) => Number(one.startTimeUnixNano - other.startTimeUnixNano))
        .map(({ name, service, spanId }) => [name, service, ...tree(spanId)]);
    expect(tree(CALLER)).toEqual([
      [
        'POST /crew/start',
        'test-api',
        [
          'invoke_workflow tools',
          'test-api',
          [
            'invoke_agent count',
            'test-api',
            ['chat gpt-4o-mini', 'muster-worker'],
            ['execute_tool calculator', 'muster-worker'],
            ['chat gpt-4o-mini', 'test-api'],
          ],
        ],
      ],
    ]);
    expect(spans).toHaveLength(6);
    expect(named('POST /crew/start')[0]?.attributes).toMatchObject({
      'http.route': '/crew/start',
      'http.response.status_code': 200,
      'muster.execution_id': id,
      'muster.request_id': 'the-callers-own',
    });
    const usage = (await getExecution(stack, id)).token_usage;
    expect(named('invoke_workflow tools')[0]?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.workflow.name': 'tools',
      'gen_ai.usage.input_tokens': usage.prompt_tokens,
      'muster.status': 'completed',
    });
    expect(named('invoke_agent count')[0]?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'Clerk',
      'temporal.workflow_id': `crew-run/${id}`,
      'temporal.activity.attempt': 2,
    });
    expect(named('chat gpt-4o-mini')[0]?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.finish_reasons': ['tool_calls'],
    });
    expect(named('chat gpt-4o-mini')[0]?.kind).toBe(3);
    expect(named('execute_tool calculator')[0]?.attributes).toMatchObject({
      'gen_ai.tool.name': 'calculator',
    });
    expect(collector.headers.some((headers) => headers['x-team'] === 'tea room')).toBe(true);
    // Neither prompts nor answers, nor what opens doors.
    const all = Buffer.concat(collector.bodies).toString('latin1');
    for (const text of ['six times seven', 'forty-two', '6*7', stack.api.admin.token])
      expect(all).not.toContain(text);
  }, 60_000);

  it('is named by the execution and by the log lines of what concerns it', async () => {
    const [span] = named('invoke_workflow tools');
    const id = String(span?.attributes['muster.execution_id']);
    const { body } = await stack.call('GET', `/api/v1/executions/${id}`);
    expect(body).toMatchObject({ trace_id: TRACE });
    const lines = stack.api.logLines.map((line): unknown => JSON.parse(line));
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: 'request',
        path: '/crew/start',
        request_id: 'the-callers-own',
        execution_id: id,
        trace_id: TRACE,
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ path: `/api/v1/executions/${id}`, execution_id: id }),
    );
  });
});

describe('a collector that is away', () => {
  it('holds nothing up; once it is there, it is told the texts where the settings say so', async () => {
    const port = await getPort({ host: '127.0.0.1' });
    const other = await startTestStack({
      settings: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/`,
        OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
      },
    });
    await other.startWorker();
    other.model.script([says('nobody hears this')]);
    const run = await startCrew(other, { crew: 'tools' });
    await waitForStatus(other, run, ['completed'], 5_000);
    const late = await startOtlpReceiver(port);
    other.model.script([callsTool('calculator', { expression: '6*7' }), says('heard')]);
    const heard = await startCrew(other, { crew: 'tools' });
    await waitForStatus(other, heard, ['completed']);
    const chats = () =>
      late.spans.filter(({ attributes }) => String(attributes['gen_ai.output.messages']).includes('heard"'));
    await until('the texts are told', () => chats().length === 1);
    expect(String(chats()[0]?.attributes['gen_ai.input.messages'])).toContain('Work out six times seven.');
    const tool = late.spans.find(({ name }) => name === 'execute_tool calculator');
    expect(tool?.attributes).toMatchObject({
      'gen_ai.tool.call.arguments': '{"expression":"6*7"}',
      'gen_ai.tool.call.result': '42',
    });
    await other.close();
    await late.close();
  }, 30_000);
});
