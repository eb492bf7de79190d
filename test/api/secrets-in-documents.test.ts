import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { bearer } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** Keys that users write into documents are refused at every door, before anything of them is kept anywhere. */

const SECRET = 'sk-planted-in-a-document-4711';
let stack: TestStack;
let graphId: string;
let agentId: number;
let workflowId: number;
let taskId: number;

const idOf = (body: unknown): string => z.looseObject({ id: z.string() }).parse(body).id;
const numberOf = (body: unknown): number => z.looseObject({ id: z.int() }).parse(body).id;

beforeAll(async () => {
  stack = await startTestStack();
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await stack.call('POST', `/api/v1${path}`, body);
    expect([path, answer.status]).toEqual([path, 201]);
    return answer.body;
  };
  graphId = idOf(await post('/graphs', aGraph()));
  agentId = numberOf(await post('/agents', { name: 'a', role: 'r', goal: 'g', model: 'openai/x' }));
  workflowId = numberOf(await post('/workflows', { name: 'w', workflow_type: 'linear' }));
  const task = { name: 't', description: 'd', task_type: 'x', workflow_id: workflowId, agent_id: agentId };
  taskId = numberOf(await post('/tasks', task));
});
afterAll(() => stack.close());

const agentNode = (data: object): object => ({
  id: 'w',
  type: 'agent',
  data: { role: 'r', goal: 'g', backstory: 'b', ...data },
});
const llm = { model: 'openai/x', api_key: SECRET };
const graph = { name: 'g', nodes: [agentNode({ llm })], edges: [] };
const flow = {
  schema: 'crewai.flow/v1',
  name: 'Keyed',
  methods: {
    a: {
      start: true,
      do: {
        call: 'tool',
        ref: 'http_request',
        with: { url: 'https://x.example', headers: { Authorization: `Bearer ${SECRET}` } },
      },
    },
  },
};
const files = {
  'agents.yaml': `w:\n  role: r\n  goal: g\n  backstory: b\n  llm:\n    model: openai/x\n    api_key: ${SECRET}\n`,
  'tasks.yaml': 't:\n  description: d\n  expected_output: o\n  agent: w\n',
};

describe('a secret in a document', () => {
  it.each([
    ['POST', '/graphs', graph, '/nodes/0/data/llm/api_key'],
    ['PUT', () => `/graphs/${graphId}`, { nodes: graph.nodes }, '/nodes/0/data/llm/api_key'],
    ['PATCH', () => `/graphs/${graphId}`, { nodes: graph.nodes }, '/nodes/0/data/llm/api_key'],
    ['POST', '/graphs/validate', graph, '/nodes/0/data/llm/api_key'],
    [
      'POST',
      '/graphs',
      { ...graph, nodes: [{ id: 't', type: 'tool', data: { name: 'x', config: { password: SECRET } } }] },
      '/nodes/0/data/config/password',
    ],
    [
      'POST',
      '/graphs',
      {
        ...graph,
        nodes: [
          {
            id: 'c',
            type: 'crew',
            data: { embedder: { provider: 'openai', config: { aws_secret_access_key: SECRET } } },
          },
        ],
      },
      '/nodes/0/data/embedder/config/aws_secret_access_key',
    ],
    ['POST', '/graphs/import', { files }, 'w/llm/api_key'],
    ['POST', '/templates', { name: 't', graph }, '/graph/nodes/0/data/llm/api_key'],
    [
      'POST',
      '/agents',
      { name: 'b', role: 'r', goal: 'g', model: 'm', config: { llm } },
      '/config/llm/api_key',
    ],
    ['PUT', () => `/agents/${agentId}`, { config: { llm } }, '/config/llm/api_key'],
    [
      'POST',
      '/workflows',
      { name: 'b', workflow_type: 'linear', config: { manager_llm: llm } },
      '/config/manager_llm/api_key',
    ],
    [
      'PUT',
      () => `/workflows/${workflowId}`,
      { config: { manager_llm: llm } },
      '/config/manager_llm/api_key',
    ],
    ['POST', () => `/workflows/${workflowId}/execute`, { config: { api_key: SECRET } }, '/config/api_key'],
    ['PUT', () => `/tasks/${taskId}`, { config: { token: SECRET } }, '/config/token'],
    ['POST', () => `/tasks/${taskId}/execute`, { config: { token: SECRET } }, '/config/token'],
    ['POST', '/flows', { definition: flow }, '/methods/a/do/with/headers/Authorization'],
  ])('%s %s is 422 with its place: %#', async (method, path, body, place) => {
    const at = typeof path === 'string' ? path : path();
    const response = await fetch(`${stack.api.url}/api/v1${at}`, {
      method,
      headers: {
        ...bearer(stack.api.admin.apiKey),
        'content-type': 'application/json',
        ...(method === 'POST' && !at.endsWith('validate') && { 'idempotency-key': `secret ${at} ${place}` }),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    expect([response.status, text]).toEqual([422, expect.stringContaining(place)]);
    expect(text).toContain('OPENAI_API_KEY');
    expect(text).not.toContain(SECRET);
  });

  it('is refused in a zip and in YAML too', async () => {
    const send = (path: string, type: string, body: string | Buffer<ArrayBuffer>): Promise<Response> =>
      fetch(`${stack.api.url}/api/v1${path}`, {
        method: 'POST',
        headers: { ...bearer(stack.api.admin.apiKey), 'content-type': type },
        body,
      });
    const zip = zipSync(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])),
    );
    expect((await send('/graphs/import', 'application/zip', Buffer.from(zip))).status).toBe(422);
    expect((await send('/flows', 'application/yaml', JSON.stringify(flow))).status).toBe(422);
  });

  it('is kept nowhere', async () => {
    const tables = await stack.engine.engine.system.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const [row] = await stack.engine.engine.system.query<{ found: number }>(
        `select count(*)::integer as found from ${name} t where t::text like $1`,
        [`%${SECRET}%`],
      );
      expect([name, row?.found]).toEqual([name, 0]);
    }
  });
});

describe('a model’s address in a document', () => {
  it.each([
    [
      'POST',
      '/agents',
      { name: 'c', role: 'r', goal: 'g', model: 'm', config: { base_url: 'http://10.0.0.5/v1' } },
      '/config/base_url',
    ],
    [
      'POST',
      '/workflows',
      {
        name: 'c',
        workflow_type: 'hierarchical',
        config: { manager_llm: { model: 'm', api_base: 'http://x' } },
      },
      '/config/manager_llm/api_base',
    ],
  ])('%s %s is 422, so that nothing is sent elsewhere', async (method, path, body, place) => {
    const answer = await stack.call(method, `/api/v1${path}`, body);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([422, expect.stringContaining(place)]);
  });

  it('makes a graph invalid, also that of its embedder', async () => {
    const nodes = [
      agentNode({ llm: { model: 'openai/x', base_url: 'http://10.0.0.5/v1' } }),
      {
        id: 'c',
        type: 'crew',
        data: { embedder: { provider: 'openai', config: { api_base: 'http://10.0.0.5/v1' } } },
      },
    ];
    const { body } = await stack.call('POST', '/api/v1/graphs/validate', { name: 'g', nodes, edges: [] });
    const { errors } = z.looseObject({ errors: z.array(z.looseObject({ path: z.string() })) }).parse(body);
    expect(errors.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/nodes/0/data/llm/base_url', '/nodes/1/data/embedder/config/api_base']),
    );
  });
});
