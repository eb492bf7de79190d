import type { AgentState } from '../../domain/agent/agent-state.ts';
import type { EarlierOutput } from '../../domain/agent/prompts.ts';
import type { RunErrorCode } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { StoredIds } from '../../domain/plan/task-inputs.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import type { TaskOutput } from '../../domain/run/result.ts';
import { isTaskFinal, type OnTaskFailure, type TaskStatus } from '../../domain/run/status.ts';
import type { NewEvent } from '../../persistence/event-log.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import { storableText } from '../../domain/storable-text.ts';
import type { Sql } from '../../persistence/sql.ts';
import { loseOpenCalls } from '../calls/record-call.ts';

/**
 * Who may write for a task: the newest lease, by (generation, dispatch, attempt), of the Temporal run that
 * holds the execution. A run that was reset in the Web UI counts from one again, so a new run id wins over
 * any number. A worker that was thought dead and comes back holds an older one: what it writes is refused.
 */
export interface Lease {
  id: number;
  generation: number;
  temporalRunId: string;
  taskKey: string;
  dispatch: number;
  attempt: number;
  /** Id of the worker process that asks. */
  workerId: string;
}

/** After so many workers that died with it in hand, one after the other, a task is looked at before it is worked on. */
export const SUSPECT_AFTER = 2;

/** SQL: an agent's state with its whole time and its first model again, for a task that is tried anew by a person. */
export const FRESH_START = `agent_state || '{"workedMs": 0, "fallbacks": {}}'::jsonb`;

/** What the events of a task name, and how often it was begun: a part of their keys. */
export interface TaskIds extends StoredIds {
  life: number;
}

/** A task under a lease, with all its activity needs to go on. */
export interface HeldTask {
  /** Id of the task's run. */
  taskId: number;
  /** What its events name. */
  ids: TaskIds;
  /** How often people have changed it. */
  edits: number;
  /** With this task alone; with all of them where their texts matter to it (`tellsUnnamedInputs`, the planning task). */
  plan: CrewPlan;
  inputs: JsonObject;
  ownerId: string;
  /** Of its crew, over all runs of its owner. */
  crewScope: string;
  /** Null when the agent has not begun. */
  state: AgentState | null;
  /** Outputs of the tasks its context and condition name and of the planning one, else of all before it. */
  earlier: EarlierOutput[];
  /** Tool calls that an earlier holder began and nobody knows the outcome of. */
  lostTools: string[];
  events: Omit<NewEvent, 'taskKey' | 'taskId' | 'agentId'>[];
}

export type LeaseAnswer =
  | { kind: 'held'; task: HeldTask }
  /** The task is over already: a repeated hand-out gets the recorded outcome. */
  | {
      kind: 'over';
      status: TaskStatus;
      code: RunErrorCode | null;
      policy: OnTaskFailure;
      controlVersion: number;
    }
  | { kind: 'refused' }
  /** Workers have died with it in hand: it must be looked at first (`takeOver`). */
  | { kind: 'suspect' };

interface TaskRow {
  owner_id: string;
  crew_scope: string;
  plan: CrewPlan;
  input_data: JsonObject;
  id: number;
  status: TaskStatus;
  agent_state: AgentState | null;
  attempts: number;
  edits: number;
  task_id: number | null;
  agent_id: number | null;
  held_before: boolean;
  earlier: EarlierOutput[];
}

/** SQL: outputs of tasks `o` in plan order. */
const EARLIER = `coalesce(json_agg(json_build_object('taskKey', o.task_key, 'raw', coalesce(o.output->>'raw', ''))
  order by o.position), '[]')`;

/**
 * Takes the lease inside the caller's transaction. Events it asks for are written by the caller, last. Of the plan and of
 * the earlier outputs it reads what this task is about, so that a task of a long plan costs what one of a short plan does.
 */
