import { randomUUID } from 'node:crypto';
import { invalid, type Issue } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { missingInputs } from '../../domain/plan/interpolate.ts';
import { createRuns, type CreatedRun } from './create-run.ts';
import { findBatch } from '../../persistence/repositories/batches.repository.ts';
import type { StartServices } from './start-services.ts';
import { refuseUnpriced, toRow, type RequestedRun } from './start-crew-run.ts';
import { refuseAboveRunLimits } from './run-limits.ts';

/** More inputs than this are another batch. */
export const BATCH_MOST = 1_000;
/** Rows of tasks one batch may make: it is one transaction. */
const MOST_TASKS = 100_000;
const MOST_ISSUES = 100;

/** A run of the same crew for each of many inputs. */
export interface RequestedBatch extends Omit<RequestedRun, 'inputs' | 'replays' | 'say'> {
  /** 1 to 1,000. */
  inputs: readonly JsonObject[];
}

export interface CreatedBatch {
  batchId: string;
  /** In the order of the inputs. */
  runs: Pick<CreatedRun, 'id' | 'executionId'>[];
}

/**
 * CrewAI's `kickoff_for_each`, durably: commits all of the runs or none, and sends them on their way within the owner's
 * limit of active runs. Repeated with the same `idempotencyRef`, it finds what it has made.
 * @throws {MusterError} VALIDATION_FAILED naming what is missing, in which inputs, or for more tasks than fit; RATE_LIMITED when too
 *   many would wait for their turn
 */
export async function startCrewBatch(
  engine: Pick<
    StartServices,
    'dispatcher' | 'largeStarts' | 'models' | 'now' | 'prices' | 'settings' | 'system'
  >,
  batch: RequestedBatch,
): Promise<CreatedBatch> {
  const { inputs, idempotencyRef, ownerId } = batch;
  refuseMissing(batch);
  refuseUnpriced(engine, batch);
  refuseTooMany(batch);
  const batchId = idempotencyRef ?? randomUUID();
  const now = engine.now();
  const row = { ...toRow(engine, { ...batch, inputs: {} }), batchId };
  const items = inputs.map((one, place) => ({
    inputs: one,
    idempotencyRef: idempotencyRef === undefined ? undefined : `${idempotencyRef}/${place}`,
  }));
  const maxActive = engine.settings.MAX_ACTIVE_EXECUTIONS_PER_USER;
  // Due at once: the dispatcher takes them some at a time, in this process or another.
  const tasks = batch.plan.tasks.length * items.length;
  const made = await engine.largeStarts.run(ownerId, tasks, () =>
    engine.system.transaction(async (sql) => {
      const created = await createRuns(sql, row, items, { maxActive, now, dueAt: now });
      await refuseAboveRunLimits(engine, sql, ownerId, created);
      return created;
    }),
  );
  void engine.dispatcher.deliverNow();
  const runs = made.length === items.length ? made : await findBatch(engine.system, ownerId, batchId);
  return { batchId, runs };
}

function refuseTooMany({ plan, inputs, inputsField = 'inputs' }: RequestedBatch): void {
  if (plan.tasks.length * inputs.length <= MOST_TASKS) return;
  const most = Math.floor(MOST_TASKS / plan.tasks.length);
  const message = `at most ${most} at once of a crew of ${plan.tasks.length} tasks`;
  throw invalid('The batch is too large', [{ path: `/${inputsField}`, message }]);
}

/** @throws {MusterError} VALIDATION_FAILED with a path into the inputs for each value that is missing, up to a hundred */
function refuseMissing({ plan, inputs, inputsField = 'inputs' }: RequestedBatch): void {
  const issues: Issue[] = [];
  const without = new Set<number>();
  for (const [place, one] of inputs.entries()) {
    for (const name of missingInputs(plan, one)) {
      without.add(place);
      issues.push({
        path: `/${inputsField}/${place}/${name}`,
        message: `the crew's texts use {${name}}: give it a value`,
      });
    }
  }
  if (issues.length === 0) return;
  const [first] = without;
  throw invalid(
    `The crew ${plan.name} needs ${plan.inputs.join(', ')}; ${without.size} of ${inputs.length} inputs lack something, ` +
      `the first is ${inputsField}[${first}]. Nothing was started`,
    issues.slice(0, MOST_ISSUES),
  );
}
