import { z } from 'zod';
import { conflict, invalid } from '../../../domain/errors.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import {
  createSchedule,
  deleteSchedule,
  getSchedule,
  lastFires,
  listSchedules,
  updateSchedule,
  type ScheduleFields,
  type ScheduleRow,
} from '../../../persistence/repositories/schedules.repository.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { makeOwned } from '../../make-owned.ts';
import { given, listedOwner } from '../../parameters.ts';
import { readyRun } from './ready-run.ts';
import { messageSchema } from '../auth/schema.ts';
import { reachOf } from '../executions/access.ts';
import { scheduleRequestRoutes } from './request-routes.ts';
import {
  createScheduleSchema,
  DEFAULTS,
  exampleSchedule,
  LAST_RUNS,
  listSchedulesQuery,
  presentSchedule,
  scheduleParamsSchema,
  scheduleSchema,
  updateScheduleSchema,
} from './schema.ts';

const TAGS = ['Schedules'] as const;
const ONE = { tags: TAGS, access: 'user', params: scheduleParamsSchema, what: 'schedule' } as const;
const FIRST = '`crew`, `graph_id`, `workflow_id` or `flow`: exactly one.';

/** Schedules: when a crew or a flow starts by itself. */
export const scheduleRoutes = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'crews' | 'flows' | 'tools'>,
): AnyRoute[] => [
  listRoute(engine),
  createRoute(engine),
  getRoute(engine),
  updateRoute(engine, 'PUT', 'replaceSchedule'),
  updateRoute(engine, 'PATCH', 'updateSchedule'),
  deleteRoute(engine),
  pauseRoute(engine, true),
  pauseRoute(engine, false),
  ...scheduleRequestRoutes(engine),
];

/** @throws {MusterError} VALIDATION_FAILED unless it names one thing that its owner can start with these inputs */
async function checkStart(
  engine: StartServices & Pick<ApiServices, 'computing' | 'crews' | 'flows' | 'tools'>,
  ownerId: string,
  fields: ScheduleFields,
): Promise<void> {
  const { crew, graph_id, workflow_id, flow } = fields;
  const named = [crew, graph_id, workflow_id, flow].filter((one) => one !== null);
  if (named.length !== 1) {
    const message = named.length === 0 ? 'name what it starts' : 'name one thing only';
    throw invalid('A schedule starts one thing', [
      { path: '', message: `${message}: crew, graph_id, workflow_id or flow` },
    ]);
  }
  await readyRun(engine, ownerId, fields, fields.inputs);
}

/** As it is shown, with the times that came last. */
async function show(engine: Pick<ApiServices, 'database' | 'now'>, caller: Caller, row: ScheduleRow) {
  const fires = await engine.database.as(reachOf(caller), (em) => lastFires(em, [row.id], LAST_RUNS));
  return presentSchedule(row, fires, engine.now());
}

const listRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/schedules',
      operationId: 'listSchedules',
      tags: TAGS,
      summary: 'Your schedules, newest first',
      access: 'user',
      query: listSchedulesQuery,
      responses: {
        200: {
          description: 'A page of schedules',
          schema: z.array(scheduleSchema),
          example: [exampleSchedule],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const { rows, total, fires } = await engine.database.as(scope, async (em) => {
        const [rows, total] = await listSchedules(em, scope, query);
        const ids = rows.map(({ id }) => id);
        return { rows, total, fires: await lastFires(em, ids, LAST_RUNS) };
      });
      const byId = Map.groupBy(fires, (fire) => fire.schedule_id);
      const now = engine.now();
      return respond(
        200,
        rows.map((row) => presentSchedule(row, byId.get(row.id) ?? [], now)),
        { 'X-Total-Count': String(total) },
      );
    },
  );