export async function takeLease(sql: Sql, lease: Lease, now: Date): Promise<LeaseAnswer> {
  const [task] = await sql.query<TaskRow>(
    `with run as (
       select id, owner_id, plan_head, input_data,
         owner_id || '/' || coalesce('graph:' || graph_id, 'workflow:' || workflow_id, 'crew:' || crew_name, '') as crew_scope,
         case when plan_head ? 'tellsUnnamedInputs' or plan_head #>> '{planning,taskKey}' = $2 then plan end as whole_plan
         from executions where id = $1 and generation = $3 and claimed_run_id = $7
          and status not in ('completed', 'failed', 'cancelled') for no key update
     ), before as (
       select t.id, t.lease_run_id from run join task_executions t on t.execution_id = run.id
        where t.task_key = $2 for no key update of t
     )
     update task_executions t set lease_generation = $3, lease_dispatch = $4, lease_attempt = $5, lease_run_id = $7,
       holder_id = $8, updated_at = $6,
       status = case when status = 'pending' then 'running' else status end,
       started_at = coalesce(started_at, $6),
       attempts = attempts + case when status = 'pending' then 1 else 0 end
     from before, run
     where t.id = before.id
       and ((lease_generation, lease_dispatch, lease_attempt) < ($3, $4, $5) or t.lease_run_id is distinct from $7)
       and status not in ('completed', 'failed', 'skipped', 'cancelled')
       and (cardinality(died_in) < ${SUSPECT_AFTER} or (holder_id = $8 and t.lease_run_id = $7
         and (lease_generation, lease_dispatch, lease_attempt) = ($3, $4, $5 - 1)))
     returning run.owner_id, run.crew_scope, run.input_data,
       coalesce(run.whole_plan, run.plan_head || jsonb_build_object('tasks',
         case when t.spec is null then '[]' else jsonb_build_array(t.spec) end)) as plan, t.id, t.status, t.agent_state, t.attempts, t.edits, t.task_id, t.agent_id,
       before.lease_run_id is not null as held_before,
       case when t.spec #>> '{context,kind}' = 'tasks' then
         (select ${EARLIER} from (select distinct key from (
              select jsonb_array_elements_text(t.spec #> '{context,keys}') as key
              union all select t.spec #>> '{condition,taskKey}'
              union all select run.plan_head #>> '{planning,taskKey}') named) seen
            join task_executions o on o.execution_id = $1 and o.task_key = seen.key
           where o.position < t.position and o.status in ('completed', 'skipped'))
       else
         (select ${EARLIER} from task_executions o
           where o.execution_id = $1 and o.position < t.position and o.status in ('completed', 'skipped'))
       end as earlier`,
    [
      lease.id,
      lease.taskKey,
      lease.generation,
      lease.dispatch,
      lease.attempt,
      now.toISOString(),
      lease.temporalRunId,
      lease.workerId,
    ],
  );
  if (task === undefined) return leaseRefusal(sql, lease);
  // A task nobody has held yet has no calls to lose.
  const lostTools = task.held_before ? await loseOpenCalls(sql, lease.id, task.id, now) : [];
  return {
    kind: 'held',
    task: {
      taskId: task.id,
      ids: { taskId: task.task_id, agentId: task.agent_id, life: task.attempts },
      edits: task.edits,
      plan: task.plan,
      inputs: task.input_data,
      ownerId: task.owner_id,
      crewScope: task.crew_scope,
      state: task.agent_state,
      earlier: task.earlier,
      lostTools,
      events: [
        {
          type: 'task_started',
          key: `g${lease.generation}:started`,
          status: 'running',
          data: { attempt: task.attempts },
        },
      ],
    },
  };
}

