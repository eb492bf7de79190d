import { z } from 'zod';
import { TASK_STATUSES } from '../../../domain/run/status.ts';
import type { Task } from '../../../persistence/entities/platform.entity.ts';
import type { TaskFields, TaskRun } from '../../../persistence/repositories/tasks.repository.ts';
import {
  given,
  integerId,
  integerIdParam,
  ownershipQuery,
  pageQuery,
  timestampSchema,
} from '../../parameters.ts';
import { startOptions } from '../crew/schema.ts';
import { exampleTask as exampleTaskRun } from '../executions/examples.ts';
import { presentTask as presentRun } from '../executions/presenter.ts';
import { taskRunSchema } from '../executions/schema.ts';

export const taskSchema = z
  .object({
    id: z.int(),
    workflow_id: z.int(),
    agent_id: z.int(),
    name: z.string(),
    description: z.string(),
    task_type: z.string(),
    priority: z.int(),
    order: z.int(),
    input_data: z.record(z.string(), z.unknown()).nullable(),
    config: z.record(z.string(), z.unknown()).nullable(),
    dependencies: z.array(z.int()),
    is_active: z.boolean(),
    status: z.enum(TASK_STATUSES).describe('Of its latest run; `pending` before the first'),
    created_at: timestampSchema,
    updated_at: timestampSchema,
    created_by: z.uuid().nullable().describe('Id of its owner'),
  })
  .meta({ id: 'Task', description: 'A task of a stored workflow.' });

const json = z.record(z.string(), z.json()).nullable();
const fields = {
  workflow_id: integerId,
  agent_id: integerId,
  name: z.string().trim().min(1).max(500),
  description: z.string().trim().min(1).max(100_000).describe('May hold `{name}`s, which the start fills in'),
  task_type: z.string().trim().min(1).max(100).describe('Kept; every task is done by its agent'),
  priority: z.int().min(-100).max(100).describe('Higher is sooner; a run has the highest of its tasks'),
  order: z.int().min(-1_000_000).max(1_000_000).describe('Its place in the workflow; ties go by id'),
  input_data: json.describe('Values for its `{name}`s where the start brings none'),
  config: json.describe(
    '`expected_output`, `human_input`, `max_tokens_total`, `max_cost_usd`; the rest is kept',
  ),
  dependencies: z
    .array(integerId)
    .max(1_000)
    .nullable()
    .transform((ids) => [...new Set(ids ?? [])])
    .describe('Ids of tasks of the same workflow; looked at by workflows of type `graph`'),
  is_active: z.boolean(),
};

export const createTaskSchema = z
  .object({
    workflow_id: fields.workflow_id,
    agent_id: fields.agent_id,
    name: fields.name,
    description: fields.description,
    task_type: fields.task_type.optional(),
    priority: fields.priority.optional(),
    order: fields.order.optional(),
    input_data: fields.input_data.optional(),
    config: fields.config.optional(),
    dependencies: fields.dependencies.optional(),
    is_active: fields.is_active.optional(),
  })
  .meta({ id: 'CreateTask' });

export const updateTaskSchema = createTaskSchema.partial().meta({ id: 'UpdateTask' });

export const taskParamsSchema = z.object({ task_id: integerIdParam });

/** `status` takes a comma list. */
const statuses = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.enum(TASK_STATUSES)).min(1))
  .meta({ description: 'One state, or several separated by commas', example: 'failed' });

const filters = {
  agent_id: integerIdParam.optional(),
  status: statuses.optional(),
};
export const workflowTasksQuery = z.object({ ...pageQuery, ...filters });
export const listTasksQuery = z.object({
  ...pageQuery,
  ...ownershipQuery,
  workflow_id: integerIdParam.optional(),
  ...filters,
});

export const executeTaskSchema = z
  .object({
    input_data: z
      .record(z.string(), z.json())
      .nullish()
      .describe('Laid over the task’s own; what the task does not name is told to it besides'),
    config: z.record(z.string(), z.json()).nullish().describe('Laid over the task’s own for this run'),
    ...startOptions,
  })
  .meta({ id: 'ExecuteTask' });

export const taskExecutionSchema = z
  .object({
    ...taskRunSchema.shape,
    task_id: z.int().nullable(),
    agent_id: z.int().nullable(),
    workflow_id: z.int().nullable(),
    execution_id: z.int(),
    execution_uuid: z.uuid(),
  })
  .meta({ id: 'TaskExecution', description: 'One run of a stored task, in some execution.' });

/** What was said of a task, in the words of the table. */
export const changesOf = (body: z.output<typeof updateTaskSchema>): Partial<TaskFields> =>
  given({
    workflowId: body.workflow_id,
    agentId: body.agent_id,
    name: body.name,
    description: body.description,
    taskType: body.task_type,
    priority: body.priority,
    order: body.order,
    inputData: body.input_data,
    config: body.config,
    dependencies: body.dependencies,
    isActive: body.is_active,
  });

/** A new task, with what is usual where nothing is said. */
export const fieldsOf = (body: z.output<typeof createTaskSchema>): TaskFields => ({
  workflowId: body.workflow_id,
  agentId: body.agent_id,
  name: body.name,
  description: body.description,
  taskType: body.task_type ?? 'ai_task',
  priority: body.priority ?? 0,
  order: body.order ?? 0,
  inputData: body.input_data ?? null,
  config: body.config ?? null,
  dependencies: body.dependencies ?? [],
  isActive: body.is_active ?? true,
});

export const presentTask = (task: Task): z.input<typeof taskSchema> => ({
  id: task.id,
  workflow_id: task.workflowId,
  agent_id: task.agentId,
  name: task.name,
  description: task.description,
  task_type: task.taskType,
  priority: task.priority,
  order: task.order,
  input_data: task.inputData ?? null,
  config: task.config ?? null,
  dependencies: task.dependencies,
  is_active: task.isActive,
  status: task.status,
  created_at: task.createdAt.toISOString(),
  updated_at: task.updatedAt.toISOString(),
  created_by: task.ownerId,
});

export const presentTaskRun = ({
  run,
  executionUuid,
  workflowId,
}: TaskRun): z.input<typeof taskExecutionSchema> => ({
  ...presentRun(run),
  task_id: run.taskId ?? null,
  agent_id: run.agentId ?? null,
  workflow_id: workflowId,
  execution_id: run.executionId,
  execution_uuid: executionUuid,
});

export const exampleNewTask = {
  workflow_id: 1,
  agent_id: 1,
  name: 'Write Article',
  description: 'Write a blog article about AI',
  task_type: 'ai_task',
};

export const exampleTask = {
  id: 1,
  ...exampleNewTask,
  priority: 0,
  order: 0,
  input_data: {},
  config: {},
  dependencies: [],
  is_active: true,
  status: 'pending' as const,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
  created_by: '6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a11',
};

export const exampleTaskExecution = {
  ...exampleTaskRun,
  task_id: 1,
  agent_id: 1,
  workflow_id: 1,
  execution_id: 1,
  execution_uuid: '550e8400-e29b-41d4-a716-446655440000',
};
