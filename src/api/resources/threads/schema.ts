import { z } from 'zod';
import { ON_BUSY, type Thread } from '../../../persistence/entities/thread.entity.ts';
import { ownershipQuery, pageQuery, timestampSchema, uuidParam } from '../../parameters.ts';
import { startOptions } from '../crew/schema.ts';
import { inputsSchema } from '../graphs/schema.ts';

const onBusySchema = z
  .enum(ON_BUSY)
  .describe(
    'What becomes of a start while a run of this thread is live: it waits for the end of that (`queue`), is refused ' +
      'with 409 (`reject`), or has it cancelled and then starts (`cancel_and_start`)',
  );
const titleSchema = z.string().trim().min(1).max(200);

export const threadSchema = z
  .object({
    id: z.uuid(),
    owner_id: z.uuid(),
    title: z.string(),
    graph_id: z.uuid().nullable().describe('What its messages may start'),
    on_busy: onBusySchema,
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Thread' });

export const createThreadSchema = z
  .object({
    title: titleSchema.default('New thread'),
    graph_id: z.uuid().nullable().default(null),
    on_busy: onBusySchema.default('queue'),
  })
  .meta({ id: 'CreateThread' });

export const updateThreadSchema = z
  .object({
    title: titleSchema.optional(),
    graph_id: z.uuid().nullish(),
    on_busy: onBusySchema.optional(),
  })
  .meta({ id: 'UpdateThread' });

const { thread_id: _thread, ...options } = startOptions;

export const createMessageSchema = z
  .object({
    content: z.string().min(1).max(100_000),
    execute: z.boolean().default(false).describe('Whether it starts the thread’s graph'),
    inputs: inputsSchema.optional(),
    ...options,
  })
  .meta({ id: 'CreateMessage' });

export const threadParamsSchema = z.object({ thread_id: uuidParam });
export const listThreadsQuery = z.object({
  ...pageQuery,
  ...ownershipQuery,
  graph_id: z.uuid().optional().describe('Only those of this graph'),
});
export const presentThread = (thread: Thread): z.input<typeof threadSchema> => ({
  id: thread.id,
  owner_id: thread.ownerId,
  title: thread.title,
  graph_id: thread.graphId ?? null,
  on_busy: thread.onBusy,
  created_at: thread.createdAt.toISOString(),
  updated_at: thread.updatedAt.toISOString(),
});
