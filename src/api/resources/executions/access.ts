import { notFound } from '../../../domain/errors.ts';
import type { Execution } from '../../../persistence/entities/execution.entity.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import { findExecution, type ExecutionRef } from '../../../persistence/repositories/executions.repository.ts';
import type { Caller } from '../../context.ts';
import type { ApiServices } from '../../services.ts';

/** An admin reaches any single row; everybody else their own. */
export const reachOf = (caller: Caller): OwnerScope =>
  caller.isAdmin ? { everybody: true } : { ownerId: caller.userId };

/**
 * The execution a path names.
 * @param options.result whether its result is wanted. Default true
 * @throws {MusterError} NOT_FOUND, whether absent or somebody else's.
 */
export async function reachExecution(
  engine: Pick<ApiServices, 'database'>,
  caller: Caller,
  ref: ExecutionRef,
  options: { result?: boolean } = {},
): Promise<Execution> {
  const scope = reachOf(caller);
  const execution = await engine.database.as(scope, (em) => findExecution(em, ref, scope, options));
  if (execution === null) throw notFound('execution');
  return execution;
}
