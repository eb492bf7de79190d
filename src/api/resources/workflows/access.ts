import { notFound } from '../../../domain/errors.ts';
import type { Workflow } from '../../../persistence/entities/platform.entity.ts';
import { findWorkflow } from '../../../persistence/repositories/workflows.repository.ts';
import type { Caller } from '../../context.ts';
import type { ApiServices } from '../../services.ts';
import { reachOf } from '../executions/access.ts';

/** The workflow a path names. @throws {MusterError} NOT_FOUND, whether absent or somebody else's. */
export async function reachWorkflow(
  engine: Pick<ApiServices, 'database'>,
  caller: Caller,
  id: number,
): Promise<Workflow> {
  const scope = reachOf(caller);
  const workflow = await engine.database.as(scope, (em) => findWorkflow(em, id, scope));
  if (workflow === null) throw notFound('workflow');
  return workflow;
}
