import type { z } from 'zod';
import { conflict, notFound } from '../../../domain/errors.ts';
import { crewResult } from '../../../domain/run/result.ts';
import { isTaskFinal } from '../../../domain/run/status.ts';
import type { Execution } from '../../../persistence/entities/execution.entity.ts';
import type { TaskExecution } from '../../../persistence/entities/task-execution.entity.ts';
import { listTasks } from '../../../persistence/repositories/executions.repository.ts';
import { listQuestions } from '../../../persistence/repositories/questions.repository.ts';
import { answerQuestion } from '../../../engine/questions/run-questions.ts';
import { answerCheck } from '../../check-answer.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { startCrewRun } from '../../../engine/starting/start-crew-run.ts';
import { reachExecution, reachOf } from '../executions/access.ts';
import { presentTask } from '../executions/presenter.ts';
import { callBack, hasUrls, keepMeta } from '../../../persistence/kickoff-endpoints.ts';
import { reachGraph } from '../graphs/access.ts';
import { planOfGraph, reportOn } from '../graphs/compile.ts';
import { documentOf } from '../graphs/schema.ts';
import { checkedUrls } from './callbacks.ts';
import {
  ampInputsSchema,
  ampParamsSchema,
  ampStatusParamsSchema,
  ampStatusSchema,
  kickedOffSchema,
  kickoffSchema,
  resumedSchema,
  resumeSchema,
} from './schema.ts';

const TAGS = ['CrewAI AMP'] as const;
const ONE = { tags: TAGS, access: 'user', params: ampParamsSchema, what: 'graph' } as const;
const KICKOFF_ID = '550e8400-e29b-41d4-a716-446655440000';

/** A graph as a crew deployed on CrewAI AMP: its clients change their base URL to `/amp/{graph_id}`. */
export const ampRoutes = (
  engine: StartServices & Pick<ApiServices, 'checkUrl' | 'computing' | 'tools'>,
): AnyRoute[] => [inputsRoute(engine), kickoffRoute(engine), statusRoute(engine), resumeRoute(engine)];

const inputsRoute = (engine: Pick<ApiServices, 'computing' | 'database' | 'tools'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/amp/{graph_id}/inputs',
      operationId: 'getAmpInputs',
      summary: 'The names of the inputs a kickoff must bring',
      responses: {
        200: { description: 'The names', schema: ampInputsSchema, example: { inputs: ['topic'] } },
      },
    },
    async ({ params, caller, respond }) => {
      const graph = await reachGraph(engine, caller, params.graph_id);
      return respond(200, { inputs: (await reportOn(engine, caller.userId, documentOf(graph))).inputs });
    },
  );

const kickoffRoute = (
  engine: StartServices & Pick<ApiServices, 'checkUrl' | 'computing' | 'tools'>,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/amp/{graph_id}/kickoff',
      operationId: 'kickoffAmp',
      summary: 'Start the crew',
      description:
        'Each address is sent JSON as on CrewAI AMP, with `kickoff_id` and `meta`, and beside it the `event`, its `seq` in ' +
        'the log and its `timestamp`: again and again until it is taken, oldest first, as to a webhook, but unsigned.',
      body: kickoffSchema,
      example: {
        inputs: { topic: 'otters' },
        meta: { requestId: 'travel-req-123' },
        crewWebhookUrl: 'https://example.com/webhooks/crew',
      },
      responses: {
        200: {
          description: 'It is on its way',
          schema: kickedOffSchema,
          example: { kickoff_id: KICKOFF_ID },
        },
      },
    },
    async ({ params, body, caller, request, respond }) => {
      const graph = await reachGraph(engine, caller, params.graph_id);
      const urls = await checkedUrls(engine, body);
      const { meta } = body;
      const { executionId } = await startCrewRun(engine, {
        ownerId: caller.userId,
        plan: await planOfGraph(engine, caller.userId, graph),
        graphId: graph.id,
        inputs: body.inputs,
        options: {},
        idempotencyRef: request.idempotencyRef,
        alongside: async (sql, run) => {
          if (meta !== null && meta !== undefined) await keepMeta(sql, run.id, meta);
          if (hasUrls(urls)) await callBack(sql, run, urls, engine.now());
        },
      });
      return respond(200, { kickoff_id: executionId });
    },
  );

