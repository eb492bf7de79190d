import { ANNAS_FLOW } from './declared-flows.ts';
import type { Person } from './people.ts';

/** Every operation of the OpenAPI document, and who may: test/api/isolation.test.ts asks each of them. */

/**
 * `public`: no credential needed. `own`: names one thing of Anna's. `personal`: about the caller. `admin`: for
 * admins. `person`: as `personal` or `own`, but an API key may not, however wide its scopes.
 */
export type Kind = 'public' | 'own' | 'personal' | 'admin';
export interface Operation {
  kind: Kind;
  /** Not for admins either. */
  ownerOnly?: boolean;
  /** Refused to API keys. */
  personOnly?: boolean;
  /** Open to a key with the scope `agent`, and in the name of its owner alone. */
  agentSide?: boolean;
  /** What follows the path, for a thing that is named there. */
  query?: (world: World, absent: string) => string;
  params?: (world: World) => Record<string, string>;
  body?: (world: World) => unknown;
}

export interface World {
  anna: Person;
  graph: string;
  kickoff: string;
  template: string;
  thread: string;
  schedule: string;
  knowledge: string;
  execution: string;
  question: string;
  agentQuestion: string;
  agentType: string;
  instance: string;
  agentMessage: string;
  agent: string;
  workflow: string;
  task: string;
  flowRun: string;
  reviewRun: string;
  declaredRun: string;
  webhook: string;
  delivery: string;
  userAgent: string;
  apiKey: string;
  batch: string;
  worker: string;
  victim: Person;
}

const execution: Operation = { kind: 'own', params: (world) => ({ execution_id: world.execution }) };
const batch: Operation = { kind: 'own', params: (world) => ({ batch_id: world.batch }) };
const apiKey: Operation = { kind: 'own', params: (world) => ({ id: world.apiKey }) };
const graph: Operation = { kind: 'own', params: (world) => ({ graph_id: world.graph, version: '1' }) };
const template = { params: (world: World) => ({ template_id: world.template }) };
const thread: Operation = { kind: 'own', params: (world) => ({ thread_id: world.thread }) };
const schedule: Operation = { kind: 'own', params: (world) => ({ schedule_id: world.schedule }) };
const knowledge: Operation = { kind: 'own', params: (world) => ({ knowledge_id: world.knowledge }) };
const agent: Operation = { kind: 'own', params: (world) => ({ agent_id: world.agent }) };
const workflow: Operation = { kind: 'own', params: (world) => ({ workflow_id: world.workflow }) };
const task: Operation = { kind: 'own', params: (world) => ({ task_id: world.task }) };
const instance: Operation = {
  kind: 'own',
  params: (world) => ({ agent_instance_id: world.instance }),
};
/** Flows are known by their owner's name for them, which others may use too. */
const flow: Operation = { kind: 'own', ownerOnly: true, params: () => ({ flow: 'annas-flow' }) };
const webhook: Operation = { kind: 'own', params: (world) => ({ webhook_id: world.webhook }) };
const delivery: Operation = {
  kind: 'own',
  params: (world) => ({ webhook_id: world.webhook, delivery_id: world.delivery }),
};
const userAgent: Operation = { kind: 'own', params: (world) => ({ user_agent_id: world.userAgent }) };
const user: Operation = { kind: 'admin', personOnly: false, params: (world) => ({ id: world.victim.id }) };

export const OPERATIONS: Record<string, Operation> = {
  getWelcome: { kind: 'public' },
  getHealth: { kind: 'public' },
  getLiveness: { kind: 'public' },
  getReadiness: { kind: 'public' },
  getMetrics: { kind: 'admin' },
  encodePayloads: { kind: 'admin', body: () => ({ payloads: [] }) },
  decodePayloads: { kind: 'admin', body: () => ({ payloads: [] }) },
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
  listKnowledge: { kind: 'personal' },
  addKnowledge: { kind: 'personal', body: () => ({}) },
  getKnowledge: knowledge,
  deleteKnowledge: knowledge,
  listMemories: { kind: 'personal' },
  clearMemories: { kind: 'personal' },
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
  getQuestion: { kind: 'own', params: (world) => ({ question_id: world.agentQuestion }) },
  answerAnyQuestion: {
    kind: 'own',
    params: (world) => ({ question_id: world.agentQuestion }),
    body: () => ({ answer: 'yes' }),
  },
  getAgentSummary: { kind: 'personal' },
  listAgentTypes: { kind: 'personal' },
  listAgentTypeInstances: { kind: 'own', params: (world) => ({ agent_type_id: world.agentType }) },
  listAgentInstances: { kind: 'personal' },
  getAgentInstance: instance,
  updateAgentInstance: { ...instance, body: () => ({}) },
  deleteAgentInstance: instance,
  setAgentInstanceStatus: { ...instance, body: () => ({ status: 'ACTIVE' }) },
  listAgentInstanceMessages: instance,
  createAgentInstanceMessage: { ...instance, body: () => ({ content: 'hello', question_id: null }) },
  streamAgentInstance: instance,
  streamInbox: { kind: 'personal' },
  callMcp: { kind: 'personal', agentSide: true, body: () => ({}) },
  createAgentMessage: { kind: 'personal', agentSide: true, body: () => ({}) },
  createReportedMessage: { kind: 'personal', agentSide: true, body: () => ({}) },
  readPendingMessages: {
    kind: 'own',
    agentSide: true,
    query: (world, absent) => `?agent_instance_id=${absent === '' ? world.instance : absent}`,
  },
  requestInput: {
    kind: 'own',
    agentSide: true,
    params: (world) => ({ message_id: world.agentMessage }),
  },
  endSession: { kind: 'personal', agentSide: true, body: () => ({}) },
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
  executeGraphBatch: { ...graph, body: () => ({ inputs: [{}] }) },
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
  executeWorkflowBatch: { ...workflow, body: () => ({ input_data: [{}] }) },
  getBatch: batch,
  cancelBatch: batch,
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
  listSchedules: { kind: 'personal' },
  createSchedule: { kind: 'personal', body: () => ({}) },
  getSchedule: schedule,
  replaceSchedule: { ...schedule, body: () => ({}) },
  updateSchedule: { ...schedule, body: () => ({}) },
  deleteSchedule: schedule,
  pauseSchedule: schedule,
  resumeSchedule: schedule,
  triggerSchedule: schedule,
  backfillSchedule: {
    ...schedule,
    body: () => ({ from: '2025-12-31T00:00:00Z', to: '2026-01-02T00:00:00Z' }),
  },
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
  reconcile: { kind: 'admin', body: () => ({ dry_run: true }) },
  listWorkers: { kind: 'admin' },
  drainWorker: { kind: 'admin', params: (world) => ({ worker_id: world.worker }) },
};
