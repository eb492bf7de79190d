import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import { findQuestionById, listQuestions } from '../../../persistence/repositories/questions.repository.ts';
import { answerQuestion } from '../../../persistence/runs/questions.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { Engine } from '../../engine.ts';
import { listedOwner, uuidParam } from '../../parameters.ts';
import { reachExecution, reachOf } from './access.ts';
import {
  answerSchema,
  exampleQuestion,
  listQuestionsQuery,
  presentQuestion,
  questionSchema,
} from './question-schema.ts';
import { executionRefParam } from './schema.ts';

const TAGS = ['Questions'] as const;

/** What runs ask people: the questions of one run, the inbox over all of them, and the answers. */
export const questionRoutes = (engine: Engine): AnyRoute[] => [
  inboxRoute(engine),
  ofExecutionRoute(engine),
  answerRoute(engine),
];

const inboxRoute = (engine: Engine): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/questions',
      operationId: 'listQuestions',
      tags: TAGS,
      summary: 'Your inbox: what all your runs ask, newest first',
      access: 'user',
      query: listQuestionsQuery,
      responses: {
        200: {
          description: 'A page of questions',
          schema: z.array(questionSchema),
          example: [exampleQuestion],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
      errors: ['FORBIDDEN'],
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const scope: OwnerScope = owner === undefined ? { everybody: true } : { ownerId: owner };
      const [rows, total] = await engine.database.as(scope, (em) =>
        listQuestions(em, scope, query.status === undefined ? {} : { status: query.status }, query),
      );
      return respond(200, rows.map(presentQuestion), { 'X-Total-Count': String(total) });
    },
  );

const ofExecutionRoute = (engine: Engine): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/executions/{execution_id}/questions',
      operationId: 'listExecutionQuestions',
      tags: TAGS,
      summary: 'What it has asked, oldest first',
      access: 'user',
      params: z.object({ execution_id: executionRefParam }),
      what: 'execution',
      responses: {
        200: { description: 'The questions', schema: z.array(questionSchema), example: [exampleQuestion] },
      },
    },
    async ({ params, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, params.execution_id);
      const scope = reachOf(caller);
      const [rows] = await engine.database.as(scope, (em) =>
        listQuestions(em, scope, { executionId: id }, { skip: 0, limit: 1_000 }, 'asc'),
      );
      return respond(200, rows.map(presentQuestion));
    },
  );

const answerRoute = (engine: Engine): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/executions/{execution_id}/questions/{question_id}/answer',
      operationId: 'answerQuestion',
      tags: TAGS,
      summary: 'Answer it',
      description: 'Once: a second answer is 409, and so is one that comes too late.',
      access: 'user',
      params: z.object({ execution_id: executionRefParam, question_id: uuidParam }),
      what: 'question',
      body: answerSchema,
      example: { answer: 'yes' },
      responses: {
        202: {
          description: 'Accepted; it holds through crashes',
          schema: questionSchema,
          example: {
            ...exampleQuestion,
            status: 'answered',
            answer: 'yes',
            answered_at: '2026-11-20T10:00:00.000Z',
          },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, params.execution_id);
      const given = { answer: body.answer, userId: caller.userId };
      await answerQuestion(engine.system, { id }, params.question_id, given, engine.now());
      engine.waker.wake('log', id);
      void engine.dispatcher.deliverNow();
      const scope = reachOf(caller);
      const answered = await engine.database.as(scope, (em) =>
        findQuestionById(em, params.question_id, scope),
      );
      if (answered === null) throw notFound('question');
      return respond(202, presentQuestion(answered));
    },
  );