const statusRoute = (engine: Pick<ApiServices, 'database' | 'now'>): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      params: ampStatusParamsSchema,
      method: 'GET',
      path: '/amp/{graph_id}/status/{kickoff_id}',
      operationId: 'getAmpStatus',
      summary: 'How a kickoff is doing',
      responses: {
        200: {
          description: 'Its progress, its result, or why it ended badly',
          schema: ampStatusSchema,
          example: {
            status: 'running' as const,
            state: 'STARTED' as const,
            meta: null,
            current_task: 'research',
            progress: { completed_tasks: 1, total_tasks: 3 },
          },
        },
      },
    },
    async ({ params, caller, respond }) => {
      const execution = await reachExecution(engine, caller, { executionId: params.kickoff_id });
      // A graph may have been deleted since; its runs are still asked for by its id.
      if (execution.graphId !== params.graph_id) throw notFound('execution');
      const tasks = await engine.database.as(reachOf(caller), (em) => listTasks(em, execution.id));
      return respond(200, ampStatus(execution, tasks, engine.now()));
    },
  );

const resumeRoute = (
  engine: StartServices & Pick<ApiServices, 'checkUrl' | 'computing' | 'tools'>,
): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/amp/{graph_id}/resume',
      operationId: 'resumeAmp',
      summary: 'Look at an output of a task with `human_input`',
      description:
        'Approves it, or has it made again with the feedback. 409 when nothing waits there. The addresses of the kickoff ' +
        'are called as before; others take their place.',
      body: resumeSchema,
      example: { execution_id: KICKOFF_ID, task_id: 'draft', human_feedback: 'Shorter.', is_approve: false },
      responses: {
        200: {
          description: 'The crew goes on',
          schema: resumedSchema,
          example: { kickoff_id: KICKOFF_ID, status: 'running' },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, respond }) => {
      const execution = await reachExecution(engine, caller, { executionId: body.execution_id });
      if (execution.graphId !== params.graph_id) throw notFound('execution');
      const urls = await checkedUrls(engine, body);
      const scope = reachOf(caller);
      const [open] = await engine.database.as(scope, (em) =>
        listQuestions(
          em,
          scope,
          { executionId: execution.id, status: 'open', kind: 'human_input', taskKey: body.task_id },
          { skip: 0, limit: 1 },
        ),
      );
      const [question] = open;
      if (question === undefined)
        throw conflict(`no output of task ${body.task_id} waits to be looked at`, {
          status: execution.status,
        });
      // Before the answer: what comes of it is told to them.
      if (hasUrls(urls)) await callBack(engine.system, execution, urls, engine.now(), { replaces: true });
      const given = { answer: body.is_approve ? '' : body.human_feedback, userId: caller.userId };
      const check = answerCheck(engine.computing, caller.userId);
      await answerQuestion(engine.system, { id: execution.id }, question.id, given, check, engine.now());
      engine.waker.wake('log', execution.id);
      void engine.dispatcher.deliverNow();
      return respond(200, { kickoff_id: execution.executionId, status: 'running' });
    },
  );

/** From one moment to another, or to now. */
function secondsBetween(from: Date | null | undefined, to: Date | null | undefined, now: Date): number {
  return from instanceof Date ? Math.max((to ?? now).getTime() - from.getTime(), 0) / 1000 : 0;
}

function ampStatus(
  execution: Execution,
  tasks: readonly TaskExecution[],
  now: Date,
): z.input<typeof ampStatusSchema> {
  const seconds = secondsBetween(execution.startedAt, execution.completedAt, now);
  const meta = execution.meta ?? null;
  switch (execution.status) {
    case 'completed': {
      const shown = tasks.map((task) => ({ task, output: presentTask(task).output }));
      return {
        status: 'completed',
        state: 'SUCCESS',
        meta,
        result: {
          output: crewResult(shown.map(({ output }) => output))?.raw ?? '',
          tasks: shown.map(({ task, output }) => ({
            task_id: task.taskKey,
            output: output?.raw ?? '',
            agent: task.agent,
            execution_time: secondsBetween(task.startedAt, task.completedAt, now),
          })),
        },
        execution_time: seconds,
      };
    }
    case 'failed':
    case 'cancelled': {
      const error = execution.error ?? execution.status;
      return { status: 'error', state: 'FAILED', meta, error, message: error, execution_time: seconds };
    }
    case 'pending':
    case 'running':
    case 'paused':
    case 'waiting':
    case 'cancelling':
      return {
        status: 'running',
        state: execution.status === 'pending' ? 'PENDING' : 'STARTED',
        meta,
        current_task: tasks.find(({ status }) => status === 'running')?.taskKey ?? null,
        progress: {
          completed_tasks: tasks.filter(({ status }) => isTaskFinal(status)).length,
          total_tasks: tasks.length,
        },
      };
  }
}
