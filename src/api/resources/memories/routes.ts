import { z } from 'zod';
import { MEMORY_KINDS } from '../../../domain/agent/memory.ts';
import {
  clearMemories,
  listMemories,
  type StoredMemory,
} from '../../../persistence/repositories/memories.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { pageQuery, timestampSchema } from '../../parameters.ts';

const TAGS = ['Memory and knowledge'] as const;

const memorySchema = z
  .object({
    id: z.int(),
    crew: z.string().describe('The name of the crew it belongs to'),
    kind: z.enum(MEMORY_KINDS),
    name: z.string().nullable().describe('Of an entity'),
    content: z.string(),
    task_key: z.string().describe('The task that left it behind'),
    execution_id: z.uuid().nullable().describe('The run it is of, for `short`; it goes with the run'),
    embedder: z.string().nullable().describe('What made its vector; null: it is found by its words'),
    created_at: timestampSchema,
  })
  .meta({
    id: 'Memory',
    description:
      'Something a crew with `memory: true` remembers: `short` within a run, `long` and `entity` over its runs.',
  });

const filterQuery = {
  crew: z.string().min(1).max(200).optional().meta({ description: 'Of this crew only, by its name' }),
  kind: z.enum(MEMORY_KINDS).optional().meta({ description: 'Of this kind only' }),
};

const present = (memory: StoredMemory): z.input<typeof memorySchema> => ({
  ...memory,
  created_at: new Date(memory.created_at).toISOString(),
});

/** What one's crews remember. */
export const memoryRoutes = (engine: Pick<ApiServices, 'database'>): AnyRoute[] => [
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/memories',
      operationId: 'listMemories',
      tags: TAGS,
      summary: 'What your crews remember, newest first',
      access: 'user',
      query: z.object({ ...filterQuery, ...pageQuery }),
      responses: {
        200: {
          description: 'A page of memories',
          schema: z.array(memorySchema),
          example: [
            {
              id: 7,
              crew: 'Research',
              kind: 'entity',
              name: 'Ada Lovelace',
              content: 'Ada Lovelace (person): wrote the first program',
              task_key: 'research',
              execution_id: null,
              embedder: null,
              created_at: '2026-11-24T09:30:00.000Z',
            },
          ],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const { userId } = caller;
      const [memories, total] = await engine.database.as({ ownerId: userId }, (em) =>
        listMemories(em, userId, { crew: query.crew, kind: query.kind }, query),
      );
      return respond(200, memories.map(present), { 'X-Total-Count': String(total) });
    },
  ),
  defineRoute(
    {
      method: 'DELETE',
      path: '/api/v1/memories',
      operationId: 'clearMemories',
      tags: TAGS,
      summary: 'Make your crews forget',
      description:
        'Everything, or what `crew` and `kind` choose. Runs under way may leave new memories behind.',
      access: 'user',
      query: z.object(filterQuery),
      responses: {
        200: {
          description: 'Forgotten',
          schema: z.object({ deleted: z.int() }).meta({ id: 'ClearedMemories' }),
          example: { deleted: 12 },
        },
      },
    },
    async ({ query, caller, request, respond }) => {
      const { userId } = caller;
      const deleted = await engine.database.as({ ownerId: userId }, (em) =>
        clearMemories(em, userId, { crew: query.crew, kind: query.kind }),
      );
      request.note({ target: query.crew ?? 'all crews' });
      return respond(200, { deleted });
    },
  ),
];
