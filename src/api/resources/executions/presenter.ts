import type { z } from 'zod';
import type { EventFrame } from '../../../contracts/events.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { MICRO_USD } from '../../../domain/run/budget.ts';
import type { Execution } from '../../../persistence/entities/execution.entity.ts';
import type { TaskExecution } from '../../../persistence/entities/task-execution.entity.ts';
import { traceIdOf } from '../../../telemetry/tracing/trace-ids.ts';
import { runWorkflowId } from '../../../temporal/names.ts';
import type { ApiServices } from '../../services.ts';
import { taskOutputSchema, type ExecutionBody, type logEntrySchema, type taskRunSchema } from './schema.ts';

export type LogEntry = z.output<typeof logEntrySchema>;

/** What a presented execution links to. */
export const links = ({ settings }: Pick<ApiServices, 'settings'>) => ({
  temporalUiUrl: settings.TEMPORAL_UI_URL,
  mlflowUrl: settings.MLFLOW_TRACKING_URI,
  namespace: settings.TEMPORAL_NAMESPACE,
});

export const usdOf = (microUsd: number | null | undefined): number | null =>
  typeof microUsd === 'number' ? microUsd / MICRO_USD : null;

/**
 * The row as the API shows it. `log` only where one execution is shown; `listed` is its result, cut, where many are.
 */
export function presentExecution(
  execution: Execution,
  context: {
    temporalUiUrl: string | undefined;
    namespace: string;
    mlflowUrl: string | undefined;
    log?: readonly EventFrame[];
    listed?: JsonObject | null;
  },
): ExecutionBody {
  const workflowId = runWorkflowId(execution);
  const { temporalUiUrl, namespace, mlflowUrl, log, listed } = context;
  const whole = listed === undefined ? (execution.result ?? null) : null;
  return {
    id: execution.id,
    execution_id: execution.executionId,
    kind: execution.kind,
    workflow_id: execution.workflowId ?? null,
    graph_id: execution.graphId ?? null,
    flow_name: execution.flowName ?? null,
    crew_name: execution.crewName ?? null,
    thread_id: execution.threadId ?? null,
    parent_execution_id: execution.parentExecutionId ?? null,
    batch_id: execution.batchId ?? null,
    status: execution.status,
    pause_requested: execution.pauseRequested,
    input_data: execution.inputData,
    output_data: whole,
    result: whole ?? listed ?? null,
    error: execution.error ?? null,
    error_message: execution.error ?? null,
    error_code: execution.errorCode ?? null,
    execution_log: log !== undefined && execution.startedAt instanceof Date ? log.map(presentLogEntry) : null,
    priority: execution.priority,
    tags: execution.tags,
    token_usage: usageOf(execution),
    cost_usd: usdOf(execution.costMicroUsd),
    model: execution.model ?? null,
    started_at: (execution.startedAt ?? execution.createdAt).toISOString(),
    created_at: execution.createdAt.toISOString(),
    completed_at: execution.completedAt?.toISOString() ?? null,
    updated_at: execution.updatedAt.toISOString(),
    created_by: execution.ownerId,
    temporal: {
      workflow_id: workflowId,
      run_id: execution.claimedRunId ?? null,
      url:
        temporalUiUrl === undefined
          ? null
          : `${temporalUiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`,
    },
    trace_id: traceIdOf(execution),
    mlflow: mlflowOf(execution.mlflowRunId, mlflowUrl),
  };
}

/** Null until MLflow has the run; its page is known while MLFLOW_TRACKING_URI is. */
const mlflowOf = (runId: string | null | undefined, url: string | undefined): ExecutionBody['mlflow'] =>
  typeof runId === 'string'
    ? { run_id: runId, url: url === undefined ? null : `${url.replace(/\/+$/, '')}/#/runs/${runId}` }
    : null;

const usageOf = (row: { promptTokens: number; completionTokens: number; totalTokens: number }) => ({
  prompt_tokens: row.promptTokens,
  completion_tokens: row.completionTokens,
  total_tokens: row.totalTokens,
});

export function presentTask(task: TaskExecution): z.output<typeof taskRunSchema> {
  return {
    id: task.id,
    key: task.taskKey,
    name: task.name,
    status: task.status,
    attempts: task.attempts,
    agent: task.agent,
    description: task.spec?.description ?? null,
    expected_output: task.spec?.expectedOutput ?? null,
    depends_on: task.spec?.dependsOn ?? [],
    context: task.spec?.context.kind === 'tasks' ? task.spec.context.keys : null,
    tools: task.spec?.tools ?? [],
    output: taskOutputSchema.nullable().parse(task.output ?? null),
    error: task.error ?? null,
    error_code: task.errorCode ?? null,
    warnings: task.warnings,
    token_usage: usageOf(task),
    cost_usd: usdOf(task.costMicroUsd),
    started_at: task.startedAt?.toISOString() ?? null,
    completed_at: task.completedAt?.toISOString() ?? null,
  };
}

/** An event as a line for people. */
export function presentLogEntry(event: EventFrame): LogEntry {
  return {
    seq: event.seq,
    timestamp: event.timestamp,
    level: levelOf(event),
    message: sentenceOf(event),
    data: event.data,
  };
}

/** Finish reasons of replies that are not whole, in words. */
const NOT_WHOLE: Readonly<Record<string, string>> = {
  length: 'the reply is cut off at its limit of tokens',
  content_filter: 'the provider’s content filter held back a part of the reply',
};

const notWhole = ({ data }: EventFrame): string | undefined => NOT_WHOLE[String(data['finish_reason'])];

function levelOf(event: EventFrame): LogEntry['level'] {
  const { type } = event;
  if (type === 'workflow_failed' || type === 'task_failed' || type === 'budget_exhausted') return 'error';
  const warns = type === 'task_retrying' || type === 'tool_failed' || type === 'guardrail_failed';
  return warns || notWhole(event) !== undefined ? 'warning' : 'info';
}

function sentenceOf(event: EventFrame): string {
  const words = event.type.replaceAll('_', ' ');
  const about = event.task_key === null ? '' : ` (${event.task_key})`;
  const error = event.data['error'] ?? notWhole(event);
  return typeof error === 'string' ? `${words}${about}: ${error}` : `${words}${about}`;
}
