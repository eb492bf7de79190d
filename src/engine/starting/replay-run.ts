import { conflict, invalid } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import type { PlanOverrides } from '../../domain/plan/override-plan.ts';
import { MICRO_USD, type OnBudget } from '../../domain/run/budget.ts';
import type { ExecutionKind, OnTaskFailure } from '../../domain/run/status.ts';
import type { CreatedRun } from './create-run.ts';
import { takeOverTasks } from './copy-finished-tasks.ts';
import type { CommandServices } from '../commands/command-services.ts';
import type { PlanServices, StartServices } from './start-services.ts';
import { namedFlow } from '../../flows/declared/declared-flow.ts';
import type { FlowSnapshot } from '../../flows/declared/snapshot.ts';
import { startFlowRun } from './start-flow-run.ts';
import { startCrewRun, type StartOptions } from './start-crew-run.ts';

interface ReplayedRow {
  execution_id: string;
  owner_id: string;
  plan: CrewPlan;
  flow_name: string | null;
  flow_snapshot: FlowSnapshot | null;
  input_data: JsonObject;
  kind: ExecutionKind;
  graph_id: string | null;
  workflow_id: number | null;
  priority: number;
  tags: string[];
  timeout_seconds: number | null;
  max_tokens_total: string | null;
  max_cost_micro_usd: string | null;
  on_budget: OnBudget;
  on_task_failure: OnTaskFailure;
  owner_is_active: boolean;
}

/** What a replay does otherwise than the run it repeats. */
export interface ReplayWish {
  /** Key of the task to begin with; those before it are taken over. Undefined: everything runs again. */
  fromTask?: string | undefined;
  /** Laid over the inputs of the run. */
  inputs?: JsonObject | undefined;
  overrides?: PlanOverrides | undefined;
  idempotencyRef: string | undefined;
}

/**
 * Runs the plan of an execution again, as a new execution of the same owner that names it as its parent.
 * @throws {MusterError} CONFLICT when its owner is disabled; VALIDATION_FAILED for an unknown task, and for changes that break a rule of crews.
 */
export async function replayRun(
  engine: StartServices & PlanServices,
  id: number,
  wish: ReplayWish,
): Promise<CreatedRun> {
  const [row] = await engine.system.query<ReplayedRow>(
    `select execution_id, owner_id, kind, plan, flow_name, flow_snapshot, input_data, graph_id, workflow_id, priority, tags, timeout_seconds,
       max_tokens_total, max_cost_micro_usd, on_budget,
       on_task_failure, (select u.is_active from users u where u.id = owner_id) as owner_is_active
       from executions where id = $1`,
    [id],
  );
  if (row === undefined) throw new Error(`execution ${id} vanished while it was replayed`);
  if (!row.owner_is_active) throw conflict('Its owner is disabled: enable the owner first');
  const inputs = { ...row.input_data, ...wish.inputs };
  if (row.flow_name !== null) return replayFlow(engine, row, row.flow_name, wish);
  const offeredTools = engine.tools.registry.names();
  const overridden =
    wish.overrides === undefined
      ? ({ ok: true, plan: row.plan } as const)
      : await engine.computing.run(
          'overridePlan',
          { plan: row.plan, overrides: wish.overrides, run: { inputs, offeredTools } },
          { owner: row.owner_id },
        );
  if (!overridden.ok) throw invalid('The crew cannot be changed like this', overridden.issues);
  const beforePosition = positionOf(row.plan, wish.fromTask);
  return startCrewRun(engine, {
    ownerId: row.owner_id,
    plan: overridden.plan,
    kind: row.kind,
    ...(row.graph_id !== null && { graphId: row.graph_id }),
    ...(row.workflow_id !== null && { workflowId: row.workflow_id }),
    inputs,
    options: optionsOf(row),
    idempotencyRef: wish.idempotencyRef,
    replays: {
      executionId: row.execution_id,
      takeOver: (sql, into) => takeOverTasks(sql, { id, beforePosition }, { id: into }, engine.now()),
    },
  });
}

const optionsOf = (row: ReplayedRow): StartOptions => ({
  priority: row.priority,
  tags: row.tags,
  timeout_seconds: row.timeout_seconds ?? undefined,
  max_tokens_total: row.max_tokens_total === null ? undefined : Number(row.max_tokens_total),
  max_cost_usd: row.max_cost_micro_usd === null ? undefined : Number(row.max_cost_micro_usd) / MICRO_USD,
  on_budget: row.on_budget,
  on_task_failure: row.on_task_failure,
});

/** A flow runs again from its start, as its code is now, a declared one as it was: its state at a step in the middle is not kept. */
function replayFlow(
  engine: CommandServices & Pick<StartServices & PlanServices, 'computing' | 'database' | 'flows'>,
  row: ReplayedRow,
  name: string,
  { fromTask, inputs, overrides, idempotencyRef }: ReplayWish,
): Promise<CreatedRun> {
  const changes = [...Object.keys(overrides?.agents ?? {}), ...Object.keys(overrides?.tasks ?? {})];
  const issues = [
    ...(fromTask === undefined ? [] : [{ path: '/from_task', message: 'a flow is replayed from its start' }]),
    ...(changes.length === 0 ? [] : [{ path: '/overrides', message: 'a flow is code and has no overrides' }]),
  ];
  const { flow_snapshot: snapshot } = row;
  const flow = snapshot === null ? engine.flows.find(name) : namedFlow(name, snapshot);
  if (flow === undefined) issues.push({ path: '', message: `there is no flow ${name} any more` });
  if (flow === undefined || issues.length > 0) throw invalid('The flow cannot be replayed like this', issues);
  return startFlowRun(engine, {
    ownerId: row.owner_id,
    flow,
    snapshot: snapshot ?? undefined,
    request: { ...row.input_data, ...inputs },
    options: optionsOf(row),
    idempotencyRef,
    replays: row.execution_id,
  });
}

function positionOf(plan: CrewPlan, fromTask: string | undefined): number {
  if (fromTask === undefined) return 0;
  const position = plan.tasks.findIndex((task) => task.key === fromTask);
  if (position >= 0) return position;
  const known = plan.tasks.map((task) => task.key).join(', ');
  throw invalid('The replay cannot begin there', [
    { path: '/from_task', message: `there is no task "${fromTask}"; there are: ${known}` },
  ]);
}
