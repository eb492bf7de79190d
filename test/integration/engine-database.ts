import { randomUUID } from 'node:crypto';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import type { CrewPlan, PlanTask } from '../../src/domain/plan/crew-plan.ts';
import type { Command, ExecutionStatus } from '../../src/domain/run/status.ts';
import { createDatabase, type Database } from '../../src/persistence/database.ts';
import { appendEvents, type NewEvent } from '../../src/persistence/event-log.ts';
import { beginCall, type BeginRefusal, type OpenCall } from '../../src/engine/calls/record-call.ts';
import { commandRun } from '../../src/engine/commands/command-run.ts';
import { createRun } from '../../src/engine/starting/create-run.ts';
import { claimRun } from '../../src/engine/claims/claim-run.ts';
import { finaliseRun } from '../../src/engine/lifecycle/finish-run.ts';
import { takeLease, type HeldTask, type Lease } from '../../src/engine/claims/task-lease.ts';
import { createTestDatabase } from '../support/database.ts';
import { aPlan, aTask } from '../support/plans.ts';

/** A database of a test file's own with runs in it: what the engine writes, without API, worker or Temporal. */
export interface EngineDatabase {
  database: Database;
  url: string;
  owner: string;
  /** A pending run of so many tasks, one after the other; its start is in the outbox, due at once. */
  create(options?: RunOptions): Promise<RunRef>;
  /** The same, claimed by the Temporal run `HOLDER`. */
  createClaimed(options?: RunOptions): Promise<RunRef>;
  claim(ref: RunRef, temporalRunId?: string): Promise<void>;
  finalise(ref: RunRef, ending: Parameters<typeof finaliseRun>[2]): ReturnType<typeof finaliseRun>;
  command(ref: RunRef, command: Command): Promise<void>;
  append(ref: RunRef, events: readonly NewEvent[]): Promise<number>;
  row(ref: RunRef): Promise<ExecutionRow>;
  tasks(ref: RunRef): Promise<TaskRow[]>;
  calls(ref: RunRef): Promise<CallRow[]>;
  outbox(ref: RunRef): Promise<{ command: string; attempts: number }[]>;
  events(ref: RunRef): Promise<LoggedEvent[]>;
  close(): Promise<void>;
}

export interface RunOptions {
  tasks?: number;
  maxTokensTotal?: number;
  maxCostMicroUsd?: number;
  /** Limits of each task. */
  task?: Partial<PlanTask>;
}

export interface ExecutionRow {
  status: ExecutionStatus;
  generation: number;
  claimed_run_id: string | null;
  pause_requested: boolean;
  control_version: number;
  error: string | null;
  error_code: string | null;
  total_tokens: number;
  reserved_tokens: number;
  cost_micro_usd: number | null;
  reserved_cost_micro_usd: number;
}

export interface TaskRow {
  task_key: string;
  status: string;
  total_tokens: number;
  cost_micro_usd: number | null;
}

export interface CallRow {
  call_key: string;
  status: string;
  attempt: number;
  reserved_tokens: number;
  total_tokens: number;
}

export interface LoggedEvent {
  seq: number;
  type: string;
  event_key: string;
}

/** The Temporal run that holds what `createClaimed` makes. */
export const HOLDER = 'temporal-run-1';
/** The worker that has what is held here. */
export const WORKER = '00000000-0000-4000-8000-000000000001';
/** Nobody queues here. */
const NO_LIMIT = 0;

const planOf = (tasks: number, fields: Partial<PlanTask>): CrewPlan =>
  aPlan({
    tasks: Array.from({ length: tasks }, (_, index) =>
      aTask({
        key: `task-${index + 1}`,
        name: `Task ${index + 1}`,
        dependsOn: index === 0 ? [] : [`task-${index}`],
        ...fields,
      }),
    ),
  });

