import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { notFound } from '../../../domain/errors.ts';
import type { JsonValue } from '../../../domain/json.ts';
import type { OwnerScope } from '../../../persistence/database.ts';
import type { Question } from '../../../persistence/entities/question.entity.ts';
import { answerAgent } from '../../../engine/external-agents/user-messages.ts';
import { findQuestionById, listQuestions } from '../../../persistence/repositories/questions.repository.ts';
import { answerQuestion } from '../../../engine/questions/run-questions.ts';
import type { Caller } from '../../context.ts';
import { answerCheck } from '../../check-answer.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { listedOwner, pageQuery, uuidParam } from '../../parameters.ts';
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
const ANSWERED = {
  description: 'Accepted; it holds through crashes',
  schema: questionSchema,
  example: {
    ...exampleQuestion,
    status: 'answered',
    answer: 'yes',
    answered_at: '2026-11-20T10:00:00.000Z',
  },
} as const;

/** What runs and agents elsewhere ask people: the questions of one run, the inbox over all of them, and the answers. */
export const questionRoutes = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'dispatcher' | 'now' | 'system' | 'waker'>,
): AnyRoute[] => [
  inboxRoute(engine),
  getRoute(engine),
  ofExecutionRoute(engine),
  answerRoute(engine),
  answerByIdRoute(engine),
];

const inboxRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/questions',
      operationId: 'listQuestions',
      tags: TAGS,
      summary: 'Your inbox: what all your runs, and your agents elsewhere, ask, newest first',
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

const getRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/questions/{question_id}',
      operationId: 'getQuestion',
      tags: TAGS,
      summary: 'One question',
      access: 'user',
      params: z.object({ question_id: uuidParam }),
      what: 'question',
      responses: { 200: { description: 'The question', schema: questionSchema, example: exampleQuestion } },
    },
    async ({ params, caller, respond }) =>
      respond(200, presentQuestion(await reachQuestion(engine, caller, params.question_id))),
  );

/** @throws {MusterError} NOT_FOUND, whether absent or somebody else's. */
async function reachQuestion(
  engine: Pick<ApiServices, 'database'>,
  caller: Caller,
  id: string,
): Promise<Question> {
  const scope = reachOf(caller);
  const question = await engine.database.as(scope, (em) => findQuestionById(em, id, scope));
  if (question === null) throw notFound('question');
  return question;
}

/** Takes an answer to whoever asked. @throws {MusterError} NOT_FOUND, CONFLICT, VALIDATION_FAILED */
async function takeAnswer(
  engine: Pick<ApiServices, 'computing' | 'dispatcher' | 'now' | 'system' | 'waker'>,
  question: Question,
  given: { answer: JsonValue; userId: string; messageId: string },
): Promise<void> {
  const { executionId, agentInstanceId, id, ownerId } = question;
  const check = answerCheck(engine.computing, given.userId);
  if (typeof executionId === 'number') {
    await answerQuestion(engine.system, { id: executionId }, id, given, check, engine.now());
    engine.waker.wake('log', executionId);
    void engine.dispatcher.deliverNow();
    return;
  }
  if (typeof agentInstanceId !== 'string') throw new Error(`nobody asks question ${id}`);
  const of = { ...given, ownerId, id: agentInstanceId, questionId: id };
  const { conversationId } = await answerAgent(engine.system, of, check, engine.now());
  engine.waker.wake('message', conversationId);
}

const answerByIdRoute = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'dispatcher' | 'now' | 'system' | 'waker'>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/questions/{question_id}/answer',
      operationId: 'answerAnyQuestion',
      tags: TAGS,
      summary: 'Answer it, whoever asks: a run or an agent elsewhere',
      description: 'Once: a second answer is 409, and so is one that comes too late.',
      access: 'user',
      params: z.object({ question_id: uuidParam }),
      what: 'question',
      body: answerSchema,
      example: { answer: 'yes' },
      responses: { 202: ANSWERED },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, request, respond }) => {
      const question = await reachQuestion(engine, caller, params.question_id);
      const messageId = request.idempotencyRef ?? randomUUID();
      await takeAnswer(engine, question, { answer: body.answer, userId: caller.userId, messageId });
      return respond(202, presentQuestion(await reachQuestion(engine, caller, params.question_id)));
    },
  );

const ofExecutionRoute = (engine: Pick<ApiServices, 'database'>): AnyRoute =>
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
      query: z.object(pageQuery),
      responses: {
        200: {
          description: 'A page of questions',
          schema: z.array(questionSchema),
          example: [exampleQuestion],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ params, query, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, params.execution_id, { result: false });
      const scope = reachOf(caller);
      const [rows, total] = await engine.database.as(scope, (em) =>
        listQuestions(em, scope, { executionId: id }, query, 'asc'),
      );
      return respond(200, rows.map(presentQuestion), { 'X-Total-Count': String(total) });
    },
  );

const answerRoute = (
  engine: Pick<ApiServices, 'computing' | 'database' | 'dispatcher' | 'now' | 'system' | 'waker'>,
): AnyRoute =>
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
        202: ANSWERED,
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, caller, respond }) => {
      const { id } = await reachExecution(engine, caller, params.execution_id, { result: false });
      const question = await reachQuestion(engine, caller, params.question_id);
      if (question.executionId !== id) throw notFound('question');
      const given = { answer: body.answer, userId: caller.userId, messageId: randomUUID() };
      await takeAnswer(engine, question, given);
      return respond(202, presentQuestion(await reachQuestion(engine, caller, params.question_id)));
    },
  );
