import { z } from 'zod';
import { EVENT_TYPES, eventSchema } from '../../../contracts/events.ts';
import { EXECUTION_KINDS, EXECUTION_STATUSES, TASK_STATUSES } from '../../../domain/run/status.ts';
import {
  timestampSchema,
  integerIdParam,
  logPageQuery,
  ownershipQuery,
  pageQuery,
  queryInteger,
} from '../../parameters.ts';

export const tokenUsageSchema = z
  .object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })
  .meta({ id: 'TokenUsage' });

const costSchema = z
  .number()
  .nullable()
  .describe('By list prices and MODEL_PRICES; null when a model it has asked has no price');

export const logEntrySchema = z
  .object({
    seq: z.int(),
    timestamp: timestampSchema,
    level: z.enum(['info', 'warning', 'error']),
    message: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'LogEntry' });

export const executionSchema = z
  .object({
    id: z.int(),
    execution_id: z.uuid(),
    kind: z.enum(EXECUTION_KINDS),
    workflow_id: z.int().nullable(),
    graph_id: z.uuid().nullable(),
    flow_name: z.string().nullable(),
    crew_name: z.string().nullable(),
    thread_id: z.uuid().nullable(),
    parent_execution_id: z.uuid().nullable(),
    batch_id: z.uuid().nullable().describe('The batch it was started in'),
    status: z.enum(EXECUTION_STATUSES),
    pause_requested: z.boolean().describe('A pause was asked for and the turns in flight are ending'),
    input_data: z.record(z.string(), z.unknown()),
    output_data: z.record(z.string(), z.unknown()).nullable().describe('= `result`; in lists always null'),
    result: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        'Crews: `{raw, data, tasks_output[]}`. In lists each value is cut to 1,000 characters, and says so',
      ),
    error: z.string().nullable(),
    error_message: z.string().nullable(),
    error_code: z.string().nullable(),
    execution_log: z
      .array(logEntrySchema)
      .nullable()
      .describe(
        'The first 1,000 entries; each value of `data` is cut to 1,000 characters, and says so: the whole is under `/events`. In ' +
          'lists always null',
      ),
    priority: z.int(),
    tags: z.array(z.string()),
    token_usage: tokenUsageSchema,
    cost_usd: costSchema,
    model: z.string().nullable(),
    started_at: timestampSchema,
    created_at: timestampSchema,
    completed_at: timestampSchema.nullable(),
    updated_at: timestampSchema,
    created_by: z.string(),
    temporal: z.object({
      workflow_id: z.string(),
      run_id: z.string().nullable(),
      url: z.string().nullable(),
    }),
    trace_id: z
      .string()
      .describe(
        'Its trace at a collector of OpenTelemetry and in the logs: that of the request, if it had one',
      ),
    mlflow: z.object({ run_id: z.string().nullable(), url: z.string().nullable() }).nullable(),
  })
  .meta({ id: 'Execution', description: 'One run of anything.' });
export type ExecutionBody = z.output<typeof executionSchema>;

export const taskOutputSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    expected_output: z.string(),
    summary: z.string(),
    raw: z.string(),
    json_dict: z.record(z.string(), z.unknown()).nullable(),
    agent: z.string(),
    output_format: z.enum(['raw', 'json', 'pydantic']),
  })
  .meta({ id: 'TaskOutput', description: 'CrewAI’s TaskOutput.' });

export const taskRunSchema = z
  .object({
    id: z.int(),
    key: z.string(),
    name: z.string(),
    status: z.enum(TASK_STATUSES),
    attempts: z.int(),
    agent: z.string(),
    description: z
      .string()
      .nullable()
      .describe('As planned, with its `{variables}`; null for a step of a flow'),
    expected_output: z.string().nullable(),
    depends_on: z.array(z.string()).describe('Keys of the tasks that are over before it starts'),
    context: z
      .array(z.string())
      .nullable()
      .describe('Keys of the tasks whose output it is given; null for all before it'),
    tools: z.array(z.string()).describe('Its own, instead of its agent’s; empty for its agent’s'),
    output: taskOutputSchema.nullable(),
    error: z.string().nullable(),
    error_code: z.string().nullable(),
    warnings: z
      .array(z.object({ code: z.string(), message: z.string() }))
      .describe('`model_reply_cut`, `model_reply_filtered`: a reply it was built on is not whole'),
    token_usage: tokenUsageSchema,
    cost_usd: costSchema,
    started_at: timestampSchema.nullable(),
    completed_at: timestampSchema.nullable(),
  })
  .meta({ id: 'TaskRun', description: 'One task of one execution.' });