export async function openEngineDatabase(): Promise<EngineDatabase> {
  const testDatabase = await createTestDatabase();
  const database = await createDatabase(testDatabase.url, { poolMax: 24 });
  const { sql } = database;
  const owner = randomUUID();
  await sql.query(
    `insert into users (id, email, created_at, updated_at) values ($1, 'owner@example.test', now(), now())`,
    [owner],
  );
  const create = async ({
    tasks = 1,
    maxTokensTotal,
    maxCostMicroUsd,
    task = {},
  }: RunOptions = {}): Promise<RunRef> => {
    const plan = planOf(tasks, task);
    const { id, executionId } = await createRun(
      sql,
      {
        ownerId: owner,
        kind: 'crew',
        crewName: plan.name,
        plan,
        inputs: {},
        maxTokensTotal: maxTokensTotal ?? null,
        maxCostMicroUsd: maxCostMicroUsd ?? null,
        model: 'openai/scripted',
      },
      NO_LIMIT,
      new Date(),
    );
    // Whoever commits a start holds it for some seconds; here nobody does.
    await sql.query('update outbox set due_at = created_at where execution_id = $1', [id]);
    return { id, executionId, generation: 1 };
  };
  const claim = async (ref: RunRef, temporalRunId = HOLDER): Promise<void> => {
    const { accepted } = await claimRun(sql, ref, temporalRunId, new Date());
    if (!accepted) throw new Error(`the claim of ${temporalRunId} was refused`);
  };
  return {
    database,
    url: testDatabase.url,
    owner,
    create,
    async createClaimed(options) {
      const ref = await create(options);
      await claim(ref);
      return ref;
    },
    claim,
    finalise: (ref, ending) => finaliseRun(sql, ref, ending, NO_LIMIT, new Date()),
    command: (ref, command) => commandRun(sql, ref.id, command, NO_LIMIT, new Date()),
    append: (ref, events) => sql.transaction((tx) => appendEvents(tx, ref.id, events, new Date())),
    ...looking(database),
    async close() {
      await database.close();
      await testDatabase.drop();
    },
  };
}

type Looking = Pick<EngineDatabase, 'row' | 'tasks' | 'calls' | 'outbox' | 'events'>;

/** What stands in the tables about a run. */
const looking = ({ sql }: Database): Looking => ({
  async row(ref) {
    const [row] = await sql.query<ExecutionRow>(
      `select status, generation, claimed_run_id, pause_requested, control_version, error, error_code,
         total_tokens::integer, reserved_tokens::integer, cost_micro_usd::integer, reserved_cost_micro_usd::integer
       from executions where id = $1`,
      [ref.id],
    );
    if (row === undefined) throw new Error('the execution is gone');
    return row;
  },
  tasks: (ref) =>
    sql.query(
      `select task_key, status, total_tokens::integer, cost_micro_usd::integer from task_executions where execution_id = $1 order by position`,
      [ref.id],
    ),
  calls: (ref) =>
    sql.query<CallRow>(
      `select call_key, status, attempt, reserved_tokens::integer, total_tokens::integer
         from calls where execution_id = $1 order by id`,
      [ref.id],
    ),
  outbox: (ref) =>
    sql.query('select command, attempts from outbox where execution_id = $1 order by id', [ref.id]),
  events: (ref) =>
    sql.query<LoggedEvent>(
      'select seq, type, event_key from execution_events where execution_id = $1 order by seq',
      [ref.id],
    ),
});

/** A lease of the run's first task. */
export const leaseOf = (ref: RunRef, more: Partial<Lease> = {}): Lease => ({
  id: ref.id,
  generation: ref.generation,
  temporalRunId: HOLDER,
  taskKey: 'task-1',
  dispatch: 1,
  attempt: 1,
  workerId: WORKER,
  ...more,
});

/** Takes a lease that must be granted. */
export async function hold({ database }: EngineDatabase, lease: Lease): Promise<HeldTask> {
  const answer = await database.sql.transaction((sql) => takeLease(sql, lease, new Date()));
  if (answer.kind !== 'held') throw new Error(`the lease was not granted: ${answer.kind}`);
  return answer.task;
}

/** Begins a model call that reserves so many tokens, or tokens and money. */
export const begin = (
  { database }: EngineDatabase,
  run: RunRef,
  taskId: number,
  key: string,
  reserve: number | { tokens: number; costMicroUsd: number | null },
): Promise<OpenCall | BeginRefusal> =>
  database.sql.transaction((sql) =>
    beginCall(
      sql,
      run,
      taskId,
      {
        key,
        kind: 'model',
        name: 'openai/scripted',
        request: null,
        reserveTokens: typeof reserve === 'number' ? reserve : reserve.tokens,
        reserveCostMicroUsd: typeof reserve === 'number' ? 0 : reserve.costMicroUsd,
      },
      new Date(),
    ),
  );

/** The same where it must be allowed. */
export async function begun(...args: Parameters<typeof begin>): Promise<OpenCall> {
  const call = await begin(...args);
  if (typeof call === 'string') throw new Error(`the call was refused: ${call}`);
  return call;
}
