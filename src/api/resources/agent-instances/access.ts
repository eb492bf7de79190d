import { notFound } from '../../../domain/errors.ts';
import {
  findInstance,
  type ShownInstance,
} from '../../../persistence/repositories/agent-instances.repository.ts';
import type { Caller } from '../../context.ts';
import type { ApiServices } from '../../services.ts';
import { reachOf } from '../executions/access.ts';

/** The instance a path names. @throws {MusterError} NOT_FOUND, whether absent or somebody else's. */
export async function reachInstance(
  engine: Pick<ApiServices, 'database'>,
  caller: Caller,
  id: string,
): Promise<ShownInstance> {
  const scope = reachOf(caller);
  const instance = await engine.database.as(scope, (em) => findInstance(em, id, scope, caller.userId));
  if (instance === null) throw notFound('agent instance');
  return instance;
}
