import type { EntityManager } from '@mikro-orm/postgresql';
import { conflict } from '../../domain/errors.ts';
import type { OwnerScope } from '../database.ts';

const LIVE = `e.status not in ('completed', 'failed', 'cancelled')`;

/** For each stored thing the live executions that came from it; `?` is its id. */
const LIVE_RUNS = {
  agent: `select e.id, e.execution_id from task_executions t join executions e on e.id = t.execution_id
           where t.agent_id = ? and ${LIVE}`,
  task: `select e.id, e.execution_id from task_executions t join executions e on e.id = t.execution_id
          where t.task_id = ? and ${LIVE}`,
  workflow: `select e.id, e.execution_id from executions e where e.workflow_id = ? and ${LIVE}`,
} as const;

/** @throws {MusterError} CONFLICT, naming the execution, while one that came from this is live. */
export async function refuseWhileLive(
  em: EntityManager,
  what: keyof typeof LIVE_RUNS,
  id: number,
): Promise<void> {
  const [live] = await em.execute<{ execution_id: string }[]>(`${LIVE_RUNS[what]} limit 1`, [id]);
  if (live === undefined) return;
  const { execution_id: executionId } = live;
  throw conflict(`execution ${executionId} of this ${what} is live: cancel it first`, {
    execution_id: executionId,
  });
}

/** The live executions of a workflow, oldest first. Within what the scope of `em` shows. */
export const liveRunsOf = (
  em: EntityManager,
  workflowId: number,
  scope: OwnerScope,
  limit: number,
): Promise<{ id: number; execution_id: string }[]> =>
  'ownerId' in scope
    ? em.execute(`${LIVE_RUNS.workflow} and e.owner_id = ? order by e.id limit ?`, [
        workflowId,
        scope.ownerId,
        limit,
      ])
    : em.execute(`${LIVE_RUNS.workflow} order by e.id limit ?`, [workflowId, limit]);
