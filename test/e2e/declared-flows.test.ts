import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RESEARCH, REVIEW, upload } from '../support/declared-flows.ts';
import { answerOpen, flowEnd, getFlowRun, startFlow, stepsOf } from '../support/flow-runs.ts';
import { aGraph } from '../support/graph-bodies.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import { getEvents, startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** Flows as data: uploaded and run at once, by the engine of all flows. */

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

const keysOf = async (id: string): Promise<string[]> => (await stepsOf(stack, id)).map(({ key }) => key);
const asked = (id: string, times: number): Promise<void> =>
  until(
    'a person is asked',
    async () => (await getEvents(stack, id)).filter(({ type }) => type === 'question_asked').length === times,
    20_000,
  );

describe('an uploaded flow', () => {
  it('runs a crew, a router and an agent with tools, like every other flow', async () => {
    const made = await upload(stack, RESEARCH);
    expect(made).toMatchObject({
      status: 201,
      body: {
        name: 'research_review_flow',
        execute_url: '/api/v1/research-review-flow/execute',
        warnings: [],
      },
    });
    expect(made.headers.get('location')).toBe('/api/v1/flows/research_review_flow');
    stack.model.script([
      says('Otters hold hands.'),
      says(' Followup.\n'),
      callsTool('calculator', { expression: '1+1' }),
      says('Dear otters'),
    ]);
    const id = await startFlow(stack, 'research-review-flow', { topic: 'otters' });
    expect(await flowEnd(stack, 'research-review-flow', id)).toMatchObject({
      flow_name: 'research_review_flow',
      status: 'completed',
      result: {
        output: { raw: 'Dear otters', agent_role: 'Writer' },
        state: { topic: 'otters', audience: 'everybody', id: expect.any(String) },
      },
    });
    expect(await keysOf(id)).toEqual(['research', 'route', 'write']);
    const said = stack.model.requests.slice(-4).map(({ body }) => JSON.stringify(body.messages));
    expect(said[0]).toContain('Research otters for everybody.');
    expect(said[1]).toContain('Reviewed: Otters hold hands.');
    expect(said[2]).toContain('Follow up on Otters hold hands. for {nobody}');
    const listed = await stack.call('GET', '/api/v1/executions?flow_name=research-review-flow');
    expect(listed.body).toMatchObject([{ execution_id: id, kind: 'flow' }]);
  }, 60_000);

  it('has its agents ask their model so often only, and a person before they use a tool', async () => {
    await upload(
      stack,
      `
schema: crewai.flow/v1
name: Careful
methods:
  think:
    start: true
    do: {call: agent, with: {role: Thinker, goal: Think, input: Think., max_rpm: 5}}
  sum:
    listen: think
    do:
      call: agent
      with: {role: Clerk, goal: Sum, input: Sum., tools: [calculator], tool_approvals: {calculator: ask}}
`,
    );
    stack.model.script([says('thought'), callsTool('calculator', { expression: '1+1' }), says('without')]);
    const id = await startFlow(stack, 'careful', {});
    await until('a person is asked', async () => {
      const { body } = await stack.call('GET', '/api/v1/questions?status=open');
      return z.array(z.looseObject({ kind: z.string() })).parse(body).length === 1;
    });
    const [question] = z
      .array(z.looseObject({ id: z.uuid(), kind: z.string() }))
      .parse((await stack.call('GET', '/api/v1/questions?status=open')).body);
    expect(question?.kind).toBe('tool_approval');
    await stack.call('POST', `/api/v1/questions/${question?.id}/answer`, { answer: 'deny' });
    expect(await flowEnd(stack, 'careful', id)).toMatchObject({
      status: 'completed',
      result: { output: { raw: 'without' } },
    });
    const rates = await stack.engine.services.system.query<{ used: number }>(
      `select used from model_rates where scope like '%/crew:think/agent:agent'`,
    );
    expect(rates).toEqual([{ used: 1 }]);
  }, 60_000);

  it('loops through a person, joins, uses tools and goes over lists', async () => {
    expect((await upload(stack, REVIEW)).status).toBe(201);
    const id = await startFlow(stack, 'order-review', {});
    await asked(id, 1);
    expect(await getFlowRun(stack, 'order-review', id)).toMatchObject({ status: 'running' });
    expect(await answerOpen(stack, id, 'again_please')).toBe(202);
    await asked(id, 2);
    expect(await answerOpen(stack, id, 'approved')).toBe(202);
    expect(await flowEnd(stack, 'order-review', id)).toMatchObject({
      status: 'completed',
      result: { output: { text: 'Orders: 3', said: 'approved', all: ['a=3', null, 'c=5'] } },
    });
    const keys = await keysOf(id);
    expect(keys.slice(0, 2).toSorted()).toEqual(['count', 'totals']);
    expect(keys.slice(2)).toEqual([
      'joined',
      'review',
      'review__feedback',
      'again',
      'review#2',
      'review__feedback#2',
      'publish',
    ]);
    const tools = (await getEvents(stack, id)).filter(({ type }) => type === 'tool_completed');
    expect(tools).toHaveLength(2);
  }, 60_000);

  it('understands free words of a person where it is given a model', async () => {
    const yaml = `
schema: crewai.flow/v1
name: free-words
methods:
  ask:
    start: true
    do: {call: expression, expr: '"A draft"'}
    human_feedback: {message: Good?, emit: [approved, rejected], llm: openai/gpt-4o, default_outcome: rejected}
  good: {listen: approved, do: {call: expression, expr: 'outputs.ask.feedback'}}
  bad: {listen: rejected, do: {call: expression, expr: '"no"'}}`;
    expect((await upload(stack, yaml)).status).toBe(201);
    stack.model.script([says('I would say: approved.')]);
    const id = await startFlow(stack, 'free-words', {});
    await asked(id, 1);
    expect(await answerOpen(stack, id, 'yes, go on')).toBe(202);
    expect((await flowEnd(stack, 'free-words', id)).result).toMatchObject({ output: 'yes, go on' });
  }, 60_000);

  it('runs one of the caller’s graphs as its crew, as the graph is when it starts', async () => {
    const graph = await stack.call('POST', '/api/v1/graphs', aGraph());
    const { id: graphId } = z.object({ id: z.uuid() }).parse(graph.body);
    const yaml = (id: string): string => `
schema: crewai.flow/v1
name: of-a-graph
methods:
  crew: {start: true, do: {call: crew, from_declaration: ${id}, inputs: {topic: "\${state.topic}"}}}`;
    const missing = await upload(stack, yaml('550e8400-e29b-41d4-a716-446655440000'));
    expect(missing).toMatchObject({
      status: 422,
      body: { details: { issues: [{ path: '/methods/crew/do/from_declaration' }] } },
    });
    expect((await upload(stack, yaml(graphId))).status).toBe(201);
    await stack.call('DELETE', `/api/v1/graphs/${graphId}`);
    expect((await stack.call('POST', '/api/v1/of-a-graph/execute', { topic: 'x' })).status).toBe(422);
  });

  it('fails with the reason when an expression has no value, and when a loop takes too many turns', async () => {
    const broken = `
schema: crewai.flow/v1
name: broken
methods:
  look: {start: true, do: {call: expression, expr: state.missing.field}}`;
    const endless = `
schema: crewai.flow/v1
name: endless
config: {max_method_calls: 3}
methods:
  begin: {start: true, do: {call: expression, expr: '1'}}
  turn: {listen: {or: [begin, back]}, do: {call: expression, expr: '2'}}
  back: {listen: turn, do: {call: expression, expr: '3'}}`;
    await upload(stack, broken);
    await upload(stack, endless);
    expect(await flowEnd(stack, 'broken', await startFlow(stack, 'broken', {}))).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('the expression state.missing.field has no value: No such key: missing'),
    });
    expect(await flowEnd(stack, 'endless', await startFlow(stack, 'endless', {}))).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('turn has run 3 times, which is its `max_method_calls`'),
    });
  }, 60_000);

  it('goes on with what it was started with when it is replaced, and is replayed so', async () => {
    const yaml = (word: string): string => `
schema: crewai.flow/v1
name: changing
methods:
  ask: {start: true, do: {call: expression, expr: '"x"'}, human_feedback: {message: Go?}}
  say: {listen: ask, do: {call: expression, expr: '"${word} " + outputs.ask.feedback'}}`;
    await upload(stack, yaml('old'));
    const id = await startFlow(stack, 'changing', {});
    await asked(id, 1);
    expect((await upload(stack, yaml('new'), { method: 'PUT', path: '/changing' })).status).toBe(200);
    const refused = await stack.call('DELETE', '/api/v1/flows/changing');
    expect(refused).toMatchObject({ status: 409, body: { details: { execution_id: id } } });
    expect(await answerOpen(stack, id, 'word')).toBe(202);
    expect((await flowEnd(stack, 'changing', id)).result).toMatchObject({ output: 'old word' });
    const replayed = await stack.call('POST', `/api/v1/executions/${id}/replay`, {});
    const { execution_id: again } = z.looseObject({ execution_id: z.uuid() }).parse(replayed.body);
    await asked(again, 1);
    await answerOpen(stack, again, 'word');
    expect((await flowEnd(stack, 'changing', again)).result).toMatchObject({ output: 'old word' });
    expect((await stack.call('DELETE', '/api/v1/flows/changing')).status).toBe(200);
    expect((await stack.call('POST', '/api/v1/changing/execute', {})).status).toBe(404);
    expect(await getFlowRun(stack, 'changing', id)).toMatchObject({ status: 'completed' });
  }, 60_000);
});
