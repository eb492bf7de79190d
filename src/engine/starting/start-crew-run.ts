import { invalid } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import { toMicroUsd, type OnBudget } from '../../domain/run/budget.ts';
import type { ExecutionKind, OnTaskFailure } from '../../domain/run/status.ts';
import { FilledTextTooLarge, missingInputs, outgrows } from '../../domain/plan/interpolate.ts';
import { ModelFailure, type Models } from '../../models/model.ts';
import { createRun, type CreatedRun, type NewRun } from './create-run.ts';
import type { Sql } from '../../persistence/sql.ts';
import { concerns } from '../../telemetry/tracing/ambient.ts';
import type { StartServices } from './start-services.ts';
import { refuseAboveRunLimits } from './run-limits.ts';
import { commitInThread } from './start-in-thread.ts';

/** What every start takes beside its plan and inputs (contract §6). */
export interface StartOptions {
  priority?: number | undefined;
  tags?: string[] | undefined;
  timeout_seconds?: number | undefined;
  max_tokens_total?: number | undefined;
  max_cost_usd?: number | undefined;
  on_budget?: OnBudget | undefined;
  thread_id?: string | undefined;
  on_task_failure?: OnTaskFailure | undefined;
}

/** A run that somebody asks for. */
export interface RequestedRun {
  ownerId: string;
  plan: CrewPlan;
  /** Default: `crew`. */
  kind?: ExecutionKind;
  /** The graph the plan was made of. */
  graphId?: string;
  /** The stored workflow the plan was made of, or the one its only task belongs to. */
  workflowId?: number;
  inputs: JsonObject;
  /** What the request calls the inputs. Default: `inputs`. */
  inputsField?: string;
  options: StartOptions;
  /** Of the request (`request.idempotencyRef`): repeated after a crash, it finds the run it has started. */
  idempotencyRef: string | undefined;
  /** The run it replays, and what it takes over of it: in the same transaction. */
  replays?: { executionId: string; takeOver: (sql: Sql, executionId: number) => Promise<void> };
  /**
   * Writes what belongs to it, in the same transaction. A repeat of the request calls it again, for the run it has found:
   * writing twice must be harmless.
   */
  alongside?: (sql: Sql, run: { id: number; executionId: string; ownerId: string }) => Promise<void>;
  /** Writes into its thread what started it, in the same transaction. */
  say?: (sql: Sql, executionId: number) => Promise<void>;
}

/**
 * Commits a run of a crew and sends it on its way. What this returns cannot be lost any more, whether or not
 * Temporal or a worker is there.
 * @throws {MusterError} VALIDATION_FAILED naming every input variable that is missing, or models without a price; NOT_FOUND for a thread that
 *   is not the owner's; CONFLICT when that is busy and takes no second start; RATE_LIMITED when too many of the owner's are
 *   open, or wait for their turn.
 */
export async function startCrewRun(engine: StartServices, run: RequestedRun): Promise<CreatedRun> {
  const { ownerId, plan, options, say } = run;
  refuseMissingInputs(run);
  refuseUnpriced(engine, run);
  const row = toRow(engine, run);
  const commit = async (sql: Sql): Promise<CreatedRun> => {
    const made = await createRun(sql, row, engine.settings.MAX_ACTIVE_EXECUTIONS_PER_USER, engine.now());
    await run.replays?.takeOver(sql, made.id);
    await run.alongside?.(sql, { id: made.id, executionId: made.executionId, ownerId });
    await refuseAboveRunLimits(engine, sql, ownerId, [made]);
    return made;
  };
  const { thread_id: threadId } = options;
  const created = await engine.largeStarts.run(ownerId, plan.tasks.length, () =>
    threadId === undefined
      ? engine.system.transaction(commit)
      : commitInThread(engine, { ownerId, threadId }, commit, say),
  );
  const { id, executionId, outboxId, traceparent } = created;
  concerns(executionId);
  if (outboxId !== null) {
    const { priority = 0 } = options;
    const start = {
      id,
      executionId,
      generation: 1,
      ownerId,
      crewName: plan.name,
      kind: kindOf(run),
      priority,
      ...(traceparent !== undefined && { traceparent }),
    };
    engine.dispatcher.deliverStart(outboxId, start);
  }
  return created;
}

