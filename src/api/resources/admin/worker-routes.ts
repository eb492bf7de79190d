import { z } from 'zod';
import { conflict, notFound } from '../../../domain/errors.ts';
import { askToDrain, listWorkers, WORKER_STATUSES, type ListedWorker } from '../../../persistence/workers.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { pageQuery, timestampSchema } from '../../parameters.ts';

const TAGS = ['Operation'];
const WHAT = 'Worker';

const workerSchema = z
  .object({
    id: z.uuid(),
    status: z
      .enum(WORKER_STATUSES)
      .describe('`draining`: it takes nothing new; `ended`: as it should; `gone`: not heard of for 15 s'),
    task_queue: z.string(),
    host: z.string(),
    pid: z.int(),
    build_id: z.string().nullable(),
    version: z.string(),
    tasks: z.int().describe('Tasks of crews and steps of flows that it works on'),
    started_at: timestampSchema,
    seen_at: timestampSchema,
    drain_requested_at: timestampSchema.nullable(),
    ended_at: timestampSchema.nullable(),
  })
  .meta({ id: 'Worker' });

const iso = (text: string): string => new Date(text).toISOString();
const isoOrNull = (text: string | null): string | null => (text === null ? null : iso(text));

const present = (worker: ListedWorker): z.input<typeof workerSchema> => ({
  id: worker.id,
  status: worker.status,
  task_queue: worker.taskQueue,
  host: worker.host,
  pid: worker.pid,
  build_id: worker.buildId,
  version: worker.version,
  tasks: worker.tasksOut,
  started_at: iso(worker.startedAt),
  seen_at: iso(worker.seenAt),
  drain_requested_at: isoOrNull(worker.drainRequestedAt),
  ended_at: isoOrNull(worker.endedAt),
});

const example: z.input<typeof workerSchema> = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e71',
  status: 'draining',
  task_queue: 'muster',
  host: 'worker-1',
  pid: 17,
  build_id: '4f2c9e1',
  version: '0.1.0',
  tasks: 3,
  started_at: '2026-11-28T09:30:00.000Z',
  seen_at: '2026-11-28T11:42:10.000Z',
  drain_requested_at: '2026-11-28T11:42:08.000Z',
  ended_at: null,
};

export const workerRoutes = (engine: Pick<ApiServices, 'now' | 'system'>): AnyRoute[] => [
  listRoute(engine),
  drainRoute(engine),
];

const listRoute = (engine: Pick<ApiServices, 'now' | 'system'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/admin/workers',
      operationId: 'listWorkers',
      tags: TAGS,
      summary: 'The workers there are, newest first',
      description: 'Those that have ended, or are gone, are listed for a day.',
      access: 'admin',
      scopes: ['admin'],
      query: z.object({ ...pageQuery, status: z.enum(WORKER_STATUSES).optional() }),
      responses: {
        200: {
          description: 'A page of workers',
          schema: workerSchema.array(),
          example: [example],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, respond }) => {
      const page = { status: query.status, limit: query.limit, skip: query.skip };
      const { workers, total } = await listWorkers(engine.system, page, engine.now());
      return respond(200, workers.map(present), { 'X-Total-Count': String(total) });
    },
  );

const drainRoute = (engine: Pick<ApiServices, 'now' | 'system'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/admin/workers/{worker_id}/drain',
      operationId: 'drainWorker',
      tags: TAGS,
      summary: 'Have a worker take nothing new, and end',
      description:
        'Within some two seconds it takes no more tasks. What it holds it brings to the end of the turn, however long that ' +
        'lasts, and hands on; then its process ends with exit code 0. The wish is kept in the database.',
      access: 'admin',
      scopes: ['admin'],
      what: WHAT,
      params: z.object({ worker_id: z.uuid() }),
      responses: { 202: { description: 'It is asked', schema: workerSchema, example } },
      errors: ['CONFLICT'],
    },
    async ({ params, respond }) => {
      const found = await askToDrain(engine.system, params.worker_id, engine.now());
      if (found === undefined) throw notFound(WHAT);
      if (!found.isAsked) throw conflict(`this worker is ${found.worker.status}: there is nothing to drain`);
      return respond(202, present(found.worker));
    },
  );
