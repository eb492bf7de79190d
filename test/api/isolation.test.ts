import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ANNAS_FLOW } from '../support/declared-flows.ts';
import { encoded, forged } from '../support/forged-token.ts';
import { aGraph } from '../support/graph-bodies.ts';
import { askedIn, aWebhook, storedCrew } from '../support/owned-things.ts';
import { peopleOf, type Person } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/**
 * Nobody reaches what is not theirs: every operation of the OpenAPI document, asked by every kind of caller.
 * An operation that is not in the table below fails the suite, so that nobody can forget it.
 */

/**
 * `public`: no credential needed. `own`: names one thing of Anna's. `personal`: about the caller. `admin`: for
 * admins. `person`: as `personal` or `own`, but an API key may not, however wide its scopes.
 */
type Kind = 'public' | 'own' | 'personal' | 'admin';
interface Operation {
  kind: Kind;
  /** Not for admins either. */
  ownerOnly?: boolean;
  /** Refused to API keys. */
  personOnly?: boolean;
  params?: (world: World) => Record<string, string>;
  body?: (world: World) => unknown;
}

interface World {
  anna: Person;
  graph: string;
  kickoff: string;
  template: string;
  thread: string;
  execution: string;
  question: string;
  agent: string;
  workflow: string;
  task: string;
  flowRun: string;
  reviewRun: string;
  webhook: string;
  delivery: string;
  userAgent: string;
  declaredRun: string;
  apiKey: string;
  victim: Person;
}

const execution: Operation = { kind: 'own', params: (world) => ({ execution_id: world.execution }) };
const apiKey: Operation = { kind: 'own', params: (world) => ({ id: world.apiKey }) };
const graph: Operation = { kind: 'own', params: (world) => ({ graph_id: world.graph, version: '1' }) };
const template = { params: (world: World) => ({ template_id: world.template }) };
const thread: Operation = { kind: 'own', params: (world) => ({ thread_id: world.thread }) };
const agent: Operation = { kind: 'own', params: (world) => ({ agent_id: world.agent }) };
const workflow: Operation = { kind: 'own', params: (world) => ({ workflow_id: world.workflow }) };
const task: Operation = { kind: 'own', params: (world) => ({ task_id: world.task }) };
const webhook: Operation = { kind: 'own', params: (world) => ({ webhook_id: world.webhook }) };
const delivery: Operation = {
  kind: 'own',
  params: (world) => ({ webhook_id: world.webhook, delivery_id: world.delivery }),
};
const userAgent: Operation = { kind: 'own', params: (world) => ({ user_agent_id: world.userAgent }) };
/** Flows are known by their owner's name for them, which others may use too. */
const flow: Operation = { kind: 'own', ownerOnly: true, params: () => ({ flow: 'annas-flow' }) };
const user: Operation = { kind: 'admin', personOnly: false, params: (world) => ({ id: world.victim.id }) };