/** @throws {MusterError} VALIDATION_FAILED naming every input variable that is missing */
export function refuseMissingInputs({
  plan,
  inputs,
  inputsField = 'inputs',
}: Pick<RequestedRun, 'plan' | 'inputs' | 'inputsField'>): void {
  const missing = missingInputs(plan, inputs);
  if (missing.length === 0) return refuseLongTexts(plan, inputs, inputsField);
  throw invalid(
    `The crew ${plan.name} needs ${plan.inputs.join(', ')}; missing: ${missing.join(', ')}`,
    missing.map((name) => ({
      path: `/${inputsField}/${name}`,
      message: `the crew's texts use {${name}}: give it a value`,
    })),
  );
}

/** Inputs so long, or named so often, that a text of the crew would be too long for anybody to read. */
function refuseLongTexts(plan: CrewPlan, inputs: JsonObject, inputsField: string): void {
  const texts = [
    ...plan.tasks.flatMap((task) => [task.description, task.expectedOutput]),
    ...plan.agents.flatMap((agent) => [agent.role, agent.goal, agent.backstory]),
  ];
  if (!outgrows(texts, inputs)) return;
  throw invalid('The inputs are too long for the texts of the crew', [
    { path: `/${inputsField}`, message: new FilledTextTooLarge().message },
  ]);
}

/** What a start says about money, as a run keeps it. */
export const moneyOf = ({
  max_cost_usd: usd,
  on_budget: onBudget,
}: StartOptions): Pick<NewRun, 'maxCostMicroUsd' | 'onBudget'> => ({
  maxCostMicroUsd: usd === undefined ? null : toMicroUsd(usd),
  onBudget: onBudget ?? 'fail',
});

/** A limit of money wants a price of every model that may be asked. */
export function refuseUnpriced(
  { models, prices }: Pick<StartServices, 'models' | 'prices'>,
  { plan, options }: Pick<RequestedRun, 'plan' | 'options'>,
): void {
  const taskWithLimit = plan.tasks.find((task) => task.maxCostMicroUsd !== undefined);
  if (options.max_cost_usd === undefined && taskWithLimit === undefined) return;
  const names = plan.agents.flatMap((agent) => [agent.model, ...agent.fallbackModels]);
  const asked = [...new Set(names.map((name) => modelName(models, name)))];
  const unpriced = asked.filter((name) => name !== null && prices.of(name) === undefined);
  if (unpriced.length === 0) return;
  const path = options.max_cost_usd === undefined ? '' : '/max_cost_usd';
  const message = `nobody has said what ${unpriced.join(', ')} costs: name a file of prices in the setting MODEL_PRICES`;
  throw invalid('A limit of money needs prices', [{ path, message }]);
}

const kindOf = (run: RequestedRun): ExecutionKind => run.kind ?? 'crew';

/** A run that is asked for, as it is stored. */
export const toRow = (engine: Pick<StartServices, 'models'>, run: RequestedRun): NewRun => ({
  ownerId: run.ownerId,
  kind: kindOf(run),
  crewName: run.plan.name,
  plan: run.plan,
  inputs: run.inputs,
  priority: run.options.priority ?? 0,
  tags: run.options.tags ?? [],
  timeoutSeconds: run.options.timeout_seconds ?? null,
  maxTokensTotal: run.options.max_tokens_total ?? null,
  ...moneyOf(run.options),
  model: modelName(engine.models, run.plan.agents[0]?.model ?? null),
  graphId: run.graphId,
  workflowId: run.workflowId,
  threadId: run.options.thread_id,
  onTaskFailure: run.options.on_task_failure ?? 'fail',
  parentExecutionId: run.replays?.executionId,
  idempotencyRef: run.idempotencyRef,
});

/** The name a run is listed under; a model that is not configured fails in its task, with the reason. */
function modelName(models: Models, name: string | null): string | null {
  try {
    return models.resolve(name).name;
  } catch (error) {
    if (error instanceof ModelFailure) return name;
    throw error;
  }
}
