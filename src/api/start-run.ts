import { invalid } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { CrewPlan } from '../domain/plan/crew-plan.ts';
import { missingInputs } from '../domain/plan/interpolate.ts';
import { ModelFailure, type Models } from '../models/model.ts';
import { createRun, type CreatedRun } from '../persistence/runs/create-run.ts';
import type { Engine } from './engine.ts';

/** What every start takes beside its plan and inputs (contract §6). */
export interface StartOptions {
  priority?: number | undefined;
  tags?: string[] | undefined;
  timeout_seconds?: number | undefined;
  max_tokens_total?: number | undefined;
}

/**
 * Commits a run of a crew and sends it on its way. What this returns cannot be lost any more, whether or not
 * Temporal or a worker is there.
 * @throws {MusterError} VALIDATION_FAILED naming every input variable that is missing.
 */
export async function startCrewRun(
  engine: Engine,
  run: {
    ownerId: string;
    plan: CrewPlan;
    inputs: JsonObject;
    options: StartOptions;
    /** Of the request (`request.idempotencyRef`): repeated after a crash, it finds the run it has started. */
    idempotencyRef: string | undefined;
  },
): Promise<CreatedRun> {
  const { ownerId, plan, inputs, options, idempotencyRef } = run;
  const missing = missingInputs(plan, inputs);
  if (missing.length > 0) {
    throw invalid(
      `The crew ${plan.name} needs ${plan.inputs.join(', ')}; missing: ${missing.join(', ')}`,
      missing.map((name) => ({
        path: `/inputs/${name}`,
        message: `the crew's texts use {${name}}: give it a value`,
      })),
    );
  }
  const created = await createRun(
    engine.system,
    {
      ownerId,
      kind: 'crew',
      crewName: plan.name,
      plan,
      inputs,
      priority: options.priority ?? 0,
      tags: options.tags ?? [],
      timeoutSeconds: options.timeout_seconds ?? null,
      maxTokensTotal: options.max_tokens_total ?? null,
      model: modelName(engine.models, plan.agents[0]?.model ?? null),
      idempotencyRef,
    },
    engine.settings.MAX_ACTIVE_EXECUTIONS_PER_USER,
    engine.now(),
  );
  const { id, executionId, outboxId } = created;
  if (outboxId !== null) {
    const { priority = 0 } = options;
    const start = { id, executionId, generation: 1, ownerId, crewName: plan.name, kind: 'crew', priority };
    engine.dispatcher.deliverStart(outboxId, start);
  }
  return created;
}

/** The name a run is listed under; a model that is not configured fails in its task, with the reason. */
function modelName(models: Models, name: string | null): string | null {
  try {
    return models.resolve(name).name;
  } catch (error) {
    if (error instanceof ModelFailure) return name;
    throw error;
  }
}
