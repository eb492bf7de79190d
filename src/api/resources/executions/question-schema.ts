import { z } from 'zod';
import type { Question } from '../../../persistence/entities/question.entity.ts';
import { QUESTION_KINDS } from '../../../domain/run/question.ts';
import { ownershipQuery, pageQuery, timestampSchema } from '../../parameters.ts';

export const QUESTION_STATUSES = ['open', 'answered', 'expired'] as const;

export const questionSchema = z
  .object({
    id: z.uuid(),
    execution_id: z
      .int()
      .nullable()
      .describe('The integer id of the execution that asks; null when it is an agent elsewhere'),
    task_key: z.string().nullable(),
    agent_instance_id: z
      .uuid()
      .nullable()
      .describe('The agent instance that asks, an agent elsewhere or the run of a crew'),
    message_id: z.uuid().nullable().describe('The message with which an agent elsewhere asked'),
    kind: z
      .enum([...QUESTION_KINDS, 'agent'])
      .describe(
        '`ask_human`: the agent asks · `human_input`: a look at its answer, empty accepts it · `unknown_outcome`: a ' +
          'worker died in a tool call that may not be repeated blindly · `budget`: a limit is reached, answer with the number ' +
          'to raise it by or `stop` · `tool_approval`: may this tool be called with these arguments · ' +
          '`agent`: an agent elsewhere asks',
      ),
    question: z.string(),
    options: z.array(z.string()).nullable().describe('The possible answers, null when it is free'),
    multiple: z
      .boolean()
      .describe('Whether several of the options may be chosen: the answer is then an array'),
    schema: z.record(z.string(), z.json()).nullable().describe('The JSON schema an answer must fit'),
    status: z.enum(QUESTION_STATUSES),
    answer: z.json(),
    default: z.json().describe('What counts when nobody answers in time'),
    asked_at: timestampSchema,
    answered_at: timestampSchema.nullable(),
    expires_at: timestampSchema.nullable(),
    remind_at: timestampSchema
      .nullable()
      .describe('When people are reminded of it, once, if it is still open; null for never'),
    reminded_at: timestampSchema.nullable(),
  })
  .meta({ id: 'Question' });

export const answerSchema = z
  .object({
    answer: z
      .json()
      .describe(
        'One of the options (an array of them where `multiple`), what fits the schema, or a text; for `human_input` empty to accept',
      ),
  })
  .meta({ id: 'QuestionAnswer' });

export const listQuestionsQuery = z.object({
  status: z.enum(QUESTION_STATUSES).optional(),
  ...pageQuery,
  ...ownershipQuery,
});

/** The row as the API shows it. */
export const presentQuestion = (row: Question): z.input<typeof questionSchema> => ({
  id: row.id,
  execution_id: row.executionId ?? null,
  task_key: row.taskKey ?? null,
  agent_instance_id: row.agentInstanceId ?? null,
  message_id: row.messageId ?? null,
  kind: row.kind,
  question: row.question,
  options: row.options ?? null,
  multiple: row.multiple,
  schema: row.schema ?? null,
  status: row.status,
  answer: row.answer ?? null,
  default: row.hasDefault ? (row.defaultAnswer ?? null) : null,
  asked_at: row.askedAt.toISOString(),
  answered_at: row.answeredAt?.toISOString() ?? null,
  expires_at: row.expiresAt?.toISOString() ?? null,
  remind_at: row.remindAt?.toISOString() ?? null,
  reminded_at: row.remindedAt?.toISOString() ?? null,
});

export const exampleQuestion: z.input<typeof questionSchema> = {
  id: '0193a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a5b',
  execution_id: 1,
  task_key: 'publish_task',
  agent_instance_id: '550e8400-e29b-41d4-a716-446655440000',
  message_id: null,
  kind: 'ask_human',
  question: 'Shall the article go out today?',
  options: ['yes', 'no'],
  multiple: false,
  schema: null,
  status: 'open',
  answer: null,
  default: 'no',
  asked_at: '2026-11-20T09:31:00.000Z',
  answered_at: null,
  expires_at: '2026-11-21T09:31:00.000Z',
  remind_at: '2026-11-20T21:31:00.000Z',
  reminded_at: null,
};
