import { z } from 'zod';
import { OVERLAPS } from '../../../domain/schedule.ts';
import { EXECUTION_STATUSES } from '../../../domain/run/status.ts';
import type {
  FireRow,
  ScheduleFields,
  ScheduleRow,
} from '../../../persistence/repositories/schedules.repository.ts';
import { parseTimestamp } from '../../../persistence/timestamp.ts';
import { temporalScheduleId } from '../../../temporal/names.ts';
import { integerId, ownershipQuery, pageQuery, timestampSchema, uuidParam } from '../../parameters.ts';
import { cronProblem, isTimeZone, nextRuns } from './cron.ts';

const NEXT_RUNS = 5;
/** How many of its latest times a schedule shows. */
export const LAST_RUNS = 5;

const overlapSchema = z
  .enum(OVERLAPS)
  .describe(
    'What becomes of a time that comes while an earlier run is not over: `skip` it (default) · `buffer_one`, `buffer_all`: ' +
      'it waits · `cancel_other`: the earlier run is cancelled first · `terminate_other`: it is cancelled, and not waited ' +
      'for · `allow_all`: both run',
  );

const fields = {
  name: z.string().trim().min(1).max(200),
  crew: z.string().min(1).max(200).nullable().describe('The folder name of an example'),
  graph_id: z.uuid().nullable(),
  workflow_id: integerId.nullable(),
  flow: z.string().min(1).max(200).nullable().describe('The name of a flow'),
  inputs: z
    .record(z.string(), z.json())
    .describe('What the start would take: inputs of a crew, the request of a flow'),
  cron: z
    .string()
    .trim()
    .max(200)
    .superRefine((cron, context) => {
      const problem = cronProblem(cron);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem });
    })
    .describe('Minute, hour, day of month, month, day of week')
    .meta({ example: '0 9 * * MON-FRI' }),
  timezone: z
    .string()
    .refine(isTimeZone, 'the name of a time zone, as in Europe/Berlin or UTC')
    .describe('The zone the times are meant in. Default: UTC')
    .meta({ example: 'Europe/Berlin' }),
  overlap: overlapSchema,
  paused: z.boolean(),
};

export const updateScheduleSchema = z.object(fields).partial().meta({ id: 'UpdateSchedule' });
export const createScheduleSchema = updateScheduleSchema
  .required({ name: true, cron: true })
  .meta({ id: 'CreateSchedule' });

export const backfillSchema = z
  .object({
    from: z.iso.datetime({ offset: true }).describe('The first moment'),
    to: z.iso.datetime({ offset: true }).describe('The last moment; not in the future'),
    overlap: overlapSchema.optional().describe('For these times. Default: `buffer_all`, one after another'),
  })
  .meta({ id: 'Backfill' });

const fireSchema = z.object({
  scheduled_at: timestampSchema,
  status: z
    .enum(['due', 'started', 'refused'])
    .describe('`refused`: it could not be started, and `error` says why'),
  execution_id: z.uuid().nullable(),
  execution_status: z.enum(EXECUTION_STATUSES).nullable(),
  error: z.string().nullable(),
});

export const scheduleSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    crew: z.string().nullable(),
    graph_id: z.uuid().nullable(),
    workflow_id: z.int().nullable(),
    flow: z.string().nullable(),
    inputs: z.record(z.string(), z.unknown()),
    cron: z.string(),
    timezone: z.string(),
    overlap: z.enum(OVERLAPS),
    paused: z.boolean(),
    next_runs: z.array(timestampSchema).describe('The next times; none while it is paused'),
    last_runs: z.array(fireSchema).describe('The latest times that came, newest first'),
    temporal: z.object({
      schedule_id: z.string(),
      synced: z.boolean().describe('Whether Temporal has heard of the last change'),
    }),
    created_at: timestampSchema,
    updated_at: timestampSchema,
    created_by: z.uuid(),
  })
  .meta({ id: 'Schedule', description: 'Starts a crew or a flow at certain times.' });

export const scheduleParamsSchema = z.object({ schedule_id: uuidParam });
export const listSchedulesQuery = z.object({ ...pageQuery, ...ownershipQuery });

export function presentSchedule(
  row: ScheduleRow,
  fires: readonly FireRow[],
  now: Date,
): z.output<typeof scheduleSchema> {
  const { id, name, crew, graph_id, workflow_id, flow, inputs, cron, timezone, overlap, paused } = row;
  const own = { id, name, crew, graph_id, workflow_id, flow, inputs, cron, timezone, overlap, paused };
  return {
    ...own,
    next_runs: paused ? [] : nextRuns(row, now, NEXT_RUNS).map((time) => time.toISOString()),
    last_runs: fires
      .filter(({ schedule_id }) => schedule_id === id)
      .map((fire) => ({
        scheduled_at: parseTimestamp(fire.nominal_at).toISOString(),
        status: fire.status,
        execution_id: fire.execution_id,
        execution_status: fireSchema.shape.execution_status.parse(fire.execution_status),
        error: fire.error,
      })),
    temporal: { schedule_id: temporalScheduleId(id), synced: row.synced_version === row.version },
    created_at: parseTimestamp(row.created_at).toISOString(),
    updated_at: parseTimestamp(row.updated_at).toISOString(),
    created_by: row.owner_id,
  };
}

/** What a schedule is without being told. */
export const DEFAULTS: Omit<ScheduleFields, 'name' | 'cron'> = {
  crew: null,
  graph_id: null,
  workflow_id: null,
  flow: null,
  inputs: {},
  timezone: 'UTC',
  overlap: 'skip',
  paused: false,
};

export const exampleSchedule: z.input<typeof scheduleSchema> = {
  id: '0a2b4c6d-1111-4222-8333-444455556666',
  name: 'Morning research',
  crew: 'research',
  graph_id: null,
  workflow_id: null,
  flow: null,
  inputs: { topic: 'AI in healthcare' },
  cron: '0 9 * * MON-FRI',
  timezone: 'Europe/Berlin',
  overlap: 'skip',
  paused: false,
  next_runs: ['2026-11-25T08:00:00.000Z'],
  last_runs: [
    {
      scheduled_at: '2026-11-24T08:00:00.000Z',
      status: 'started',
      execution_id: '550e8400-e29b-41d4-a716-446655440000',
      execution_status: 'completed',
      error: null,
    },
  ],
  temporal: { schedule_id: 'schedule/0a2b4c6d-1111-4222-8333-444455556666', synced: true },
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
  created_by: '5b0c8f7e-2d3a-4b1c-9e8f-0a1b2c3d4e5f',
};