const createRoute = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'crews' | 'flows' | 'tools'>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/schedules',
      operationId: 'createSchedule',
      tags: TAGS,
      summary: 'Start a crew or a flow at certain times',
      description: `${FIRST} The inputs are checked as the start itself would; a graph or workflow runs as it is when the time comes.`,
      access: 'user',
      body: createScheduleSchema,
      example: {
        name: 'Morning research',
        crew: 'research',
        inputs: { topic: 'AI in healthcare' },
        cron: '0 9 * * MON-FRI',
        timezone: 'Europe/Berlin',
      },
      responses: {
        201: {
          description: 'Stored; Temporal hears of it within seconds, or when it is back',
          schema: scheduleSchema,
          example: { ...exampleSchedule, last_runs: [] },
          headers: { Location: 'Where the schedule is' },
        },
      },
      errors: ['NOT_FOUND', 'CONFLICT'],
    },
    async ({ body, caller, respond }) => {
      const { name, cron, ...rest } = body;
      const fields = { ...DEFAULTS, name, cron, ...given(rest) };
      await checkStart(engine, caller.userId, fields);
      const row = await makeOwned(engine, caller.userId, ['schedules'], (em) =>
        createSchedule(em, caller.userId, fields, engine.now()),
      );
      return respond(201, presentSchedule(row, [], engine.now()), {
        Location: `/api/v1/schedules/${row.id}`,
      });
    },
  );

const getRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/schedules/{schedule_id}',
      operationId: 'getSchedule',
      summary: 'One schedule',
      description: 'Its executions are under `/executions?schedule_id=`.',
      responses: { 200: { description: 'The schedule', schema: scheduleSchema, example: exampleSchedule } },
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      const row = await engine.database.as(scope, (em) => getSchedule(em, params.schedule_id, scope));
      return respond(200, await show(engine, caller, row));
    },
  );

const updateRoute = (
  engine: StartServices & Pick<ApiServices, 'computing' | 'crews' | 'flows' | 'tools'>,
  method: 'PUT' | 'PATCH',
  operationId: string,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method,
      path: '/api/v1/schedules/{schedule_id}',
      operationId,
      summary: 'Change a schedule',
      description: `Every field is optional. ${FIRST} What runs already is not touched.`,
      body: updateScheduleSchema,
      example: { cron: '30 8 * * *', overlap: 'buffer_one' },
      responses: { 200: { description: 'As it is now', schema: scheduleSchema, example: exampleSchedule } },
    },
    async ({ params, body, caller, respond }) => {
      const scope = reachOf(caller);
      const id = params.schedule_id;
      const before = await engine.database.as(scope, (em) => getSchedule(em, id, scope));
      const change = given(body);
      const retargets = ['crew', 'graph_id', 'workflow_id', 'flow'].some((field) => field in change);
      const none = retargets ? { crew: null, graph_id: null, workflow_id: null, flow: null } : {};
      const fields = { ...before, ...none, ...change };
      await checkStart(engine, before.owner_id, fields);
      const row = await engine.database.as(scope, (em) => updateSchedule(em, id, fields, engine.now()));
      return respond(200, await show(engine, caller, row));
    },
  );

const deleteRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/schedules/{schedule_id}',
      operationId: 'deleteSchedule',
      summary: 'Delete a schedule',
      description: 'Nothing starts by it any more. Its executions stay, and those that run go on.',
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'Schedule deleted' } },
      },
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      await engine.database.as(scope, async (em) => {
        const { id } = await getSchedule(em, params.schedule_id, scope);
        await deleteSchedule(em, id, engine.now());
      });
      return respond(200, { message: 'Schedule deleted' });
    },
  );

const pauseRoute = (engine: Pick<ApiServices, 'database' | 'now'>, paused: boolean): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: `/api/v1/schedules/{schedule_id}/${paused ? 'pause' : 'resume'}`,
      operationId: paused ? 'pauseSchedule' : 'resumeSchedule',
      summary: paused ? 'Start nothing until it is resumed' : 'Start again when the next time comes',
      description: paused
        ? 'Times that come meanwhile are left out. What runs goes on. 409 when it is paused.'
        : '409 when it is not paused.',
      responses: {
        202: {
          description: 'Accepted',
          schema: scheduleSchema,
          example: paused ? { ...exampleSchedule, paused, next_runs: [] } : exampleSchedule,
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, caller, respond }) => {
      const scope = reachOf(caller);
      const row = await engine.database.as(scope, async (em) => {
        const before = await getSchedule(em, params.schedule_id, scope);
        if (before.paused === paused)
          throw conflict(`the schedule ${before.name} is ${paused ? 'paused already' : 'not paused'}`);
        return updateSchedule(em, before.id, { ...before, paused }, engine.now());
      });
      return respond(202, await show(engine, caller, row));
    },
  );
