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
let templateId: string;

const idOf = (body: unknown): string => z.looseObject({ id: z.string() }).parse(body).id;
const numberOf = (body: unknown): number => z.looseObject({ id: z.int() }).parse(body).id;

beforeAll(async () => {
  stack = await startTestStack();
  const keyless = {
    schema: 'crewai.flow/v1',
    name: 'Keyed',
    methods: { a: { start: true, do: { call: 'expression', expr: '1' } } },
  };
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await stack.call('POST', `/api/v1${path}`, body);
    expect([path, answer.status]).toEqual([path, 201]);
    return answer.body;
  };
  graphId = idOf(await post('/graphs', aGraph()));
  agentId = numberOf(await post('/agents', { name: 'a', role: 'r', goal: 'g', model: 'openai/x' }));
  workflowId = numberOf(await post('/workflows', { name: 'w', workflow_type: 'linear' }));
  await post('/flows', { definition: keyless });
  templateId = idOf(await post('/templates', { name: 'keyless', graph: aGraph() }));
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

type Door = [operationId: string, method: string, path: () => string, body: unknown, place: string];

const config = { llm };
const AT_CONFIG = '/config/llm/api_key';
const AT_NODE = '/nodes/0/data/llm/api_key';
const AT_FLOW = '/methods/a/do/with/headers/Authorization';
const withNode = (node: object): object => ({ ...graph, nodes: [node] });

/** Every route that takes a document, some more than once. */
const DOORS: Door[] = [
  ['createGraph', 'POST', () => '/graphs', graph, AT_NODE],
  [
    'createGraph',
    'POST',
    () => '/graphs',
    withNode({ id: 't', type: 'tool', data: { name: 'x', config: { password: SECRET } } }),
    '/nodes/0/data/config/password',
  ],
  [
    'createGraph',
    'POST',
    () => '/graphs',
    withNode({
      id: 'c',
      type: 'crew',
      data: { embedder: { provider: 'openai', config: { aws_secret_access_key: SECRET } } },
    }),
    '/nodes/0/data/embedder/config/aws_secret_access_key',
  ],
  ['replaceGraph', 'PUT', () => `/graphs/${graphId}`, { nodes: graph.nodes }, AT_NODE],
  ['updateGraph', 'PATCH', () => `/graphs/${graphId}`, { nodes: graph.nodes }, AT_NODE],
  ['validateGraphDocument', 'POST', () => '/graphs/validate', graph, AT_NODE],
  ['importGraph', 'POST', () => '/graphs/import', { files }, 'w/llm/api_key'],
  ['createTemplate', 'POST', () => '/templates', { name: 't', graph }, `/graph${AT_NODE}`],
  ['replaceTemplate', 'PUT', () => `/templates/${templateId}`, { graph }, `/graph${AT_NODE}`],
  ['updateTemplate', 'PATCH', () => `/templates/${templateId}`, { graph }, `/graph${AT_NODE}`],
  [
    'createAgent',
    'POST',
    () => '/agents',
    { name: 'b', role: 'r', goal: 'g', model: 'm', config },
    AT_CONFIG,
  ],
  ['replaceAgent', 'PUT', () => `/agents/${agentId}`, { config }, AT_CONFIG],
  ['updateAgent', 'PATCH', () => `/agents/${agentId}`, { config }, AT_CONFIG],
  ['createWorkflow', 'POST', () => '/workflows', { name: 'b', workflow_type: 'linear', config }, AT_CONFIG],
  ['replaceWorkflow', 'PUT', () => `/workflows/${workflowId}`, { config }, AT_CONFIG],
  ['updateWorkflow', 'PATCH', () => `/workflows/${workflowId}`, { config }, AT_CONFIG],
  ['executeWorkflow', 'POST', () => `/workflows/${workflowId}/execute`, { config }, AT_CONFIG],
  [
    'executeWorkflowBatch',
    'POST',
    () => `/workflows/${workflowId}/execute/batch`,
    { inputs: [{}], config },
    AT_CONFIG,
  ],
  [
    'createTask',
    'POST',
    () => '/tasks',
    { name: 'u', description: 'd', task_type: 'x', workflow_id: 1, agent_id: 1, config },
    AT_CONFIG,
  ],
  ['replaceTask', 'PUT', () => `/tasks/${taskId}`, { config: { token: SECRET } }, '/config/token'],
  ['updateTask', 'PATCH', () => `/tasks/${taskId}`, { config }, AT_CONFIG],
  ['executeTask', 'POST', () => `/tasks/${taskId}/execute`, { config }, AT_CONFIG],
  ['createFlow', 'POST', () => '/flows', { definition: flow }, AT_FLOW],
  ['replaceFlow', 'PUT', () => '/flows/keyed', { definition: flow }, AT_FLOW],
];

describe('a secret in a document', () => {
  it.each(DOORS.map((door, at) => [...door, at] as const))(
    'is 422 with its place for %s: %#',
    async (_operation, method, path, body, place, at) => {
      const response = await fetch(`${stack.api.url}/api/v1${path()}`, {
        method,
        headers: {
          ...bearer(stack.api.admin.apiKey),
          'content-type': 'application/json',
          ...(method === 'POST' && !path().endsWith('validate') && { 'idempotency-key': `secret ${at}` }),
        },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      expect([response.status, text]).toEqual([422, expect.stringContaining(place)]);
      expect(text).toContain('OPENAI_API_KEY');
      expect(text).not.toContain(SECRET);
    },
  );

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
    const tables = await stack.engine.services.system.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const [row] = await stack.engine.services.system.query<{ found: number }>(
        `select count(*)::integer as found from ${name} t where t::text like $1`,
        [`%${SECRET}%`],
      );
      expect([name, row?.found]).toEqual([name, 0]);
    }
  });
});

describe('the doors of documents', () => {
  /** Fields by which a body brings a document along. */
  const FIELDS = ['nodes', 'graph', 'config', 'definition', 'files'];
  const schemaOf = z.looseObject({
    $ref: z.string().optional(),
    properties: z.record(z.string(), z.unknown()).optional(),
  });
  const documentOf = z.looseObject({
    paths: z.record(z.string(), z.record(z.string(), z.unknown())),
    components: z.looseObject({ schemas: z.record(z.string(), schemaOf) }),
  });
  const operationOf = z.looseObject({
    operationId: z.string(),
    requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({ schema: schemaOf })) }),
  });

  it('are all known to these tests: who adds one says what becomes of secrets in it', async () => {
    const { paths, components } = documentOf.parse((await stack.call('GET', '/openapi.json')).body);
    const doors = Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap((operation) => operationOf.safeParse(operation).data ?? [])
      .filter(({ requestBody }) => {
        const schema = requestBody.content['application/json']?.schema;
        const name = schema?.$ref?.split('/').at(-1) ?? '';
        const properties = (components.schemas[name] ?? schema)?.properties ?? {};
        return FIELDS.some((field) => Object.hasOwn(properties, field));
      })
      .map(({ operationId }) => operationId);
    const known = new Set(DOORS.map(([operationId]) => operationId));
    expect(doors.toSorted()).toEqual([...known].toSorted());
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
