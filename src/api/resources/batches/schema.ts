import { z } from 'zod';
import { BATCH_MOST, type CreatedBatch } from '../../../engine/starting/start-batch.ts';
import { timestampSchema } from '../../parameters.ts';
import { tokenUsageSchema } from '../executions/schema.ts';

export const batchParams = z.object({
  batch_id: z.uuid().meta({ description: 'The UUID its start answered' }),
});

/** A list of inputs in the body of a start. */
export const manyInputs = z
  .array(z.record(z.string(), z.json()))
  .min(1)
  .max(BATCH_MOST)
  .describe(`One execution for each, 1 to ${BATCH_MOST}`);

/** `thread_id` of a batch: refused, because in a thread one run speaks at a time, and what is asked for would not happen. */
export const noThread = z
  .null(
    'a batch is in no thread, where one run speaks at a time: leave thread_id out. Each execution has a conversation of its ' +
      'own (/api/v1/agent-instances/{execution_id}/messages); for a thread, start them one by one',
  )
  .optional()
  .describe('None: in a thread one run speaks at a time. Each execution has a conversation of its own');

export const batchStartedSchema = z
  .object({
    batch_id: z.uuid(),
    count: z.int(),
    executions: z
      .array(z.object({ id: z.int(), execution_id: z.uuid() }))
      .describe('In the order of the inputs'),
  })
  .meta({ id: 'BatchStarted' });

export const batchSchema = z
  .object({
    batch_id: z.uuid(),
    status: z.enum(['running', 'completed']).describe('`completed` once every execution has ended, however'),
    crew_name: z.string().nullable(),
    graph_id: z.uuid().nullable(),
    workflow_id: z.int().nullable(),
    count: z.int().describe('Its executions'),
    finished: z.int().describe('Those that have ended'),
    counts: z.record(z.string(), z.int()).describe('Its executions in each state, 0 where there is none'),
    token_usage: tokenUsageSchema.describe('Of all of them so far'),
    cost_usd: z.number().nullable().describe('Null when one of them has asked a model without a price'),
    created_at: timestampSchema,
    completed_at: timestampSchema.nullable().describe('When the last has ended'),
    created_by: z.string(),
  })
  .meta({ id: 'Batch', description: 'Executions of one crew that were started together.' });

export const exampleBatchId = '0b9b2a5c-9a5e-4a55-8a51-52b0f3a3a0c1';

/** What a start of a batch answers, and where the batch is. */
export const presentStarted = ({
  batchId,
  runs,
}: CreatedBatch): { body: z.input<typeof batchStartedSchema>; headers: Record<string, string> } => ({
  body: {
    batch_id: batchId,
    count: runs.length,
    executions: runs.map(({ id, executionId }) => ({ id, execution_id: executionId })),
  },
  headers: { Location: `/api/v1/batches/${batchId}` },
});

/** The answer of every start of a batch, for its route. */
export const batchStarted = {
  202: {
    description: 'All of them are on their way, or wait for their turn',
    schema: batchStartedSchema,
    example: {
      batch_id: exampleBatchId,
      count: 2,
      executions: [
        { id: 1, execution_id: '550e8400-e29b-41d4-a716-446655440000' },
        { id: 2, execution_id: '550e8400-e29b-41d4-a716-446655440001' },
      ],
    },
    headers: { Location: 'Where the batch is' },
  },
};

export const BATCH_RULES =
  'All or nothing: when one of the inputs lacks a value nothing is started, and the answer names each place. Above the ' +
  'limit of active executions the rest waits for its turn. `GET /api/v1/executions?batch_id=` lists them.';
