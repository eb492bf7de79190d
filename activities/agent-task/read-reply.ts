import { ComputationLimitExceeded } from '../../src/computing/computing-errors.ts';
import { answerToCheck } from '../../src/domain/agent/step.ts';
import type { Returned } from './agent-calls.ts';
import type { Position } from './positions.ts';
import type { TaskDeps } from '../calls/call-deps.ts';

/** @throws everything but a limit that was met */
export function limitOf(error: unknown): { exceeded: string } {
  if (error instanceof ComputationLimitExceeded) return { exceeded: error.message };
  throw error;
}

/** Reads a reply of a model by the schemas of its task, if there are any, apart from the worker's own thread. */
export async function readReply(
  deps: TaskDeps,
  { material }: Extract<Position, { kind: 'call' }>,
  returned: Returned,
  signal: AbortSignal,
): Promise<Returned> {
  const { input } = returned;
  const wanted = answerToCheck(material.state, input, material.rules);
  if (wanted === null || input.kind !== 'model_replied') return returned;
  const checked = await deps.computing
    .run('readAnswer', wanted, { owner: material.ownerId, signal })
    .catch((error: unknown) => limitOf(error));
  return { ...returned, input: { ...input, checked } };
}
