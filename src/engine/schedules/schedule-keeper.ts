import type { JsonObject } from '../../domain/json.ts';
import {
  scheduleColumns,
  type ScheduleRow,
  type ScheduleTarget,
} from '../../persistence/repositories/schedules.repository.ts';
import type { CreatedRun } from '../starting/create-run.ts';
import { cancelIfLive } from './schedule-fires.ts';
import type { ScheduleRequest, TemporalSchedules } from '../../temporal/schedules.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CommandServices } from '../commands/command-services.ts';
import { classifyError } from '../classify-error.ts';

/** How often it looks. */
const LOOK_MS = 1_000;
/** How long what one process has in hand is hidden from the others. */
const LEASE_MS = 15_000;
/** How often a schedule is looked for in Temporal. */
const CHECK_EVERY_MS = 30_000;
/** How often the workflow of a time whose run goes on is looked for there; with the looks themselves, within 30 s. */
const CHECK_FIRE_EVERY_MS = 15_000;
/** How long a time waits for room among its owner's runs; as long as Temporal makes up for times that were missed. */
const WAIT_FOR_ROOM_MS = 60 * 60_000;
const BATCH = 20;
/** Requests of one schedule that are passed on at one look. */
const REQUESTS_AT_ONCE = 20;

/**
 * Keeps Temporal's schedules as the rows say, and starts what comes due. Any number of processes may do so side by
 * side: a row in hand is hidden for a while, and comes back when its process dies. All of it may be repeated.
 */
