import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { notFound } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Overlap } from '../../domain/schedule.ts';
import type { OwnerScope } from '../database.ts';
import { toJsonb } from '../jsonb.ts';
import { parseTimestamp } from '../timestamp.ts';

/** What a schedule runs: exactly one is given. */
export interface ScheduleTarget {
  crew: string | null;
  graph_id: string | null;
  workflow_id: number | null;
  flow: string | null;
}

export interface ScheduleFields extends ScheduleTarget {
  name: string;
  inputs: JsonObject;
  cron: string;
  timezone: string;
  overlap: Overlap;
  paused: boolean;
}

/** A row, as the driver gives it; times as Postgres prints them. */
export interface ScheduleRow extends ScheduleFields {
  id: string;
  owner_id: string;
  version: number;
  synced_version: number;
  created_at: string;
  updated_at: string;
}

/** One time at which a schedule came due. */
export interface FireRow {
  schedule_id: string;
  nominal_at: string;
  status: 'due' | 'started' | 'refused';
  error: string | null;
  execution_id: string | null;
  execution_status: string | null;
}

const COLUMN_NAMES = [
  'id',
  'owner_id',
  'name',
  'crew',
  'graph_id',
  'workflow_id',
  'flow',
  'inputs',
  'cron',
  'timezone',
  'overlap',
  'paused',
  'version',
  'synced_version',
  'created_at',
  'updated_at',
];
const COLUMNS = COLUMN_NAMES.join(', ');

/** SQL: the columns of a `ScheduleRow`, where `schedules` goes by this name. */
export const scheduleColumns = (table: string): string =>
  COLUMN_NAMES.map((column) => `${table}.${column}`).join(', ');

const whereOwned = (scope: OwnerScope): { text: string; values: string[] } =>
  'ownerId' in scope
    ? { text: 'deleted_at is null and owner_id = ?', values: [scope.ownerId] }
    : { text: 'deleted_at is null', values: [] };

/** A page of schedules, newest first, and how many there are in all. */
export async function listSchedules(
  em: EntityManager,
  scope: OwnerScope,
  { skip, limit }: { skip: number; limit: number },
): Promise<[ScheduleRow[], number]> {
  const { text, values } = whereOwned(scope);
  const rows = await em.execute<ScheduleRow[]>(
    `select ${COLUMNS} from schedules where ${text} order by created_at desc, id limit ? offset ?`,
    [...values, limit, skip],
  );
  const [count] = await em.execute<{ count: number }[]>(
    `select count(*)::integer as count from schedules where ${text}`,
    values,
  );
  return [rows, count?.count ?? 0];
}

/** @throws {MusterError} NOT_FOUND, whether absent or somebody else's */
export async function getSchedule(em: EntityManager, id: string, scope: OwnerScope): Promise<ScheduleRow> {
  const { text, values } = whereOwned(scope);
  const [row] = await em.execute<ScheduleRow[]>(`select ${COLUMNS} from schedules where ${text} and id = ?`, [
    ...values,
    id,
  ]);
  if (row === undefined) throw notFound('schedule');
  return row;
}

export async function createSchedule(
  em: EntityManager,
  ownerId: string,
  fields: ScheduleFields,
  now: Date,
): Promise<ScheduleRow> {
  const at = now.toISOString();
  const [row] = await em.execute<ScheduleRow[]>(
    `insert into schedules (id, owner_id, name, crew, graph_id, workflow_id, flow, inputs, cron, timezone, overlap, paused,
       due_at, checked_at, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?) returning ${COLUMNS}`,
    [randomUUID(), ownerId, ...valuesOf(fields), at, at, at, at],
  );
  if (row === undefined) throw new Error('the insert of a schedule returned no row');
  return row;
}

/** Writes all of it anew: Temporal hears of it soon. */
export async function updateSchedule(
  em: EntityManager,
  id: string,
  fields: ScheduleFields,
  now: Date,
): Promise<ScheduleRow> {
  const at = now.toISOString();
  const [row] = await em.execute<ScheduleRow[]>(
    `update schedules set name = ?, crew = ?, graph_id = ?, workflow_id = ?, flow = ?, inputs = ?::jsonb, cron = ?,
       timezone = ?, overlap = ?, paused = ?, version = version + 1, due_at = ?, updated_at = ?
     where id = ? and deleted_at is null returning ${COLUMNS}`,
    [...valuesOf(fields), at, at, id],
  );
  if (row === undefined) throw notFound('schedule');
  return row;
}

const valuesOf = (fields: ScheduleFields) => [
  fields.name,
  fields.crew,
  fields.graph_id,
  fields.workflow_id,
  fields.flow,
  toJsonb(fields.inputs),
  fields.cron,
  fields.timezone,
  fields.overlap,
  fields.paused,
];

/** From here on nobody sees it; the row goes when Temporal has heard of it. */
export async function deleteSchedule(em: EntityManager, id: string, now: Date): Promise<void> {
  const at = now.toISOString();
  await em.execute(
    `update schedules set deleted_at = ?, version = version + 1, due_at = ? where id = ? and deleted_at is null`,
    [at, at, id],
  );
}

/**
 * A moment for a trigger of this schedule. Temporal names what it starts by the second, so each has one of its own, and
 * none of a whole minute: those are the times of its cron.
 * @returns ISO 8601; a little in the future where many are asked for at once
 */
export async function momentOfTrigger(em: EntityManager, id: string, now: Date): Promise<string> {
  const second = `greatest(date_trunc('second', ?::timestamptz), triggered_at + interval '1 second')`;
  const [row] = await em.execute<{ triggered_at: string }[]>(
    `update schedules set triggered_at = ${second}
       + case when extract(second from ${second}) = 0 then interval '1 second' else interval '0' end
      where id = ? returning triggered_at`,
    [now.toISOString(), now.toISOString(), id],
  );
  if (row === undefined) throw notFound('schedule');
  return parseTimestamp(row.triggered_at).toISOString();
}

/** Keeps something that is asked of a schedule, until Temporal has heard it. */
export async function requestOfSchedule(
  em: EntityManager,
  { id, owner_id: ownerId }: ScheduleRow,
  request: object,
  now: Date,
): Promise<void> {
  const at = now.toISOString();
  await em.execute(
    `insert into schedule_requests (id, schedule_id, owner_id, payload, due_at, created_at)
     values (?, ?, ?, ?::jsonb, ?, ?)`,
    [randomUUID(), id, ownerId, toJsonb(request), at, at],
  );
}

/** Of each of these schedules the latest times that came due, newest first. */
export const lastFires = (em: EntityManager, ids: readonly string[], most: number): Promise<FireRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : em.execute<FireRow[]>(
        `select f.schedule_id, f.nominal_at, f.status, f.error, e.execution_id, e.status as execution_status
         from unnest(string_to_array(?, ',')::uuid[]) as s(id)
         cross join lateral (
           select * from schedule_fires f where f.schedule_id = s.id order by nominal_at desc limit ?
         ) f left join executions e on e.id = f.execution_id
         order by f.schedule_id, f.nominal_at desc`,
        [ids.join(','), most],
      );
