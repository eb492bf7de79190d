import { z } from 'zod';
import { readHeads } from '../../../persistence/event-log.ts';
import { defineStream, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { followStream, lastEventId } from '../../realtime/follow-stream.ts';
import { createSnapshots, type Snapshots } from '../../realtime/snapshots.ts';
import { findExecution } from '../../../persistence/repositories/executions.repository.ts';
import { reachExecution } from './access.ts';
import { links, presentExecution } from './presenter.ts';
import { executionRefParam, streamQuery } from './schema.ts';

/** The log as server-sent events: a snapshot, then what happened, then what happens, until the final event. */
export function streamRoute(
  engine: Pick<ApiServices, 'database' | 'hub' | 'runs' | 'settings' | 'system' | 'systemDatabase'>,
): AnyRoute {
  const snapshots = snapshotsOf(engine);
  return defineStream(
    {
      method: 'GET',
      path: '/api/v1/executions/{execution_id}/stream',
      operationId: 'streamExecution',
      tags: ['Executions'],
      summary: 'Its log as server-sent events',
      description:
        'First a `snapshot` without `id`: the execution without its result and log, its tasks without their texts and outputs (see ' +
        '`/tasks`), and the live word of its workflow, all as of `as_of_seq`. Then the log from `Last-Event-ID` (or `after`) on: `id` is the seq, `event` the ' +
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
      const execution = await reachExecution(engine, caller, params.execution_id, { result: false });
      const after = lastEventId(ctx) ?? query.after;
      const head = (await readHeads(engine.system, [execution.id])).get(execution.id);
      if (head?.closed === true && after >= head.lastSeq && after > 0) {
        ctx.status = 204;
        return;
      }
      // Nobody stands behind the end of the log, whatever a client says.
      const snapshot = await snapshots.of(execution, Math.min(after, head?.lastSeq ?? 0));
      followStream({ ctx, first: snapshot }, (reader) => engine.hub.follow(execution.id, after, reader));
    },
  );
}

const EVERYBODY = { everybody: true } as const;

/** Its readers are authorised one by one; what they are shown is read once for all of them. */
const snapshotsOf = (
  engine: Pick<ApiServices, 'runs' | 'settings' | 'system' | 'systemDatabase'>,
): Snapshots =>
  createSnapshots({
    sql: engine.system,
    liveState: (workflowId, timeoutMs) => engine.runs.liveState(workflowId, timeoutMs),
    async show(id) {
      const row = await engine.systemDatabase.as(EVERYBODY, (em) =>
        findExecution(em, { id }, EVERYBODY, { result: false }),
      );
      if (row === null) return null;
      return { status: row.status, body: presentExecution(row, { ...links(engine), listed: null }) };
    },
  });
