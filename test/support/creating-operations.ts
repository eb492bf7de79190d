import type { UserLimit } from '../../src/domain/user-limits.ts';

/**
 * Every POST of the API, and which limit of a user what it makes counts for; `free` says why none is needed. test/api/quotas.test.ts
 * compares it with the OpenAPI document, so that a new one cannot be forgotten.
 */
export const CREATES: Record<string, UserLimit | { free: string }> = {
  createApiKey: 'api_keys',
  createWebhook: 'webhooks',
  createUserAgent: 'user_agents',
  createSchedule: 'schedules',
  createFlow: 'flows',
  createGraph: 'graphs',
  cloneGraph: 'graphs',
  importGraph: 'graphs',
  instantiateTemplate: 'graphs',
  createAgent: 'agents',
  createWorkflow: 'workflows',
  createTask: 'tasks',
  createThread: 'threads',
  addKnowledge: 'knowledge_sources',
  startCrew: 'queued_executions',
  executeGraph: 'queued_executions',
  executeGraphBatch: 'queued_executions',
  executeWorkflow: 'queued_executions',
  executeWorkflowBatch: 'queued_executions',
  executeTask: 'queued_executions',
  executeFlow: 'queued_executions',
  executePoemFlow: 'queued_executions',
  executeContentReviewFlow: 'queued_executions',
  testAgent: 'queued_executions',
  kickoffAmp: 'queued_executions',
  createThreadMessage: 'queued_executions',
  replayExecution: 'queued_executions',
  callMcp: 'event_streams',
};
const free = (why: string, ...operations: string[]): void => {
  for (const operation of operations) CREATES[operation] = { free: why };
};
free(
  'makes or ends a session or an account, by limits of its own',
  'register',
  'login',
  'refresh',
  'logout',
  'changePassword',
);
free(
  'for admins',
  'createUser',
  'resetPassword',
  'createTemplate',
  'bulkExecutions',
  'reconcile',
  'drainWorker',
  'encodePayloads',
  'decodePayloads',
);
free(
  'changes what is there',
  'rotateApiKey',
  'rotateWebhookSecret',
  'pauseSchedule',
  'resumeSchedule',
  'endSession',
);
free(
  'steers what was started',
  'pauseExecution',
  'resumeExecution',
  'cancelExecution',
  'retryExecution',
  'retryExecutionTask',
  'skipExecutionTask',
  'pauseWorkflow',
  'resumeWorkflow',
  'cancelWorkflow',
  'cancelBatch',
  'retryTask',
  'answerQuestion',
  'answerAnyQuestion',
  'resumeAmp',
);
free('keeps nothing', 'validateGraph', 'validateGraphDocument', 'runTool');
free(
  'goes through the schedule, whose runs are counted when they start',
  'triggerSchedule',
  'backfillSchedule',
);
free(
  'is history of a thing that counts, made at the rate of calls and pruned',
  'restoreGraphVersion',
  'testWebhook',
  'redeliverWebhookDelivery',
  'requestUserAgentInstance',
);
free(
  'is said in a conversation, at the rate of calls',
  'createAgentMessage',
  'createReportedMessage',
  'createAgentInstanceMessage',
);