const OPERATIONS: Record<string, Operation> = {
  getWelcome: { kind: 'public' },
  getHealth: { kind: 'public' },
  getLiveness: { kind: 'public' },
  getReadiness: { kind: 'public' },
  getMetrics: { kind: 'admin' },
  getOpenApi: { kind: 'public' },
  register: { kind: 'public', body: () => ({}) },
  login: { kind: 'public', body: () => ({}) },
  refresh: { kind: 'public', body: () => ({}) },
  logout: { kind: 'personal', body: () => ({ refresh_token: 'x'.repeat(43) }) },
  getMe: { kind: 'personal' },
  updateMe: { kind: 'personal', personOnly: true, body: () => ({}) },
  changePassword: {
    kind: 'personal',
    personOnly: true,
    body: () => ({ current_password: 'wrong', new_password: 'x' }),
  },
  listApiKeys: { kind: 'personal' },
  createApiKey: { kind: 'personal', personOnly: true, body: () => ({ name: 'n' }) },
  getApiKey: apiKey,
  updateApiKey: { ...apiKey, personOnly: true, body: () => ({}) },
  rotateApiKey: { ...apiKey, personOnly: true },
  deleteApiKey: { ...apiKey },
  startCrew: { kind: 'personal', body: () => ({ crew: 'nobody' }) },
  getCrewStatus: execution,
  listCrewExecutions: { kind: 'personal' },
  listExecutions: { kind: 'personal' },
  getExecution: execution,
  listExecutionTasks: execution,
  listExecutionEvents: execution,
  streamExecution: execution,
  getExecutionStats: { kind: 'personal' },
  listExecutionLogs: execution,
  getExecutionStatus: execution,
  getExecutionMetrics: execution,
  pauseExecution: execution,
  resumeExecution: execution,
  cancelExecution: execution,
  retryExecution: execution,
  retryExecutionTask: { ...execution, params: (world) => ({ execution_id: world.execution, key: 'write' }) },
  skipExecutionTask: { ...execution, params: (world) => ({ execution_id: world.execution, key: 'write' }) },
  editExecutionTask: {
    ...execution,
    params: (world) => ({ execution_id: world.execution, key: 'write' }),
    body: () => ({ agent: 'nobody' }),
  },
  replayExecution: { ...execution, body: () => ({}) },
  bulkExecutions: { kind: 'admin', body: () => ({}) },
  listQuestions: { kind: 'personal' },
  listExecutionQuestions: execution,
  answerQuestion: {
    kind: 'own',
    params: (world) => ({ execution_id: world.execution, question_id: world.question }),
    body: () => ({ answer: 7 }),
  },
  listGraphs: { kind: 'personal' },
  createGraph: { kind: 'personal', body: () => ({ name: 1 }) },
  getGraph: graph,
  replaceGraph: { ...graph, body: () => ({}) },
  updateGraph: { ...graph, body: () => ({}) },
  deleteGraph: graph,
  cloneGraph: graph,
  importGraph: { kind: 'personal', body: () => ({ files: 1 }) },
  exportGraph: graph,
  listGraphVersions: graph,
  getGraphVersion: graph,
  restoreGraphVersion: graph,
  validateGraphDocument: { kind: 'personal', body: () => ({}) },
  validateGraph: graph,
  getGraphInputs: graph,
  executeGraph: graph,
  getAmpInputs: graph,
  kickoffAmp: { ...graph, body: () => ({}) },
  resumeAmp: {
    ...graph,
    body: (world) => ({ execution_id: world.kickoff, task_id: 'letter', is_approve: true }),
  },
  getAmpStatus: {
    kind: 'own',
    params: (world) => ({ graph_id: world.graph, kickoff_id: world.kickoff }),
  },
  listFlows: { kind: 'personal' },
  createFlow: { kind: 'personal', body: () => ({}) },
  getFlow: flow,
  replaceFlow: { ...flow, body: () => ({ definition: ANNAS_FLOW }) },
  deleteFlow: flow,
  executeFlow: { ...flow, body: () => ({ timeout: 1 }) },
  getFlowExecution: {
    kind: 'own',
    params: (world) => ({ flow: 'annas-flow', execution_id: world.declaredRun }),
  },
  executePoemFlow: { kind: 'personal', body: () => ({ sentence_count: 0 }) },
  executeContentReviewFlow: { kind: 'personal', body: () => ({ topic: '' }) },
  getContentReviewFlowExecution: {
    kind: 'own',
    params: (world) => ({ execution_id: world.reviewRun }),
  },
  getPoemFlowExecution: { kind: 'own', params: (world) => ({ execution_id: world.flowRun }) },
  listTemplates: { kind: 'personal' },
  createTemplate: { kind: 'admin', body: () => ({}) },
  getTemplate: { kind: 'personal', ...template },
  replaceTemplate: { kind: 'admin', ...template, body: () => ({}) },
  updateTemplate: { kind: 'admin', ...template, body: () => ({}) },
  deleteTemplate: { kind: 'admin', ...template },
  instantiateTemplate: { kind: 'personal', ...template },
  listAgents: { kind: 'personal' },
  createAgent: { kind: 'personal', body: () => ({}) },
  getAgent: agent,
  replaceAgent: { ...agent, body: () => ({}) },
  updateAgent: { ...agent, body: () => ({}) },
  deleteAgent: agent,
  testAgent: { ...agent, body: () => ({ input: 'hello', wait_seconds: 1 }) },
  listWorkflows: { kind: 'personal' },
  createWorkflow: { kind: 'personal', body: () => ({}) },
  getWorkflow: workflow,
  replaceWorkflow: { ...workflow, body: () => ({}) },
  updateWorkflow: { ...workflow, body: () => ({}) },
  deleteWorkflow: workflow,
  executeWorkflow: workflow,
  listWorkflowExecutions: workflow,
  pauseWorkflow: workflow,
  resumeWorkflow: workflow,
  cancelWorkflow: workflow,
  listTasks: { kind: 'personal' },
  listWorkflowTasks: workflow,
  createTask: { kind: 'personal', body: () => ({}) },
  getTask: task,
  replaceTask: { ...task, body: () => ({}) },
  updateTask: { ...task, body: () => ({}) },
  deleteTask: task,
  executeTask: task,
  listTaskExecutions: task,
  retryTask: task,
  listThreads: { kind: 'personal' },
  createThread: { kind: 'personal' },
  getThread: thread,
  replaceThread: { ...thread, body: () => ({}) },
  updateThread: { ...thread, body: () => ({}) },
  deleteThread: thread,
  listThreadMessages: thread,
  createThreadMessage: { ...thread, body: () => ({ content: 'hello' }) },
  streamThread: thread,
  listWebhooks: { kind: 'personal' },
  createWebhook: { kind: 'personal', body: () => ({ url: 1 }) },
  getWebhook: webhook,
  replaceWebhook: { ...webhook, body: () => ({}) },
  updateWebhook: { ...webhook, body: () => ({}) },
  deleteWebhook: webhook,
  rotateWebhookSecret: webhook,
  testWebhook: webhook,
  listWebhookDeliveries: webhook,
  getWebhookDelivery: delivery,
  redeliverWebhookDelivery: delivery,
  listUserAgents: { kind: 'personal' },
  createUserAgent: { kind: 'personal', body: () => ({ name: 1 }) },
  getUserAgent: userAgent,
  replaceUserAgent: { ...userAgent, body: () => ({}) },
  updateUserAgent: { ...userAgent, body: () => ({}) },
  deleteUserAgent: userAgent,
  requestUserAgentInstance: { ...userAgent, body: () => ({ prompt: 'hello' }) },
  listUserAgentDeliveries: userAgent,
  openWebSocket: { kind: 'personal' },
  listTools: { kind: 'personal' },
  getTool: { kind: 'personal', params: () => ({ name: 'calculator' }) },
  runTool: { kind: 'personal', params: () => ({ name: 'calculator' }), body: () => ({}) },
  listToolServers: { kind: 'personal' },
  listUsers: { kind: 'admin' },
  createUser: { kind: 'admin', personOnly: true, body: () => ({}) },
  getUser: user,
  updateUser: { ...user, personOnly: true, body: () => ({}) },
  resetPassword: { ...user, personOnly: true, body: () => ({ new_password: 'x' }) },
  deleteUser: { ...user, personOnly: true },
  listAuditEntries: { kind: 'admin' },
};

