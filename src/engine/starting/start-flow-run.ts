import { z } from 'zod';
import { invalid } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { FlowSnapshot } from '../../flows/declared/snapshot.ts';
import type { NamedFlow } from '../../flows/flow-catalogue.ts';
import { createRun, type CreatedRun, type NewRun } from './create-run.ts';
import type { Sql } from '../../persistence/sql.ts';
import { concerns } from '../../telemetry/tracing/ambient.ts';
import type { CommandServices } from '../commands/command-services.ts';
import type { PlanServices, StartServices } from './start-services.ts';
import { refuseAboveRunLimits } from './run-limits.ts';
import { toIssues } from '../../contracts/issues.ts';
import { commitInThread } from './start-in-thread.ts';
import { moneyOf, type StartOptions } from './start-crew-run.ts';

/** A run of a flow that somebody asks for. */
export interface RequestedFlow {
  ownerId: string;
  flow: NamedFlow;
  /** Of a declared flow: what the run keeps. */
  snapshot?: FlowSnapshot | undefined;
  request: JsonObject;
  options: StartOptions;
  idempotencyRef: string | undefined;
  /** UUID of the run it replays. */
  replays?: string;
}

/**
 * Commits a run of a flow and sends it on its way, as `startCrewRun` does with crews.
 * @throws {MusterError} VALIDATION_FAILED when the request does not fit the flow's schema; NOT_FOUND and CONFLICT of a
 *   thread.
 */
export async function startFlowRun(
  engine: CommandServices & Pick<StartServices & PlanServices, 'computing' | 'database'>,
  run: RequestedFlow,
): Promise<CreatedRun> {
  const { ownerId, options } = run;
  await checkFlowState(engine, run);
  const row = toRow(run);
  const commit = async (sql: Sql): Promise<CreatedRun> => {
    const made = await createRun(sql, row, engine.settings.MAX_ACTIVE_EXECUTIONS_PER_USER, engine.now());
    await refuseAboveRunLimits(engine, sql, ownerId, [made]);
    return made;
  };
  const created =
    options.thread_id === undefined
      ? await engine.system.transaction(commit)
      : await commitInThread(engine, { ownerId, threadId: options.thread_id }, commit);
  const { id, executionId, outboxId, traceparent } = created;
  concerns(executionId);
  if (outboxId !== null) {
    const { priority = 0 } = options;
    const start = {
      id,
      executionId,
      generation: 1,
      ownerId,
      crewName: run.flow.name,
      kind: 'flow',
      priority,
      ...(traceparent !== undefined && { traceparent }),
    };
    engine.dispatcher.deliverStart(outboxId, start);
  }
  return created;
}

/** What a declared flow begins with, by the schema of its state. @throws {MusterError} VALIDATION_FAILED */
async function checkFlowState(
  engine: Pick<PlanServices, 'computing'>,
  { ownerId, snapshot, request }: RequestedFlow,
): Promise<void> {
  const state = snapshot?.definition.state;
  if (snapshot === undefined || state === undefined || state === null || state.type === 'dict') return;
  const { definition } = snapshot;
  const issues = await engine.computing.run('checkFlowState', { definition, request }, { owner: ownerId });
  if (issues.length > 0) throw invalid('The request does not fit the flow', issues);
}

const jsonObject = z.record(z.string(), z.json());

/**
 * @returns the request with the schema's defaults, as it is stored
 * @throws {MusterError} VALIDATION_FAILED when the request does not fit the flow's schema
 */
export function checkFlowRequest({ flow }: NamedFlow, request: JsonObject, field?: string): JsonObject {
  const checked = flow.request.safeParse(request);
  if (checked.success) return jsonObject.parse(JSON.parse(JSON.stringify(checked.data)));
  const issues = toIssues(checked.error, 'body');
  throw invalid(
    'The request does not fit the flow',
    field === undefined ? issues : issues.map((issue) => ({ ...issue, path: `/${field}${issue.path}` })),
  );
}

function toRow({
  ownerId,
  flow: named,
  snapshot,
  request,
  options,
  idempotencyRef,
  replays,
}: RequestedFlow): NewRun {
  checkFlowRequest(named, request);
  const { name, flow } = named;
  return {
    ownerId,
    kind: 'flow',
    crewName: null,
    flow: { name, shape: flow.shape, state: flow.begin(request), snapshot },
    // A flow has no tasks of a crew; what works on those finds none.
    plan: {
      schemaVersion: 1,
      name,
      process: 'graph',
      compat: 'fixed',
      agents: [],
      tasks: [],
      hiddenOutputs: [],
      inputs: [],
    },
    inputs: request,
    priority: options.priority ?? 0,
    tags: options.tags ?? [],
    timeoutSeconds: options.timeout_seconds ?? null,
    maxTokensTotal: options.max_tokens_total ?? null,
    ...moneyOf(options),
    model: null,
    threadId: options.thread_id,
    onTaskFailure: options.on_task_failure ?? 'fail',
    parentExecutionId: replays,
    idempotencyRef,
  };
}
