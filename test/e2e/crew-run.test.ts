import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readableHistory } from '../support/readable-history.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import { readSse } from '../support/sse-reader.ts';
import {
  END,
  getEvents,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const textOf = (request: { body: { messages: readonly { content?: unknown }[] } }): string =>
  JSON.stringify(request.body.messages);

describe('a crew', () => {
  it('runs its tasks in order through Temporal and ends with the result of the last', async () => {
    stack.model.script([says('otters hold hands'), says('Otters hold hands while asleep.')]);
    const asked = stack.model.requests.length;
    const id = await startCrew(stack, { crew: 'two-step', inputs: { topic: 'otters' } });
    const execution = await waitForStatus(stack, id, END);
    expect(execution).toMatchObject({
      status: 'completed',
      error: null,
      result: { raw: 'Otters hold hands while asleep.', data: {} },
    });
    expect(execution.result?.tasks_output).toMatchObject([
      {
        name: 'find',
        description: 'Find three facts about otters.',
        expected_output: 'Three facts.',
        summary: 'Find three facts about otters....',
        raw: 'otters hold hands',
        json_dict: null,
        agent: 'Finder of otters',
        output_format: 'raw',
      },
      { name: 'write', agent: 'Writer' },
    ]);
    const [first, second] = stack.model.requests.slice(asked);
    expect(first === undefined ? '' : textOf(first)).toContain('Find three facts about otters.');
    expect(second === undefined ? '' : textOf(second)).toContain('otters hold hands');
  });

  it('writes a log without a gap, with one final event at its end, and counts the tokens', async () => {
    stack.model.script([
      says('a', { usage: { promptTokens: 10, completionTokens: 5 } }),
      says('b', { usage: { promptTokens: 20, completionTokens: 7 } }),
    ]);
    const id = await startCrew(stack, { crew: 'two-step', inputs: { topic: 'otters' } });
    const execution = await waitForStatus(stack, id, END);
    expect(execution.token_usage).toEqual({ prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 });
    const events = await getEvents(stack, id);
    expect(events.map(({ seq, type, task_key: task }) => [seq, type, task])).toEqual([
      [1, 'workflow_started', null],
      [2, 'task_started', 'find'],
      [3, 'llm_call_completed', 'find'],
      [4, 'task_completed', 'find'],
      [5, 'task_started', 'write'],
      [6, 'llm_call_completed', 'write'],
      [7, 'task_completed', 'write'],
      [8, 'workflow_completed', null],
    ]);
  });

  it('gives the tools of its agent to the model and records each call before and after', async () => {
    stack.model.script([callsTool('calculator', { expression: '6*7' }), says('42')]);
    const id = await startCrew(stack, { crew: 'tools' });
    const execution = await waitForStatus(stack, id, END);
    expect(execution.result).toMatchObject({ raw: '42' });
    const events = await getEvents(stack, id);
    expect(events.map((event) => event.type)).toEqual([
      'workflow_started',
      'task_started',
      'llm_call_completed',
      'tool_started',
      'tool_completed',
      'llm_call_completed',
      'task_completed',
      'workflow_completed',
    ]);
    expect(events[4]?.data).toMatchObject({ tool: 'calculator', output: '42' });
    const last = stack.model.requests.at(-1);
    expect(last === undefined ? '' : textOf(last)).toContain('42');
  });

  it('demands a final answer once max_iter turns are used, and offers no tool for it', async () => {
    const add = callsTool('calculator', { expression: '1+1' });
    stack.model.script([add, add, add, says('enough')]);
    const id = await startCrew(stack, { crew: 'tools' });
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      status: 'completed',
      result: { raw: 'enough' },
    });
    const body = z
      .looseObject({ tools: z.array(z.unknown()).optional() })
      .parse(stack.model.requests.at(-1)?.body);
    expect(body.tools ?? []).toEqual([]);
  });

  it('lets the agent read what went wrong with a tool instead of failing', async () => {
    stack.model.script([
      callsTool('no_such_tool', {}),
      callsTool('calculator', { expression: '1/' }),
      says('sorry'),
    ]);
    const id = await startCrew(stack, { crew: 'tools' });
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      status: 'completed',
      result: { raw: 'sorry' },
    });
    const failed = (await getEvents(stack, id)).filter((event) => event.type === 'tool_failed');
    expect(failed.map((event) => event.data['tool'])).toEqual(['no_such_tool', 'calculator']);
  });

  it('puts a JSON object that the last task answers into data', async () => {
    stack.model.script([says('{"n": 1}')]);
    const id = await startCrew(stack, { crew: 'one-task' });
    expect(await waitForStatus(stack, id, END)).toMatchObject({
      result: { raw: '{"n": 1}', data: { n: 1 } },
    });
  });

  it('closes its workflow as Completed, with no text in the history', async () => {
    stack.model.script([says('a secret sentence')]);
    const id = await startCrew(stack, { crew: 'one-task' });
    const execution = await waitForStatus(stack, id, END);
    const handle = stack.temporal.client.workflow.getHandle(execution.temporal.workflow_id);
    await until('the workflow is closed', async () => (await handle.describe()).status.name === 'COMPLETED');
    const history = readableHistory(await handle.fetchHistory());
    for (const text of ['a secret sentence', 'Write a sentence', 'sk-planted'])
      expect(history).not.toContain(text);
    expect(history).toContain('claimRun');
  });
});

describe('a stream', () => {
  const follow = (id: string, headers: Record<string, string> = {}) =>
    readSse(`${stack.api.url}/api/v1/executions/${id}/stream`, {
      authorization: `Bearer ${stack.api.admin.token}`,
      ...headers,
    });

  it('begins with a snapshot, goes on with the log and ends after the final event', async () => {
    stack.model.script([says('a'), says('b')]);
    const id = await startCrew(stack, { crew: 'two-step', inputs: { topic: 'otters' } });
    const stream = await follow(id);
    await stream.ended;
    const logged = stream.events.filter((event) => event.event !== 'token');
    expect(logged[0]).toMatchObject({
      event: 'snapshot',
      id: undefined,
      data: { execution: { execution_id: id } },
    });
    expect(logged.slice(1).map((event) => event.id)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(logged.at(-1)?.event).toBe('workflow_completed');
  });

  it('goes on after Last-Event-ID, and answers 204 to a reader who has everything', async () => {
    stack.model.script([says('a')]);
    const id = await startCrew(stack, { crew: 'one-task' });
    await waitForStatus(stack, id, END);
    const rest = await follow(id, { 'last-event-id': '3' });
    await rest.ended;
    expect(rest.events.map((event) => event.id)).toEqual([undefined, '4', '5']);
    const all = await follow(id, { 'last-event-id': '5' });
    expect(all.status).toBe(204);
  });

  it('is 404 for an execution that is not there', async () => {
    expect((await follow('550e8400-e29b-41d4-a716-446655440000')).status).toBe(404);
  });
});
