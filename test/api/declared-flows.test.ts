import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RESEARCH, upload } from '../support/declared-flows.ts';
import { peopleOf } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** Uploading flows: what is refused, and in which words. */

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
  expect((await upload(stack, RESEARCH)).status).toBe(201);
});
afterAll(() => stack.close());

const answerSchema = z.looseObject({
  details: z.looseObject({ issues: z.array(z.object({ path: z.string(), message: z.string() })) }),
});
const issuesOf = (body: unknown): Record<string, string> =>
  Object.fromEntries(answerSchema.parse(body).details.issues.map(({ path, message }) => [path, message]));

const minimal = (name: string): string =>
  `schema: crewai.flow/v1\nname: ${name}\nmethods:\n  a: {start: true, do: {call: expression, expr: '1'}}\n`;

describe('an upload', () => {
  it('is taken with fields that change nothing, each named in a warning', async () => {
    const answer = await upload(
      stack,
      `
schema: crewai.flow/v1
name: Greeting
config: {suppress_flow_events: true, tracing: false, checkpoint: false, defer_trace_finalization: true}
persist: {enabled: true, verbose: true}
methods:
  hello: {start: true, do: {call: expression, expr: '"hi"'}}
  more:
    listen: hello
    do: {call: agent, with: {role: R, goal: G, input: I, verbose: true, settings: {cache: true}}}
    human_feedback: {message: Well?, metadata: {a: 1}}
`,
    );
    expect(answer.status).toBe(201);
    const { warnings } = z
      .looseObject({ warnings: z.array(z.object({ path: z.string(), message: z.string() })) })
      .parse(answer.body);
    expect(warnings.map(({ path }) => path)).toEqual([
      '/config/suppress_flow_events',
      '/config/defer_trace_finalization',
      '/persist/verbose',
      '/methods/more/human_feedback/metadata',
      '/methods/more/do/with/verbose',
      '/methods/more/do/with/settings/cache',
    ]);
    expect(warnings[0]?.message).toMatch(/^has no effect: the log/);
    expect((await stack.call('DELETE', '/api/v1/flows/greeting')).status).toBe(200);
  });

  it('that is not UTF-8 is refused with its place', async () => {
    const response = await fetch(`${stack.api.url}/api/v1/flows`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.api.admin.apiKey}`, 'content-type': 'application/yaml' },
      body: Buffer.from(minimal('F').replace("'1'", "'\u00e9'"), 'latin1'),
    });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('not a text in UTF-8 (line 4): save it as UTF-8');
  });

  it('is told everything that is wrong with it at once', async () => {
    const answer = await upload(
      stack,
      `
schema: crewai.flow/v2
name: Bad
nonsense: 1
config: {memory: {enabled: true}}
methods:
  a: {start: true, do: {call: code, ref: "x:y"}}
  b: {listen: a, do: {call: script, code: "import os"}}
  c: {listen: {and: [a, {or: [b, d]}]}, do: {call: expression, expr: "foo.x"}}
  d: {do: {call: tool, ref: calculator, with: {q: "\${state.x} \${1+}"}}}
  e: {listen: nobody, router: true, do: {call: expression, expr: "'x'"}, persist: {enabled: true, persistence: {ref: "a:b"}}}
  f: {listen: a, do: {call: crew, from_declaration: crews/x}}
`,
    );
    expect(answer.status).toBe(422);
    const issues = issuesOf(answer.body);
    expect(Object.keys(issues).toSorted()).toEqual(
      [
        '/schema',
        '/nonsense',
        '/config/memory',
        '/methods/a/do/call',
        '/methods/b/do/call',
        '/methods/c/listen',
        '/methods/c/do/expr',
        '/methods/d',
        '/methods/d/do/with/q',
        '/methods/e/listen',
        '/methods/e/emit',
        '/methods/e/persist/persistence',
        '/methods/f/do/from_declaration',
      ].toSorted(),
    );
    expect(issues['/methods/b/do/call']).toContain('runs Python of yours, which this server does not');
  });

  it('is told of tools and crews that are not to be had', async () => {
    const answer = await upload(
      stack,
      `
schema: crewai.flow/v1
name: Bad
methods:
  a: {start: true, do: {call: tool, ref: "crewai_tools:SerperDevTool"}}
  b: {start: true, do: {call: crew, with: {agents: {x: {role: R, goal: G, backstory: B}}, tasks: [{description: D, expected_output: E, agent: y}]}}}
  c: {start: true, do: {call: agent, with: {role: R, goal: G, input: I, tool_approvals: {calculater: ask}}}}
  d: {start: true, do: {call: each, in: "[1]", do: [{name: x, action: {call: agent, with: {role: R, goal: G, input: I, max_rpm: 3}}}]}}
  e: {start: true, do: {call: crew, with: {agents: {x: {role: R, goal: G, backstory: B, tool_approvals: {calculater: ask}}}, tasks: [{description: D, expected_output: E, agent: x}]}}}
`,
    );
    expect(answer.status).toBe(422);
    const issues = issuesOf(answer.body);
    expect(issues['/methods/a/do/ref']).toContain('there is no tool "crewai_tools:SerperDevTool" here');
    expect(issues['/methods/b/do/with']).toContain("references agent 'y'");
    expect(issues['/methods/c/do/with/tool_approvals/calculater']).toContain('no tool "calculater" here');
    expect(issues['/methods/d/do/do/0/action/with/max_rpm']).toContain('use a method of its own');
    expect(issues['/methods/e/do/with']).toContain('no tool is called "calculater"');
  });

  it('that is no YAML, or none of a flow, is told where', async () => {
    expect(issuesOf((await upload(stack, 'a: [')).body)).toHaveProperty(['flow.yaml:1:5']);
    expect(issuesOf((await upload(stack, '- a')).body)).toEqual({ '': 'a flow is a mapping of fields' });
    expect((await stack.call('POST', '/api/v1/flows', { definition: 7 })).status).toBe(422);
    expect((await stack.call('POST', '/api/v1/flows', {})).status).toBe(422);
  });

  it('may not be called as a path, a flow of the server, or one that is there', async () => {
    for (const name of ['Agents', 'poem-flow', 'PoemFlow', 'content_review_flow', 'ResearchReviewFlow'])
      expect([name, (await upload(stack, minimal(name))).status]).toEqual([name, 409]);
    for (const name of ['"../x"', '"9 lives"', '"ü"', '"a/b"'])
      expect(issuesOf((await upload(stack, minimal(name))).body)).toHaveProperty(['/name']);
    const other = await upload(stack, minimal('other'), { method: 'PUT', path: '/research-review-flow' });
    expect(issuesOf(other.body)).toHaveProperty(['/name']);
  });

  it('may not be called as any path there is', async () => {
    const { paths } = z
      .object({ paths: z.record(z.string(), z.unknown()) })
      .parse((await stack.call('GET', '/openapi.json')).body);
    const segments = Object.keys(paths).flatMap((path) => /^\/api\/v1\/([a-z-]+)/.exec(path)?.[1] ?? []);
    for (const segment of new Set(segments))
      expect([segment, (await upload(stack, minimal(segment))).status]).toEqual([segment, 409]);
  });

  it('that is too large is 413, as YAML, as JSON, and as the state of a run', async () => {
    const large = 'x'.repeat(1_500_000);
    expect((await upload(stack, `${minimal('large')}# ${large}`)).status).toBe(413);
    expect((await stack.call('POST', '/api/v1/flows', { definition: large })).status).toBe(413);
    const run = await stack.call('POST', '/api/v1/research-review-flow/execute', { topic: large });
    expect(run.status).toBe(413);
  });
});

