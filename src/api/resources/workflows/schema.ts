import { z } from 'zod';
import { WORKFLOW_TYPES } from '../../../domain/plan/compile-workflow.ts';
import type { Workflow } from '../../../persistence/entities/platform.entity.ts';
import type { WorkflowFields } from '../../../persistence/repositories/workflows.repository.ts';
import {
  given,
  integerIdParam,
  ownershipQuery,
  pageQuery,
  queryBoolean,
  timestampSchema,
} from '../../parameters.ts';
import { manyInputs, noThread } from '../batches/schema.ts';
import { startOptions } from '../crew/schema.ts';
import { limitingConfig } from '../platform-config.ts';

export const workflowSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    description: z.string(),
    workflow_type: z.enum(WORKFLOW_TYPES),
    config: z.record(z.string(), z.unknown()).nullable(),
    is_active: z.boolean(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
    created_by: z.uuid().nullable().describe('Id of its owner'),
  })
  .meta({ id: 'Workflow', description: 'A stored crew. Its tasks name it.' });

const fields = {
  name: z.string().trim().min(1).max(200),
  description: z
    .string()
    .max(10_000)
    .nullable()
    .transform((value) => value ?? ''),
  workflow_type: z
    .enum(WORKFLOW_TYPES)
    .describe(
      '`linear` (default): one task after another, by `order`, then id · `parallel`: all at once · `hierarchical`: as ' +
        '`linear`, under a manager (`config.manager_llm`, else the default model) · `graph`: each as soon as its ' +
        '`dependencies` are done',
    ),
  config: limitingConfig
    .nullable()
    .describe(
      '`manager_llm` · `max_rpm`, `tool_approvals`: as of an agent, for all of them · `tool_approval_timeout_seconds`, ' +
        'after which a call nobody has approved is denied · `remind_after_seconds`, after which people are reminded of a ' +
        'question that stands open; the rest is kept',
    ),
  is_active: z.boolean().describe('An inactive one starts nothing'),
};

export const createWorkflowSchema = z
  .object({
    name: fields.name,
    description: fields.description.optional(),
    workflow_type: fields.workflow_type.optional(),
    config: fields.config.optional(),
    is_active: fields.is_active.optional(),
  })
  .meta({ id: 'CreateWorkflow' });

export const updateWorkflowSchema = createWorkflowSchema.partial().meta({ id: 'UpdateWorkflow' });

export const workflowParamsSchema = z.object({ workflow_id: integerIdParam });
export const listWorkflowsQuery = z.object({
  ...pageQuery,
  ...ownershipQuery,
  active_only: queryBoolean({ default: true, description: 'Leave inactive ones out' }),
});

export const executeWorkflowSchema = z
  .object({
    input_data: z
      .record(z.string(), z.json())
      .nullish()
      .describe('Fills the tasks’ `{name}`s; what no task names is told to every task'),
    config: limitingConfig.nullish().describe('Laid over the workflow’s own for this run'),
    ...startOptions,
  })
  .meta({ id: 'ExecuteWorkflow' });

export const executeWorkflowBatchSchema = executeWorkflowSchema
  .extend({ thread_id: noThread, input_data: manyInputs })
  .meta({ id: 'ExecuteWorkflowBatch' });

/** What was said of a workflow, in the words of the table. */
export const changesOf = (body: z.output<typeof updateWorkflowSchema>): Partial<WorkflowFields> =>
  given({
    name: body.name,
    description: body.description,
    workflowType: body.workflow_type,
    config: body.config,
    isActive: body.is_active,
  });

/** A new workflow, with what is usual where nothing is said. */
export const fieldsOf = (body: z.output<typeof createWorkflowSchema>): WorkflowFields => ({
  name: body.name,
  description: body.description ?? '',
  workflowType: body.workflow_type ?? 'linear',
  config: body.config ?? null,
  isActive: body.is_active ?? true,
});

export const presentWorkflow = (workflow: Workflow): z.input<typeof workflowSchema> => ({
  id: workflow.id,
  name: workflow.name,
  description: workflow.description,
  workflow_type: workflow.workflowType,
  config: workflow.config ?? null,
  is_active: workflow.isActive,
  created_at: workflow.createdAt.toISOString(),
  updated_at: workflow.updatedAt.toISOString(),
  created_by: workflow.ownerId,
});

export const exampleNewWorkflow = {
  name: 'Content Pipeline',
  description: 'Automated content creation',
  workflow_type: 'linear' as const,
};

export const exampleWorkflow = {
  id: 1,
  ...exampleNewWorkflow,
  config: null,
  is_active: true,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
  created_by: '6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a11',
};