export interface ScheduleKeeper {
  /** One look; also called by the timer. Never throws. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** What keeping schedules needs. */
export interface ScheduleServices extends CommandServices {
  logger: Logger;
}

/** A run that could start now: its plan made, its inputs checked. */
export interface ReadyRun {
  /** @param idempotencyRef the same reference finds the run it has started */
  start(idempotencyRef: string): Promise<CreatedRun>;
}

/**
 * Makes ready what a schedule runs, as it is now, in its owner's name. Handed in by the doors: they know how a plan is made of
 * a graph, a workflow, a crew.
 * @throws {MusterError} what the start itself would say
 */
export type MakeReady = (ownerId: string, target: ScheduleTarget, inputs: JsonObject) => Promise<ReadyRun>;

interface Keeping {
  engine: ScheduleServices;
  temporal: TemporalSchedules;
  readyRun: MakeReady;
}

export function createScheduleKeeper(
  engine: ScheduleServices,
  temporal: TemporalSchedules,
  readyRun: MakeReady,
): ScheduleKeeper {
  const keeping = { engine, temporal, readyRun };
  let running: Promise<void> | undefined;
  const look = (): Promise<void> => {
    running ??= lookOnce(keeping)
      .catch((error: unknown) => engine.logger.warn({ err: error }, 'the schedules could not be kept'))
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return {
    look,
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}

async function lookOnce(keeping: Keeping): Promise<void> {
  const { engine } = keeping;
  const at = engine.now();
  const [waiting] = await engine.system.query<
    Record<'unsynced' | 'removed' | 'asked' | 'due' | 'untold' | 'unchecked' | 'unseen', boolean>
  >(
    `select exists (select 1 from schedules where synced_version <> version and due_at <= $1) as unsynced,
       exists (select 1 from schedule_removals where due_at <= $1) as removed,
       exists (select 1 from schedule_requests where due_at <= $1) as asked,
       exists (select 1 from schedule_fires where status = 'due' and due_at <= $1) as due,
       exists (select 1 from schedule_fires where not told and due_at <= $1 and status <> 'due') as untold,
       exists (select 1 from schedules where synced_version = version and checked_at < $2) as unchecked,
       exists (select 1 from schedule_fires where status = 'started' and not told and checked_at < $3) as unseen`,
    [at.toISOString(), before(at, CHECK_EVERY_MS), before(at, CHECK_FIRE_EVERY_MS)],
  );
  if (waiting?.unchecked === true) await checkAll(keeping);
  if (waiting?.unsynced === true) await syncAll(keeping);
  if (waiting?.removed === true) await removeAll(keeping);
  if (waiting?.asked === true) await requestAll(keeping);
  if (waiting?.due === true) await startAll(keeping);
  if (waiting?.unseen === true) await checkFires(keeping);
  if (waiting?.untold === true) await tellAll(keeping);
}

const before = (at: Date, ms: number): string => new Date(at.getTime() - ms).toISOString();

/** Now, and the end of a lease that begins now. */
function leaseOf({ now }: Pick<CommandServices, 'now'>): [string, string] {
  const at = now();
  return [at.toISOString(), new Date(at.getTime() + LEASE_MS).toISOString()];
}

/** Works on rows side by side; one that does not succeed comes back after its lease. */
async function eachOf<Row extends object>(
  { engine }: Keeping,
  what: string,
  rows: readonly Row[],
  work: (row: Row) => Promise<void>,
): Promise<void> {
  await Promise.all(
    rows.map((row) =>
      work(row).catch((error: unknown) => engine.logger.warn({ err: error }, `${what}: comes back later`)),
    ),
  );
}

type Synced = ScheduleRow & { deleted_at: string | null };

/** Tells Temporal what has changed. */
async function syncAll(keeping: Keeping): Promise<void> {
  const { engine, temporal } = keeping;
  const { system } = engine;
  const rows = await system.query<Synced>(
    `update schedules set due_at = $2 where id in (
       select id from schedules where synced_version <> version and due_at <= $1
         order by due_at limit ${BATCH} for update skip locked
     ) returning ${scheduleColumns('schedules')}, schedules.deleted_at`,
    leaseOf(engine),
  );
  await eachOf(keeping, 'a schedule waits for Temporal', rows, async (row) => {
    // What is left of it is its removal, as when its owner is deleted.
    if (row.deleted_at !== null)
      return void (await system.query('delete from schedules where id = $1', [row.id]));
    await temporal.put(row);
    // A change that came meanwhile has another version, and is due by itself.
    await system.query(
      `update schedules set synced_version = $2, checked_at = $3 where id = $1 and version = $2`,
      [row.id, row.version, engine.now().toISOString()],
    );
  });
}

/** Removes schedules from Temporal whose rows are gone. */
async function removeAll(keeping: Keeping): Promise<void> {
  const { engine, temporal } = keeping;
  const rows = await engine.system.query<{ schedule_id: string }>(
    `update schedule_removals set due_at = $2 where schedule_id in (
       select schedule_id from schedule_removals where due_at <= $1
         order by due_at limit ${BATCH} for update skip locked
     ) returning schedule_id`,
    leaseOf(engine),
  );
  await eachOf(keeping, 'the removal of a schedule waits for Temporal', rows, async ({ schedule_id: id }) => {
    await temporal.remove(id);
    await engine.system.query('delete from schedule_removals where schedule_id = $1', [id]);
    await engine.system.query('delete from schedule_fires where schedule_id = $1 and told', [id]);
  });
}

/** Looks for schedules in Temporal: one whose store was lost gets them anew. */
async function checkAll(keeping: Keeping): Promise<void> {
  const { engine, temporal } = keeping;
  const { system, now } = engine;
  const at = now();
  const rows = await system.query<{ id: string; version: number }>(
    `update schedules set checked_at = $2 where id in (
       select id from schedules where synced_version = version and checked_at < $1
         order by checked_at limit ${BATCH} for update skip locked
     ) returning id, version`,
    [before(at, CHECK_EVERY_MS), at.toISOString()],
  );
  await eachOf(keeping, 'a schedule could not be looked for', rows, async ({ id, version }) => {
    if (await temporal.exists(id)) return;
    await system.query(
      'update schedules set synced_version = 0, due_at = $3 where id = $1 and synced_version = $2',
      [id, version, now().toISOString()],
    );
  });
}

/**
 * Passes triggers and backfills on, once Temporal has the schedule as it was when they were asked for. Of each schedule the
 * oldest one only: of two that reach Temporal's scheduler at the same moment it carries out the later one alone (1.29).
 */
async function requestAll(keeping: Keeping): Promise<void> {
  const { engine, temporal } = keeping;
  for (let turn = 0; turn < REQUESTS_AT_ONCE; turn += 1) {
    const rows = await engine.system.query<
      Pick<ScheduleRow, 'overlap'> & { id: string; schedule_id: string; payload: ScheduleRequest }
    >(
      `with due as (
         select r.id, s.overlap from schedule_requests r join schedules s on s.id = r.schedule_id
          where r.due_at <= $1 and s.synced_version = s.version
            and not exists (select 1 from schedule_requests o
                             where o.schedule_id = r.schedule_id and (o.created_at, o.id) < (r.created_at, r.id))
          order by r.due_at limit ${BATCH} for update of r skip locked
       )
       update schedule_requests r set due_at = $2 from due where r.id = due.id
       returning r.id, r.schedule_id, r.payload, due.overlap`,
      leaseOf(engine),
    );
    if (rows.length === 0) return;
    await eachOf(keeping, 'a request waits for Temporal', rows, async (row) => {
      await temporal.request({ id: row.schedule_id, overlap: row.overlap }, row.payload, row.id);
      await engine.system.query('delete from schedule_requests where id = $1', [row.id]);
    });
  }
}

type DueFire = ScheduleRow & { nominal_at: string; fired_at: string; owner_is_active: boolean };

/** Starts what has come due. */
async function startAll(keeping: Keeping): Promise<void> {
  const { engine } = keeping;
  await engine.system.query(
    `update schedule_fires f set status = 'refused', error = 'its schedule was deleted'
      where status = 'due' and due_at <= $1
        and not exists (select 1 from schedules s where s.id = f.schedule_id and s.deleted_at is null)`,
    [engine.now().toISOString()],
  );
  const rows = await engine.system.query<DueFire>(
    `with due as (
       update schedule_fires set due_at = $2 where (schedule_id, nominal_at) in (
         select schedule_id, nominal_at from schedule_fires where status = 'due' and due_at <= $1
           order by due_at limit ${BATCH} for update skip locked
       ) returning schedule_id, nominal_at, created_at
     )
     select ${scheduleColumns('s')}, due.nominal_at, due.created_at as fired_at, u.is_active as owner_is_active
       from due join schedules s on s.id = due.schedule_id join users u on u.id = s.owner_id`,
    leaseOf(engine),
  );
  await eachOf(keeping, 'a scheduled run waits', rows, (row) => startFire(keeping, row));
}

async function startFire({ engine, readyRun }: Keeping, fire: DueFire): Promise<void> {
  const { system, now } = engine;
  const key = [fire.id, fire.nominal_at];
  const refuse = (error: string) =>
    system.query(
      `update schedule_fires set status = 'refused', error = $3, due_at = $4
        where schedule_id = $1 and nominal_at = $2 and status = 'due'`,
      [...key, error, now().toISOString()],
    );
  if (!fire.owner_is_active) return void (await refuse('its owner is disabled'));
  let id: number;
  try {
    const run = await readyRun(fire.owner_id, fire, fire.inputs);
    ({ id } = await run.start(`schedule/${fire.id}/${fire.nominal_at}`));
  } catch (error) {
    const known = classifyError(error);
    if (known === undefined || known.code === 'SERVICE_UNAVAILABLE') throw error;
    // Room comes when other runs of the owner end, or computations.
    const waited = now().getTime() - new Date(fire.fired_at).getTime();
    if (known.code === 'RATE_LIMITED' && waited < WAIT_FOR_ROOM_MS) throw error;
    return void (await refuse(known.message));
  }
  await system.query('update executions set schedule_id = $2 where id = $1', [id, fire.id]);
  const started = await system.query(
    `update schedule_fires set status = 'started', execution_id = $3, due_at = $4
      where schedule_id = $1 and nominal_at = $2 and status = 'due' returning 1`,
    [...key, id, now().toISOString()],
  );
  // It was cancelled while it was being started.
  if (started.length === 0) return cancelRun(engine, id);
  // Where the policy is `terminate_other`, Temporal has ended another workflow for this one, without a word.
  await system.query(
    `update schedule_fires set checked_at = 'epoch'
      where schedule_id = $1 and nominal_at <> $2 and status = 'started' and not told`,
    key,
  );
}

/** Cancels the runs of times whose workflow was terminated: nobody waits for them any more. */
async function checkFires(keeping: Keeping): Promise<void> {
  const { engine, temporal } = keeping;
  const at = engine.now();
  const rows = await engine.system.query<FireWorkflow & { execution_id: number | null }>(
    `update schedule_fires set checked_at = $2 where (schedule_id, nominal_at) in (
       select schedule_id, nominal_at from schedule_fires
        where status = 'started' and not told and checked_at < $1
        order by checked_at limit ${BATCH} for update skip locked
     ) returning schedule_id, nominal_at, workflow_id, run_id, execution_id`,
    [before(at, CHECK_FIRE_EVERY_MS), at.toISOString()],
  );
  await eachOf(keeping, 'a scheduled run could not be looked for', rows, async (row) => {
    if (row.execution_id !== null && (await temporal.isTerminated(row.workflow_id, row.run_id)))
      await cancelRun(engine, row.execution_id);
  });
}

async function cancelRun(
  engine: Pick<CommandServices, 'now' | 'settings' | 'system' | 'waker'>,
  id: number,
): Promise<void> {
  await cancelIfLive(engine.system, id, engine.settings.MAX_ACTIVE_EXECUTIONS_PER_USER, engine.now());
  engine.waker.wake('outbox', id);
  engine.waker.wake('control', id);
  engine.waker.wake('log', id);
}

/** One time and the workflow that stands for it. */
interface FireWorkflow {
  schedule_id: string;
  nominal_at: string;
  workflow_id: string;
  run_id: string;
}

/** Tells the workflows of times whose run is over that it is: until then their schedule counts them as running. */
async function tellAll(keeping: Keeping): Promise<void> {
  const { engine, temporal } = keeping;
  const rows = await engine.system.query<FireWorkflow>(
    `update schedule_fires set due_at = $2 where (schedule_id, nominal_at) in (
       select f.schedule_id, f.nominal_at from schedule_fires f left join executions e on e.id = f.execution_id
        where not f.told and f.due_at <= $1
          and (f.status = 'refused' or f.status = 'started'
            and (e.id is null or e.status in ('completed', 'failed', 'cancelled')))
        order by f.due_at limit ${BATCH} for update of f skip locked
     ) returning schedule_id, nominal_at, workflow_id, run_id`,
    leaseOf(engine),
  );
  await eachOf(keeping, 'the end of a scheduled run waits', rows, async (row) => {
    await temporal.ended(row.workflow_id, row.run_id);
    const key = [row.schedule_id, row.nominal_at];
    await engine.system.query(
      'update schedule_fires set told = true where schedule_id = $1 and nominal_at = $2',
      key,
    );
    await engine.system.query(
      `delete from schedule_fires f where schedule_id = $1 and nominal_at = $2
         and not exists (select 1 from schedules s where s.id = f.schedule_id)`,
      key,
    );
  });
}