describe('an uploaded flow', () => {
  it('is listed after those of the server, and shown with what was sent', async () => {
    const list = await stack.call('GET', '/api/v1/flows');
    expect(list.body).toMatchObject([
      { kind: 'code', name: 'content_review_flow' },
      { kind: 'code', name: 'poem_flow' },
      {
        kind: 'declarative',
        name: 'research_review_flow',
        steps: [{}, { labels: ['followup', 'done'] }, {}],
      },
    ]);
    expect(list.headers.get('x-total-count')).toBe('3');
    expect((await stack.call('GET', '/api/v1/flows?skip=2&limit=1')).body).toMatchObject([
      { kind: 'declarative' },
    ]);
    for (const name of ['research-review-flow', 'research_review_flow'])
      expect((await stack.call('GET', `/api/v1/flows/${name}`)).body).toMatchObject({ source: RESEARCH });
    expect((await stack.call('GET', '/api/v1/flows/poem-flow')).body).toMatchObject({ definition: null });
    expect((await stack.call('DELETE', '/api/v1/flows/poem-flow')).status).toBe(409);
  });

  it('is uploaded as JSON too', async () => {
    const definition = {
      schema: 'crewai.flow/v1',
      name: 'as_json',
      methods: { a: { start: true, do: { call: 'expression', expr: '${state}' } } },
    };
    const made = await stack.call('POST', '/api/v1/flows', { definition });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'as_json', source: JSON.stringify(definition, null, 2) },
    });
    expect((await stack.call('POST', '/api/v1/flows', { definition: minimal('as-text') })).status).toBe(201);
    expect((await stack.call('DELETE', '/api/v1/flows/as-json')).status).toBe(200);
    expect((await stack.call('DELETE', '/api/v1/flows/as-json')).status).toBe(404);
  });

  it('refuses what does not fit its state, with paths', async () => {
    const refused = await stack.call('POST', '/api/v1/research-review-flow/execute', {
      topic: '',
      audience: 7,
    });
    expect(refused.status).toBe(422);
    expect(Object.keys(issuesOf(refused.body)).toSorted()).toEqual(['/audience', '/topic']);
    expect((await stack.call('POST', '/api/v1/research-review-flow/execute')).status).toBe(422);
    expect((await stack.call('POST', '/api/v1/research-review-flow/execute', [])).status).toBe(422);
    const query = await stack.call('POST', '/api/v1/research-review-flow/execute?priority=high', {
      topic: 'x',
    });
    expect(issuesOf(query.body)).toHaveProperty(['?priority']);
  });

  it('is nobody else’s, and other paths lead nowhere', async () => {
    const other = await peopleOf(() => stack.api).register('other@example.test');
    const asOther = async (method: string, path: string): Promise<number> =>
      (await peopleOf(() => stack.api).send(method, path, other.token, method === 'GET' ? undefined : {}))
        .status;
    expect(await asOther('POST', '/research-review-flow/execute')).toBe(404);
    expect(await asOther('GET', '/flows/research-review-flow')).toBe(404);
    expect((await upload(stack, RESEARCH, { token: other.token })).status).toBe(201);
    const started = await stack.call('POST', '/api/v1/research-review-flow/execute', { topic: 'x' });
    const { execution_id: id } = z.looseObject({ execution_id: z.uuid() }).parse(started.body);
    expect(await asOther('GET', `/research-review-flow/execution/${id}`)).toBe(404);
    for (const path of [
      `/api/v1/poem-flow/execution/${id}`,
      `/api/v1/other-flow/execution/${id}`,
      '/api/v1/research-review-flow/execution/not-an-id',
      '/api/v1/flows/not%20a%20name',
    ])
      expect([path, (await stack.call('GET', path)).status]).toEqual([path, 404]);
    expect((await stack.call('POST', '/api/v1/nobodys-flow/execute', {})).status).toBe(404);
  });
});