const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
});
interface Documented {
  method: string;
  path: string;
  operation: Operation;
}

let stack: TestStack;
let world: World;
let bert: Person;
let documented: Map<string, Documented>;
/** Credentials that must never work. */
const refused: Record<string, string | undefined> = {};
let agentKey: string;

const people = peopleOf(() => stack.api);

beforeAll(async () => {
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '0' } });
  const [anna, victim, disabled] = await Promise.all(
    ['anna', 'victim', 'disabled'].map((name) => people.register(`${name}@example.test`)),
  );
  bert = await people.register('bert@example.test');
  if (anna === undefined || victim === undefined || disabled === undefined)
    throw new Error('nobody registered');
  const started = await fetch(`${stack.api.url}/crew/start`, {
    method: 'POST',
    headers: { authorization: `Bearer ${anna.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ crew: 'one-task' }),
  });
  const { execution_id: executionId } = z.object({ execution_id: z.string() }).parse(await started.json());
  const key = await people.makeKey(anna.token, { name: 'kept' });
  const revoked = await people.makeKey(anna.token, { name: 'revoked' });
  await people.send('DELETE', `/api-keys/${revoked.id}`, anna.token);
  agentKey = (await people.makeKey(anna.token, { name: 'agent', scopes: ['agent'] })).key;
  await people.send('PATCH', `/users/${disabled.id}`, stack.api.admin.token, { is_active: false });
  const secret = stack.settings.JWT_SECRET ?? '';
  Object.assign(refused, {
    none: undefined,
    garbage: 'garbage',
    expired: await forged(secret, anna.id, { expiresIn: '-1h' }),
    'for another audience': await forged(secret, anna.id, { audience: 'other' }),
    'alg none': `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded({ sub: anna.id, iss: 'muster', aud: 'muster-api', exp: 4e9 })}.`,
    'revoked key': revoked.key,
    'disabled user': disabled.token,
  });
  const made = await people.send('POST', '/graphs', anna.token, aGraph());
  const { id: graphId } = z.object({ id: z.string() }).parse(await made.json());
  const question = await askedIn(stack.api, executionId);
  const kickoff = await fetch(`${stack.api.url}/amp/${graphId}/kickoff`, {
    method: 'POST',
    headers: { authorization: `Bearer ${anna.token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { kickoff_id: kickoffId } = z.object({ kickoff_id: z.string() }).parse(await kickoff.json());
  const flowRun = await people.send('POST', '/poem-flow/execute', anna.token, { sentence_count: 1 });
  const { execution_id: flowRunId } = z.object({ execution_id: z.string() }).parse(await flowRun.json());
  const reviewRun = await people.send('POST', '/content-review-flow/execute', anna.token, { topic: 'tea' });
  const { execution_id: reviewRunId } = z.object({ execution_id: z.string() }).parse(await reviewRun.json());
  await people.send('POST', '/flows', anna.token, { definition: ANNAS_FLOW });
  const declared = await people.send('POST', '/annas-flow/execute', anna.token, {});
  const begun = await people.send('POST', '/threads', anna.token, {});
  const { id: threadId } = z.object({ id: z.string() }).parse(await begun.json());
  const templates = await people.send('GET', '/templates', anna.token);
  const [shipped] = z.array(z.object({ id: z.string() })).parse(await templates.json());
  const platform = await storedCrew(people.send, anna.token);
  const hook = await aWebhook(people.send, anna.token);
  world = {
    ...platform,
    ...hook,
    flowRun: flowRunId,
    reviewRun: reviewRunId,
    declaredRun: z.object({ execution_id: z.string() }).parse(await declared.json()).execution_id,
    question,
    template: shipped?.id ?? '',
    graph: graphId,
    kickoff: kickoffId,
    thread: threadId,
    anna,
    victim,
    execution: executionId,
    apiKey: key.id,
  };
  const document = documentSchema.parse((await stack.call('GET', '/openapi.json')).body);
  documented = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { operationId }] of Object.entries(methods)) {
      const operation = OPERATIONS[operationId];
      if (operation !== undefined)
        documented.set(operationId, { method: method.toUpperCase(), path, operation });
      else missing.push(operationId);
    }
  }
});
const missing: string[] = [];

