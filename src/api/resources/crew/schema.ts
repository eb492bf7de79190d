import { z } from 'zod';
import { ON_BUDGET } from '../../../domain/run/budget.ts';
import { ON_TASK_FAILURE } from '../../../domain/run/status.ts';
import { queryInteger, timestampSchema } from '../../parameters.ts';

/** What every start takes beside its inputs. */
export const startOptions = {
  priority: z.int().min(-100).max(100).optional().describe('Higher is sooner; 0 is usual'),
  tags: z.array(z.string().min(1).max(100)).max(50).optional(),
  timeout_seconds: z
    .int()
    .min(1)
    .max(31_536_000)
    .optional()
    .describe('Ends the execution as failed with TIMEOUT'),
  max_tokens_total: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .describe('No call starts that could exceed it; see `on_budget`'),
  max_cost_usd: z
    .number()
    .min(0.000_001)
    .max(1_000_000)
    .optional()
    .describe('The same in US dollars. Every model needs a price: see the setting MODEL_PRICES'),
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
      '`fail` (default) ends the execution · `pause` parks it until somebody retries, edits or skips the task · ' +
        '`continue` goes on without its output',
    ),
  thread_id: z
    .uuid()
    .optional()
    .describe('A thread of yours in which it speaks; while another run of it is live, its `on_busy` decides'),
};

export const crewStartBody = z
  .object({
    crew: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Folder name of an example, or the id of a graph. Default: `research`'),
    inputs: z
      .record(z.string(), z.json())
      .optional()
      .describe(
        'Values for the crew’s `{variables}`. Without `crew`, the example’s own inputs fill in what is not given',
      ),
    ...startOptions,
  })
  .meta({ id: 'CrewStart' });

export const CREW_STATUSES = ['PROCESSING', 'COMPLETED', 'ERROR'] as const;
const crewStatus = z.enum(CREW_STATUSES);

export const crewStartedSchema = z
  .object({ execution_id: z.uuid(), status: crewStatus, message: z.string() })
  .meta({ id: 'CrewStarted' });

export const crewStatusSchema = z
  .object({
    execution_id: z.uuid(),
    status: crewStatus,
    result: z
      .looseObject({
        raw: z.string(),
        data: z.record(z.string(), z.unknown()),
        tasks_output: z.array(z.unknown()),
      })
      .nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'CrewStatus' });

export const crewExecutionsSchema = z
  .object({
    executions: z.array(
      z.object({
        execution_id: z.uuid(),
        crew_name: z.string(),
        status: crewStatus,
        created_at: timestampSchema,
        updated_at: timestampSchema,
      }),
    ),
  })
  .meta({ id: 'CrewExecutions' });

export const crewExecutionsQuery = z.object({
  limit: queryInteger({ min: 1, max: 1000, default: 10, description: 'How many at most' }),
});
