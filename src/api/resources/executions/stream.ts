import { z } from 'zod';
import type { LiveState } from '../../../contracts/crew-run.ts';
import { isFinal, isTaskFinal } from '../../../domain/run/status.ts';
import { readHeads } from '../../../persistence/event-log.ts';
import { findExecution, listTasks } from '../../../persistence/repositories/executions.repository.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import type { Execution } from '../../../persistence/entities/execution.entity.ts';
import type { TaskExecution } from '../../../persistence/entities/task-execution.entity.ts';
import { runWorkflowId } from '../../../temporal/names.ts';
import { defineStream, type AnyRoute } from '../../define-route.ts';
import type { Engine } from '../../engine.ts';
import { sseFrame } from '../../realtime/sse-frame.ts';
import { followStream, lastEventId } from '../../realtime/follow-stream.ts';
import { reachExecution, reachOf } from './access.ts';
import { presentExecution, presentTask } from './presenter.ts';
import { executionRefParam, streamQuery } from './schema.ts';

/** How long the snapshot waits for the workflow's own word. */
const LIVE_STATE_MS = 300;

/** The log as server-sent events: a snapshot, then what happened, then what happens, until the final event. */
export const streamRoute = (engine: Engine): AnyRoute =>
  defineStream(
    {
      method: 'GET',
      path: '/api/v1/executions/{execution_id}/stream',
      operationId: 'streamExecution',
      tags: ['Executions'],
      summary: 'Its log as server-sent events',
      description:
        'First a `snapshot` without `id`, then the log from `Last-Event-ID` (or `after`) on: `id` is the seq, `event` the ' +
        'type. Ends after the final event; a reconnect with the final seq is answered 204. Closing it cancels nothing.',
      access: 'user',
      params: z.object({ execution_id: executionRefParam }),
      what: 'execution',
      query: streamQuery,
      responses: {
        200: {
          description: 'The stream',
          contentType: 'text/event-stream',
          schema: z.string(),
          example: 'id: 1\nevent: workflow_started\ndata: {"seq":1,"type":"workflow_started"}\n\n',
        },
        204: { description: 'Everything has been read: stop reconnecting' },
      },
    },
    async ({ params, query, caller, ctx }) => {
      const execution = await reachExecution(engine, caller, params.execution_id);
      const after = lastEventId(ctx) ?? query.after;
      const head = (await readHeads(engine.system, [execution.id])).get(execution.id);
      if (head?.closed === true && after >= head.lastSeq && after > 0) {
        ctx.status = 204;
        return;
      }
      const snapshot = await snapshotOf(engine, reachOf(caller), execution, head?.lastSeq ?? 0);
      followStream({ ctx, first: snapshot }, (reader) => engine.hub.follow(execution.id, after, reader));
    },
  );

/** One read of Postgres, enriched by the workflow's own word while it lives. */
async function snapshotOf(
  engine: Engine,
  scope: OwnerScope,
  execution: Execution,
  asOfSeq: number,
): Promise<Buffer> {
  // Read after the head: what is shown is at least as new as the seq it names.
  const [{ now, tasks }, live] = await Promise.all([
    engine.database.as(scope, async (em) => ({
      now: (await findExecution(em, { id: execution.id }, scope)) ?? execution,
      tasks: await listTasks(em, execution.id),
    })),
    isFinal(execution.status) ? null : engine.runs.liveState(runWorkflowId(execution), LIVE_STATE_MS),
  ]);
  const {
    TEMPORAL_UI_URL: temporalUiUrl,
    TEMPORAL_NAMESPACE: namespace,
    MLFLOW_TRACKING_URI: mlflowUrl,
  } = engine.settings;
  const body: { as_of_seq: number; execution: unknown; tasks: unknown[]; live: LiveState | null } = {
    as_of_seq: asOfSeq,
    execution: presentExecution(now, { temporalUiUrl, namespace, mlflowUrl }),
    tasks: tasks.map(presentTask),
    live: live === null ? null : { ...live, tasks: liveTasks(live, tasks) },
  };
  return sseFrame('snapshot', body);
}

/** A long run's workflow knows of the tasks that are next; the others stand where their rows say. */
function liveTasks(live: LiveState, tasks: readonly TaskExecution[]): LiveState['tasks'] {
  if (tasks.length === live.tasks.length) return live.tasks;
  const known = new Map(live.tasks.map((task) => [task.key, task]));
  // A flow's steps are known to its workflow before they have a row.
  if (tasks.every(({ taskKey }) => known.has(taskKey))) return live.tasks;
  return tasks.map(
    ({ taskKey: key, status }) => known.get(key) ?? { key, status: isTaskFinal(status) ? 'done' : 'pending' },
  );
}
