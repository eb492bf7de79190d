import {
  answer,
  answerWithTotal,
  api,
  type BackfillSchema,
  type CreateScheduleSchema,
  type ScheduleSchema,
} from '../api/client.ts';

/** What the pages of schedules ask of the API. */

const one = (schedule_id: string) => ({ params: { path: { schedule_id } } });

export type Overlap = ScheduleSchema['overlap'];

/** What becomes of a time that comes while an earlier run is not over. */
export const OVERLAPS: readonly { overlap: Overlap; about: string }[] = [
  { overlap: 'skip', about: 'leave the time out' },
  { overlap: 'buffer_one', about: 'wait; one at most waits' },
  { overlap: 'buffer_all', about: 'wait; all wait, one after another' },
  { overlap: 'cancel_other', about: 'cancel the earlier run first' },
  { overlap: 'terminate_other', about: 'cancel the earlier run, and do not wait for it' },
  { overlap: 'allow_all', about: 'run beside it' },
];

export const wordsOfOverlap = (overlap: Overlap): string =>
  OVERLAPS.find((one) => one.overlap === overlap)?.about ?? overlap;

export const listSchedules = (query: {
  scope: 'mine' | 'all';
  skip: number;
  limit: number;
}): Promise<{ data: ScheduleSchema[]; total: number }> =>
  answerWithTotal(api.GET('/api/v1/schedules', { params: { query } }));

export const readSchedule = (id: string): Promise<ScheduleSchema> =>
  answer(api.GET('/api/v1/schedules/{schedule_id}', one(id)));

export const createSchedule = (body: CreateScheduleSchema): Promise<ScheduleSchema> =>
  answer(api.POST('/api/v1/schedules', { body }));

export const changeSchedule = (id: string, body: CreateScheduleSchema): Promise<ScheduleSchema> =>
  answer(api.PATCH('/api/v1/schedules/{schedule_id}', { ...one(id), body }));

export const deleteSchedule = (id: string): Promise<{ message: string }> =>
  answer(api.DELETE('/api/v1/schedules/{schedule_id}', one(id)));

export type ScheduleCommand = 'trigger' | 'pause' | 'resume';

export function commandSchedule(id: string, command: ScheduleCommand): Promise<ScheduleSchema> {
  switch (command) {
    case 'trigger':
      return answer(api.POST('/api/v1/schedules/{schedule_id}/trigger', one(id)));
    case 'pause':
      return answer(api.POST('/api/v1/schedules/{schedule_id}/pause', one(id)));
    case 'resume':
      return answer(api.POST('/api/v1/schedules/{schedule_id}/resume', one(id)));
  }
}

export const backfillSchedule = (id: string, body: BackfillSchema): Promise<ScheduleSchema> =>
  answer(api.POST('/api/v1/schedules/{schedule_id}/backfill', { ...one(id), body }));