afterAll(() => stack.close());

/** Asks one operation. Streams are left at once. */
async function ask(
  { method, path, operation }: Documented,
  credential: string | undefined,
  absent = false,
): Promise<{ status: number; body: string }> {
  const params = operation.params?.(world) ?? {};
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    absent ? randomUUID() : (params[name] ?? ''),
  );
  const body = operation.body?.(world);
  const abort = new AbortController();
  const response = await fetch(`${stack.api.url}${filled}`, {
    method,
    signal: abort.signal,
    headers: {
      ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    abort.abort();
    return { status: response.status, body: '' };
  }
  const text = await response.text();
  return { status: response.status, body: text.replaceAll(/"request_id":"[^"]*"/g, '') };
}

const of = (...kinds: Kind[]): [string, Documented][] =>
  [...documented].filter(([, { operation }]) => kinds.includes(operation.kind));

describe('every operation of the OpenAPI document', () => {
  it('is in the table of this test, and the table names no others', () => {
    expect(missing).toEqual([]);
    expect([...documented.keys()].toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
  });

  it.each(['none', 'garbage', 'expired', 'for another audience', 'alg none', 'revoked key', 'disabled user'])(
    'refuses a credential that is %s with 401, unless it is public',
    async (name) => {
      const wrong: string[] = [];
      for (const [id, entry] of of('own', 'personal', 'admin')) {
        const { status } = await ask(entry, refused[name]);
        if (status !== 401) wrong.push(`${id}: ${status}`);
      }
      expect(wrong).toEqual([]);
      for (const [id, entry] of of('public')) {
        const { status } = await ask(entry, refused[name]);
        if (status === 401 && id !== 'login' && id !== 'refresh') wrong.push(`${id}: ${status}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  it('refuses a key without the scope with 403', async () => {
    const wrong: string[] = [];
    for (const [id, entry] of of('own', 'personal', 'admin')) {
      const { status } = await ask(entry, agentKey);
      if (status !== 403) wrong.push(`${id}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('makes what is somebody else’s look exactly like what is not there', async () => {
    const wrong: string[] = [];
    for (const [id, entry] of of('own')) {
      const foreign = await ask(entry, bert.token);
      const absent = await ask(entry, bert.token, true);
      if (foreign.status !== 404) wrong.push(`${id}: ${foreign.status}`);
      if (foreign.body !== absent.body) wrong.push(`${id}: ${foreign.body} is not ${absent.body}`);
    }
    expect(wrong).toEqual([]);
  });

  it('shows another user nothing of Anna’s in what is about the caller', async () => {
    for (const [id, entry] of of('personal')) {
      // What goes over the WebSocket is seen in the tests of its own.
      if (entry.method !== 'GET' || id === 'openWebSocket') continue;
      const { status, body } = await ask(entry, bert.token);
      expect([id, status]).toEqual([id, 200]);
      for (const secret of [
        world.execution,
        world.flowRun,
        world.apiKey,
        world.graph,
        world.thread,
        world.webhook,
        world.anna.id,
        world.anna.email,
        'Annas',
      ]) {
        expect(body).not.toContain(secret);
      }
    }
  });

  it('lets no ordinary user do what is for admins, nor list everybody’s', async () => {
    const wrong: string[] = [];
    for (const [id, entry] of of('admin')) {
      const { status } = await ask(entry, bert.token);
      if (status !== 403) wrong.push(`${id}: ${status}`);
    }
    expect(wrong).toEqual([]);
    const lists =
      'executions api-keys graphs threads agents workflows tasks webhooks user-agents executions/stats'.split(
        ' ',
      );
    for (const list of lists.map((name) => `/api/v1/${name}`)) {
      const response = await fetch(`${stack.api.url}${list}?scope=all`, {
        headers: { authorization: `Bearer ${bert.token}` },
      });
      expect([list, response.status]).toEqual([list, 403]);
    }
  });

  it('refuses to any key what only a person may do', async () => {
    const wide = await people.makeKey(stack.api.admin.token, {
      name: 'wide',
      scopes: ['read', 'write', 'admin'],
    });
    const wrong: string[] = [];
    for (const [id, entry] of documented) {
      if (entry.operation.personOnly !== true) continue;
      const { status } = await ask(entry, wide.key);
      if (status !== 403) wrong.push(`${id}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('is open to the owner, and to an admin, as far as the state of things allows', async () => {
    const wrong: string[] = [];
    for (const credential of [world.anna.token, stack.api.admin.token]) {
      for (const [id, entry] of of('own')) {
        if (entry.method === 'DELETE') continue;
        if (entry.operation.ownerOnly === true && credential !== world.anna.token) continue;
        const { status } = await ask(entry, credential);
        if (![200, 201, 202, 409].includes(status)) wrong.push(`${id}: ${status}`);
      }
    }
    for (const [id, entry] of of('admin')) {
      if (entry.method === 'DELETE') continue;
      const { status } = await ask(entry, stack.api.admin.token);
      if (![200, 422].includes(status)) wrong.push(`${id} as admin: ${status}`);
    }
    expect(wrong).toEqual([]);
  });
});