async function leaseRefusal(sql: Sql, lease: Lease): Promise<LeaseAnswer> {
  const [task] = await sql.query<{
    status: TaskStatus;
    error_code: RunErrorCode | null;
    on_task_failure: OnTaskFailure;
    control_version: number;
    suspect: boolean;
  }>(
    `select t.status, t.error_code, e.on_task_failure, e.control_version,
       cardinality(t.died_in) >= ${SUSPECT_AFTER} and ((lease_generation, lease_dispatch, lease_attempt) < ($2, $5, $6)
         or t.lease_run_id is distinct from $3) as suspect
     from executions e join task_executions t on t.execution_id = e.id
      where e.id = $1 and e.generation = $2 and e.claimed_run_id = $3 and t.task_key = $4`,
    [lease.id, lease.generation, lease.temporalRunId, lease.taskKey, lease.dispatch, lease.attempt],
  );
  if (task !== undefined && isTaskFinal(task.status)) {
    return {
      kind: 'over',
      status: task.status,
      code: task.error_code,
      policy: task.on_task_failure,
      controlVersion: task.control_version,
    };
  }
  return { kind: task?.suspect === true ? 'suspect' : 'refused' };
}

/** Thrown when a newer lease exists: whatever this holder has in hand is void. */
export class StaleLease extends Error {
  constructor() {
    super('a newer holder has this task');
    this.name = 'StaleLease';
  }
}

/** How far a task has come. A step of a flow has no agent, and so no state of one. */
export type TaskProgress =
  | { kind: 'going_on'; state?: AgentState }
  /** A person is asked, or a crew is out; it stands still until then. */
  | { kind: 'waiting'; state?: AgentState }
  | { kind: 'completed'; state?: AgentState; output: TaskOutput }
  | { kind: 'skipped'; output: TaskOutput }
  | { kind: 'failed'; error: string; code: RunErrorCode };

/** Writes a task's progress under its lease. @throws {StaleLease} when a newer holder exists. */
export async function saveProgress(sql: Sql, lease: Lease, progress: TaskProgress, now: Date): Promise<void> {
  const status = progress.kind === 'going_on' ? 'running' : progress.kind;
  const rows = await sql.query(
    `update task_executions set status = $6, agent_state = coalesce($7, agent_state), output = coalesce($8, output),
       error = $9, error_code = $10, updated_at = $11,
       completed_at = case when $6 in ('running', 'waiting') then null else $11::timestamptz end
     where execution_id = $1 and task_key = $2 and lease_generation = $3 and lease_dispatch = $4 and lease_attempt = $5
       and lease_run_id = $12
     returning id`,
    [
      lease.id,
      lease.taskKey,
      lease.generation,
      lease.dispatch,
      lease.attempt,
      status,
      'state' in progress && progress.state !== undefined ? toJsonb(progress.state) : null,
      'output' in progress ? toJsonb(progress.output) : null,
      progress.kind === 'failed' ? storableText(progress.error) : null,
      progress.kind === 'failed' ? progress.code : null,
      now.toISOString(),
      lease.temporalRunId,
    ],
  );
  if (rows.length === 0) throw new StaleLease();
}

interface CountedError {
  id: number;
  task_id: number | null;
  agent_id: number | null;
  attempts: number;
  unexpected_errors: number;
}

/**
 * Counts an error that nobody foresaw, and takes the lease with it: an error while it was taken has undone the taking.
 * Nothing when a newer holder exists.
 */
export function countUnexpected(sql: Sql, lease: Lease): Promise<CountedError[]> {
  return sql.query<CountedError>(
    `update task_executions t set unexpected_errors = unexpected_errors + 1, holder_id = null,
       lease_generation = $3, lease_dispatch = $4, lease_attempt = $5, lease_run_id = $6
     from executions e
     where e.id = $1 and e.generation = $3 and e.claimed_run_id = $6 and t.execution_id = e.id and t.task_key = $2
       and t.status not in ('completed', 'failed', 'skipped', 'cancelled')
       and ((lease_generation, lease_dispatch, lease_attempt) <= ($3, $4, $5) or lease_run_id is distinct from $6)
     returning t.id, t.task_id, t.agent_id, t.attempts, t.unexpected_errors`,
    [lease.id, lease.taskKey, lease.generation, lease.dispatch, lease.attempt, lease.temporalRunId],
  );
}
