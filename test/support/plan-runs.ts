import { z } from 'zod';
import { startCrewRun, type StartOptions } from '../../src/engine/starting/start-crew-run.ts';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { TestStack } from './test-stack.ts';

/** Who the stack's admin is. */
export async function adminId(stack: TestStack): Promise<string> {
  return z.object({ id: z.uuid() }).parse((await stack.call('GET', '/api/v1/auth/me')).body).id;
}

/** Starts a plan as it is, with no graph or folder behind it, as the stack's admin. @returns the UUID of its execution */
export async function startPlan(
  stack: TestStack,
  plan: CrewPlan,
  options: StartOptions = {},
  inputs: JsonObject = {},
): Promise<string> {
  const ownerId = await adminId(stack);
  const run = { ownerId, plan, inputs, options, idempotencyRef: undefined };
  return (await startCrewRun(stack.engine.services, run)).executionId;
}
