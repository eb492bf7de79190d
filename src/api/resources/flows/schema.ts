import { z } from 'zod';
import { ON_BUDGET } from '../../../domain/run/budget.ts';
import { ON_TASK_FAILURE } from '../../../domain/run/status.ts';
import { pageQuery, timestampSchema } from '../../parameters.ts';

/** Seed 001's four words for our eight states (contract §6). */
export const FLOW_STATUSES = ['pending', 'running', 'completed', 'failed'] as const;
const flowStatus = z.enum(FLOW_STATUSES);

export const flowStartedSchema = z
  .object({ execution_id: z.uuid(), status: flowStatus, message: z.string() })
  .meta({ id: 'FlowStarted' });

/** How a run of one flow is shown; its result has that flow's own schema. */
export const flowExecutionSchema = (result: z.ZodType) =>
  z.object({
    execution_id: z.uuid(),
    flow_name: z.string(),
    status: flowStatus,
    created_at: timestampSchema,
    started_at: timestampSchema.nullable(),
    completed_at: timestampSchema.nullable(),
    result: result.nullable(),
    error: z.string().nullable(),
  });

/** A whole number in a query string that may be left out. */
const optionalInteger = (min: number, max: number, description: string) =>
  z
    .string()
    .regex(/^-?\d{1,15}$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(min, `at least ${min}`).max(max, `at most ${max}`))
    .optional()
    .meta({
      description,
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, { type: 'integer', minimum: min, maximum: max });
      },
    });

/** What every start takes, for flows in the query: their body is their own. */
export const startQuery = z.object({
  priority: optionalInteger(-100, 100, 'Higher is sooner; 0 is usual'),
  tags: z
    .string()
    .max(5_000)
    .transform((text) => text.split(',').map((tag) => tag.trim()))
    .pipe(z.array(z.string().min(1).max(100)).max(50))
    .optional()
    .meta({ description: 'Separated by commas', example: 'nightly,poems' }),
  timeout_seconds: optionalInteger(1, 31_536_000, 'Ends the execution as failed with TIMEOUT'),
  max_tokens_total: optionalInteger(1, 1_000_000_000, 'No call starts that could exceed it; see `on_budget`'),
  max_cost_usd: z
    .string()
    .regex(/^\d{1,7}(\.\d{1,6})?$/, 'a number of US dollars with up to six decimals')
    .transform(Number)
    .pipe(z.number().min(0.000_001).max(1_000_000))
    .optional()
    .meta({
      description: 'The same in US dollars. Every model needs a price: see the setting MODEL_PRICES',
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, { type: 'number', minimum: 0.000_001, maximum: 1_000_000 });
      },
    }),
  on_budget: z
    .enum(ON_BUDGET)
    .optional()
    .describe(
      'At the limit of tokens or money: `fail` (default) with BUDGET_EXHAUSTED · `ask` a person, who raises it or stops',
    ),
  on_task_failure: z
    .enum(ON_TASK_FAILURE)
    .optional()
    .describe(
      '`fail` (default) ends the execution · `pause` parks it until somebody retries or skips the step · ' +
        '`continue` goes on without its output',
    ),
  thread_id: z.uuid().optional().describe('A thread of yours that it belongs to'),
});

/** Of an uploaded definition, in characters or bytes. */
export const MAX_DEFINITION = 1_000_000;

export const listFlowsQuery = z.object(pageQuery);

/** A flow in a list. */
const flowFields = z.object({
  kind: z.enum(['code', 'declarative']).describe('In code of this server, or uploaded'),
  name: z.string().describe('As executions name it'),
  path: z.string(),
  summary: z.string(),
  description: z.string(),
  execute_url: z.string(),
  steps: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['start', 'listen', 'router']),
      listens_to: z
        .object({ kind: z.enum(['any', 'all']), of: z.array(z.string()) })
        .nullable()
        .describe('Steps or labels: `any` each of them sets it off, `all` once every one has come'),
      labels: z.array(z.string()).describe('What a router may answer'),
    }),
  ),
});
export const flowSchema = flowFields.meta({ id: 'Flow' });

/** One flow by itself. */
export const flowDetailSchema = flowFields
  .extend({
    definition: z
      .record(z.string(), z.json())
      .nullable()
      .describe('As `crewai.flow/v1`, with what was left out filled in; null for code'),
    source: z.string().nullable().describe('As it was uploaded'),
    created_at: timestampSchema.nullable(),
    updated_at: timestampSchema.nullable(),
  })
  .meta({ id: 'FlowDetail' });

export const savedFlowSchema = flowDetailSchema
  .extend({
    warnings: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .describe('What a crew says that has no effect here'),
  })
  .meta({ id: 'SavedFlow' });

export const uploadFlowSchema = z
  .strictObject({
    definition: z
      .union([z.string().max(MAX_DEFINITION), z.record(z.string(), z.json())], {
        error: 'the text of the YAML, or the definition as an object',
      })
      .describe('`crewai.flow/v1`: the text of the YAML, or the same as an object'),
  })
  .meta({ id: 'UploadFlow', description: 'A declarative flow of CrewAI 1.15.' });

const FLOW_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;
export const flowParam = z.string().regex(FLOW_NAME).describe('Its name, with `_` or `-`');
