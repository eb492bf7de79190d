import type { EntityManager } from '@mikro-orm/postgresql';
import { invalid } from '../../../domain/errors.ts';
import {
  getSchedule,
  lastFires,
  momentOfTrigger,
  requestOfSchedule,
  type ScheduleRow,
} from '../../../persistence/repositories/schedules.repository.ts';
import type { ScheduleRequest } from '../../../temporal/schedules.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { reachOf } from '../executions/access.ts';
import { nextRuns } from './cron.ts';
import {
  backfillSchema,
  exampleSchedule,
  LAST_RUNS,
  presentSchedule,
  scheduleParamsSchema,
  scheduleSchema,
} from './schema.ts';

/** Times one backfill may stand for. */
const MOST_TIMES = 100;
const ONE = {
  tags: ['Schedules'],
  access: 'user',
  params: scheduleParamsSchema,
  what: 'schedule',
  method: 'POST',
} as const;
const accepted = {
  202: {
    description: 'Accepted; what it starts shows in `last_runs` within seconds',
    schema: scheduleSchema,
    example: exampleSchedule,
  },
};

/** What may be asked of a schedule beside its times. */
export const scheduleRequestRoutes = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute[] => [
  triggerRoute(engine),
  backfillRoute(engine),
];

const triggerRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      path: '/api/v1/schedules/{schedule_id}/trigger',
      operationId: 'triggerSchedule',
      summary: 'Start it now, beside its times',
      description: 'Its overlap policy holds for this one too. A paused schedule can be triggered.',
      responses: accepted,
    },
    async ({ params, caller, respond }) =>
      respond(
        202,
        await request(engine, caller, params.schedule_id, async ({ id }, em) => ({
          kind: 'trigger',
          at: await momentOfTrigger(em, id, engine.now()),
        })),
      ),
  );

const backfillRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      path: '/api/v1/schedules/{schedule_id}/backfill',
      operationId: 'backfillSchedule',
      summary: 'Make up for times that have passed',
      description:
        `Starts it once for each of its times from \`from\` to \`to\`, both included, at most ${MOST_TIMES}. A time ` +
        'for which it was started before is left out.',
      body: backfillSchema,
      example: { from: '2026-11-20T00:00:00Z', to: '2026-11-23T00:00:00Z' },
      responses: accepted,
    },
    async ({ params, body, caller, respond }) =>
      respond(
        202,
        await request(engine, caller, params.schedule_id, (schedule) => {
          const { overlap = 'buffer_all' } = body;
          const [from, to] = [new Date(body.from), new Date(body.to)];
          const refuse = (path: string, message: string) =>
            invalid('There is nothing to make up for', [{ path, message }]);
          if (to > engine.now()) throw refuse('/to', 'not in the future');
          if (from > to) throw refuse('/from', 'not after `to`');
          const times = nextRuns(schedule, new Date(from.getTime() - 1), MOST_TIMES + 1);
          const count = times.filter((time) => time <= to).length;
          if (count === 0) throw refuse('', 'it has no time in between');
          if (count > MOST_TIMES) throw refuse('', `more than ${MOST_TIMES} times: ask in parts`);
          return { kind: 'backfill', from: from.toISOString(), to: to.toISOString(), overlap };
        }),
      ),
  );

/** Keeps what is asked until Temporal has heard it. @returns the schedule as it is shown */
async function request(
  engine: Pick<ApiServices, 'database' | 'now'>,
  caller: Caller,
  id: string,
  make: (schedule: ScheduleRow, em: EntityManager) => ScheduleRequest | Promise<ScheduleRequest>,
) {
  const scope = reachOf(caller);
  return engine.database.as(scope, async (em) => {
    const row = await getSchedule(em, id, scope);
    await requestOfSchedule(em, row, await make(row, em), engine.now());
    return presentSchedule(row, await lastFires(em, [id], LAST_RUNS), engine.now());
  });
}
