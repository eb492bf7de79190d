import type { HOSTILE_DOORS } from './hostile-doors.ts';

type DoorName = keyof typeof HOSTILE_DOORS;

const STORED_GRAPH = 'is stored as it is; what is in it is worked out when it is validated or run';
const PLAIN_FIELDS = 'short fields and texts that are stored as they are';
const STARTS_LATER = 'starts what the other doors start, by a clock';
const ACCOUNT = 'short fields; passwords are hashed four at a time';
const ADMIN = 'for admins only';
const WORKFLOW = 'rows of plain fields, which make a plan in time linear in their number';
const CODE_FLOW = 'short fields, checked by the flow’s own schema';
const ONE_TASK = 'changes one task, in time linear in the body';
const TOOL = 'arguments of a tool, which has bounds of its own';

/**
 * What is behind each operation that computes: the doors that are attacked through it, or why nothing there takes longer
 * than reading the body. A new operation that takes a body has to be entered here.
 */
export const DOORS_OF_OPERATIONS: Readonly<Record<string, readonly DoorName[] | string>> = {
  addKnowledge: ['knowledge of a million characters'],
  answerAnyQuestion: ['an answer to a question with a pattern'],
  answerQuestion: ['an answer to a question with a pattern'],
  backfillSchedule: STARTS_LATER,
  bulkExecutions: ADMIN,
  callMcp: ['a question whose schema lists its choices', 'a question with a pattern for its default'],
  changePassword: ACCOUNT,
  cloneGraph: STORED_GRAPH,
  createAgent: PLAIN_FIELDS,
  createAgentInstanceMessage: ['an answer to a question with a pattern'],
  createAgentMessage: [
    'a question whose schema lists its choices',
    'a question with a pattern for its default',
  ],
  createApiKey: ACCOUNT,
  createFlow: ['a flow with hundreds of long expressions, uploaded'],
  createGraph: ['a graph as large as may be, stored'],
  createReportedMessage: PLAIN_FIELDS,
  createSchedule: STARTS_LATER,
  createTask: PLAIN_FIELDS,
  createTemplate: STORED_GRAPH,
  createThread: PLAIN_FIELDS,
  createThreadMessage: [
    'inputs that would make a text of gigabytes',
    'an output_json of three hundred references',
    'a guardrail with a pattern',
    'a condition with a pattern over a long output',
  ],
  createUser: ACCOUNT,
  createUserAgent: PLAIN_FIELDS,
  createWebhook: PLAIN_FIELDS,
  createWorkflow: PLAIN_FIELDS,
  decodePayloads: ADMIN,
  editExecutionTask: ONE_TASK,
  encodePayloads: ADMIN,
  endSession: PLAIN_FIELDS,
  executeContentReviewFlow: CODE_FLOW,
  executeFlow: [
    'a flow whose state has a pattern, started',
    'each over 200 items and 20 expressions',
    'each whose results are large',
    'a template that makes a long text of a short one',
    'an expression without an end',
    'an expression that wants all memory',
  ],
  executeGraph: [
    'a graph as large as may be, executed',
    'inputs that would make a text of gigabytes',
    'an output_json of three hundred references',
    'a guardrail with a pattern',
    'a condition with a pattern over a long output',
  ],
  executeGraphBatch: [
    'inputs that would make a text of gigabytes',
    'an output_json of three hundred references',
    'a guardrail with a pattern',
    'a condition with a pattern over a long output',
  ],
  executePoemFlow: CODE_FLOW,
  executeTask: WORKFLOW,
  executeWorkflow: WORKFLOW,
  executeWorkflowBatch: WORKFLOW,
  exportGraph: ['a graph as large as may be, exported'],
  importGraph: ['a crew imported from deep and wide YAML'],
  instantiateTemplate: STORED_GRAPH,
  kickoffAmp: [
    'inputs that would make a text of gigabytes',
    'an output_json of three hundred references',
    'a guardrail with a pattern',
    'a condition with a pattern over a long output',
  ],
  login: ACCOUNT,
  logout: ACCOUNT,
  reconcile: ADMIN,
  refresh: ACCOUNT,
  register: ACCOUNT,
  replaceAgent: PLAIN_FIELDS,
  replaceFlow: ['a flow with hundreds of long expressions, uploaded'],
  replaceGraph: ['a graph as large as may be, stored'],
  replaceSchedule: STARTS_LATER,
  replaceTask: PLAIN_FIELDS,
  replaceTemplate: STORED_GRAPH,
  replaceThread: PLAIN_FIELDS,
  replaceUserAgent: PLAIN_FIELDS,
  replaceWebhook: PLAIN_FIELDS,
  replaceWorkflow: PLAIN_FIELDS,
  replayExecution: [
    'inputs that would make a text of gigabytes',
    'an output_json of three hundred references',
    'a guardrail with a pattern',
    'a condition with a pattern over a long output',
  ],
  requestUserAgentInstance: PLAIN_FIELDS,
  resetPassword: ACCOUNT,
  resumeAmp: ['an answer to a question with a pattern'],
  rotateWebhookSecret: PLAIN_FIELDS,
  runTool: TOOL,
  setAgentInstanceStatus: PLAIN_FIELDS,
  startCrew: [
    'inputs that would make a text of gigabytes',
    'an output_json of three hundred references',
    'a guardrail with a pattern',
    'a condition with a pattern over a long output',
  ],
  testAgent: WORKFLOW,
  updateAgent: PLAIN_FIELDS,
  updateAgentInstance: PLAIN_FIELDS,
  updateApiKey: ACCOUNT,
  updateGraph: STORED_GRAPH,
  updateMe: ACCOUNT,
  updateSchedule: STARTS_LATER,
  updateTask: PLAIN_FIELDS,
  updateTemplate: STORED_GRAPH,
  updateThread: PLAIN_FIELDS,
  updateUser: ACCOUNT,
  updateUserAgent: PLAIN_FIELDS,
  updateWebhook: PLAIN_FIELDS,
  updateWorkflow: PLAIN_FIELDS,
  validateGraphDocument: [
    'a graph as large as may be, validated',
    'a graph with thousands of patterns, validated',
  ],
};