const ends = { count: z.int(), successful: z.int(), failed: z.int() };

export const statsSchema = z
  .object({
    total_executions: z.int().describe('Successful and failed'),
    successful_executions: z.int(),
    failed_executions: z.int().describe('Cancelled ones among them'),
    running_executions: z.int().describe('Under way now: running, paused, waiting or cancelling'),
    success_rate: z.number().describe('Percent of the total, one decimal; 0 when there is none'),
    average_execution_time: z.number().describe('Seconds from start to end'),
    total_tokens_used: z.int(),
    total_cost_usd: z.number().describe('US dollars; calls of models without a known price count as nothing'),
    executions_by_day: z
      .array(
        z.object({
          date: z.iso.date(),
          ...ends,
          started: z.int().describe('Of `count`: some are cancelled before they start'),
          execution_time: z.number().describe('Seconds from start to end, added up over those started'),
          tokens: z.int(),
          cost_usd: z.number(),
        }),
      )
      .describe('UTC days, oldest first'),
    top_workflows: z.array(z.object({ workflow_id: z.int(), ...ends })),
    error_breakdown: z.array(z.object({ error: z.string().describe('An `error_code`'), count: z.int() })),
  })
  .meta({ id: 'ExecutionStats' });

export const executionStatusSchema = z
  .object({
    id: z.int(),
    execution_id: z.uuid(),
    status: z.enum(EXECUTION_STATUSES),
    progress: z.object({
      completed_tasks: z.int().describe('Skipped ones among them'),
      total_tasks: z.int(),
    }),
    error_message: z.string().nullable(),
  })
  .meta({ id: 'ExecutionStatus' });

export const metricsSchema = z
  .object({
    id: z.int(),
    execution_id: z.uuid(),
    status: z.enum(EXECUTION_STATUSES),
    queue_time: z.number().describe('Seconds until work began'),
    execution_time: z.number().describe('Seconds from then to the end, or until now'),
    model_time: z.number().describe('Seconds in models, added up over calls that ran side by side'),
    tool_time: z.number(),
    model_calls: z.int(),
    failed_model_calls: z.int(),
    tool_calls: z.int(),
    token_usage: tokenUsageSchema,
    cost_usd: costSchema,
    tasks: z.record(z.string(), z.int()).describe('How many tasks are in which state'),
  })
  .meta({ id: 'ExecutionMetrics' });

/** An execution in a path: its integer id or its UUID. */
export const executionRefParam = z
  .union([integerIdParam.transform((id) => ({ id })), z.uuid().transform((executionId) => ({ executionId }))])
  .meta({
    description: 'Integer id or UUID of the execution',
    example: '550e8400-e29b-41d4-a716-446655440000',
  });

/** `status` takes a comma list. */
export const statusList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.enum(EXECUTION_STATUSES)).min(1))
  .meta({ description: 'One state, or several separated by commas', example: 'running,paused' });

export const listQuery = z.object({
  ...pageQuery,
  ...ownershipQuery,
  status: statusList.optional(),
  kind: z.enum(EXECUTION_KINDS).optional(),
  flow_name: z.string().max(200).optional(),
  workflow_id: integerIdParam.optional(),
  graph_id: z.uuid().optional(),
  thread_id: z.uuid().optional(),
  schedule_id: z.uuid().optional(),
  batch_id: z.uuid().optional(),
});

export const eventsQuery = z.object(logPageQuery);

const typeList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.enum(EVENT_TYPES)).min(1))
  .meta({
    description: 'One type, or several separated by commas',
    example: 'llm_call_completed,tool_completed',
  });

export const findEventsQuery = z.object({
  ...logPageQuery,
  task_key: z.string().min(1).max(500).optional().meta({ description: 'Of this task only' }),
  type: typeList.optional(),
  search: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Words in type, task or data, whatever their case' }),
});

export const streamQuery = z.object({
  after: queryInteger({
    min: 0,
    max: 2_147_483_647,
    default: 0,
    description: 'As Last-Event-ID, which wins',
  }),
  token: z.string().optional().describe('Credential, for clients that cannot send headers'),
});

export { eventSchema };
