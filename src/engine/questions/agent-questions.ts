import { randomUUID } from 'node:crypto';
import { conflict, invalid, notFound } from '../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { answerText, type AnswerRules } from '../../domain/run/answer.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import { storableText } from '../../domain/storable-text.ts';
import { appendMessage, type Message } from '../../persistence/messages.ts';
import { remindTime } from '../../domain/run/question.ts';
import type { ProblemsOf } from '../../persistence/checked-answer.ts';
import type { Sql } from '../../persistence/sql.ts';
import { parseTimestamp } from '../../persistence/timestamp.ts';
import type { Instance } from '../../persistence/external-agents/agent-row.ts';

/**
 * What agents elsewhere ask people, in the table in which runs ask. Every statement runs while the instance is locked;
 * an answer, and the end of the time for one, are messages that the agent reads.
 */

/** What is asked beside the text of the message. */
export interface AskedFor extends AnswerRules {
  options: string[] | null;
  /** What counts when nobody answers in time; undefined when there is none. */
  default: JsonValue | undefined;
  /** Null for as long as the session lasts. */
  timeoutSeconds: number | null;
  /** After which people are reminded, once; null for never. */
  remindAfterSeconds: number | null;
}

/** A question of an agent elsewhere, as its row says. */
export interface InstanceQuestion extends AnswerRules {
  id: string;
  status: 'open' | 'answered' | 'expired';
  expiresAt: Date | null;
  default: JsonValue | undefined;
  answer: JsonValue;
}

interface QuestionRow {
  id: string;
  status: 'open' | 'answered' | 'expired';
  options: string[] | null;
  multiple: boolean;
  schema: JsonObject | null;
  has_default: boolean;
  default_answer: JsonValue;
  answer: JsonValue;
  expires_at: string | null;
}

const COLUMNS = 'id, status, options, multiple, schema, has_default, default_answer, answer, expires_at';

const toQuestion = (row: QuestionRow): InstanceQuestion => ({
  id: row.id,
  status: row.status,
  options: row.options,
  multiple: row.multiple,
  schema: row.schema,
  expiresAt: row.expires_at === null ? null : parseTimestamp(row.expires_at),
  default: row.has_default ? row.default_answer : undefined,
  answer: row.answer,
});

/** Writes a question that a message asks. */
export async function askInInstance(
  sql: Sql,
  instance: Instance,
  asked: AskedFor & { id: string; messageId: string; question: string },
  now: Date,
): Promise<void> {
  const expiresAt =
    asked.timeoutSeconds === null ? null : new Date(now.getTime() + asked.timeoutSeconds * 1_000);
  const remindAfterMs = asked.remindAfterSeconds === null ? null : asked.remindAfterSeconds * 1_000;
  await sql.query(
    `insert into questions (id, owner_id, agent_instance_id, message_id, kind, question, options, multiple, schema,
       has_default, default_answer, status, asked_at, expires_at, remind_at)
     values ($1, $2, $3, $4, 'agent', $5, $6, $7, $8, $9, $10, 'open', $11, $12, $13)`,
    [
      asked.id,
      instance.ownerId,
      instance.id,
      asked.messageId,
      storableText(asked.question),
      asked.options === null ? null : toJsonb(asked.options),
      asked.multiple,
      asked.schema === null ? null : toJsonb(asked.schema),
      asked.default !== undefined,
      asked.default === undefined ? null : toJsonb(asked.default),
      now.toISOString(),
      expiresAt?.toISOString() ?? null,
      remindTime(now, remindAfterMs, expiresAt)?.toISOString() ?? null,
    ],
  );
}

/** What an instance, a run's too, has asked and nobody has answered, oldest first. */
export async function openQuestionsOf(
  sql: Sql,
  instance: Pick<Instance, 'ownerId' | 'id'>,
  now: Date,
): Promise<InstanceQuestion[]> {
  const rows = await sql.query<QuestionRow>(
    `select ${COLUMNS} from questions
      where owner_id = $1 and agent_instance_id = $2 and status = 'open' and (expires_at is null or expires_at > $3)
      order by asked_at limit 100`,
    [instance.ownerId, instance.id, now.toISOString()],
  );
  return rows.map(toQuestion);
}

/** One question of an instance, a run's too. @throws {MusterError} NOT_FOUND */
export async function questionOf(
  sql: Sql,
  instance: Pick<Instance, 'ownerId' | 'id'>,
  questionId: string,
): Promise<InstanceQuestion> {
  const [row] = await sql.query<QuestionRow>(
    `select ${COLUMNS} from questions where id = $1 and owner_id = $2 and agent_instance_id = $3`,
    [questionId, instance.ownerId, instance.id],
  );
  if (row === undefined) throw notFound('question');
  return toQuestion(row);
}

/**
 * Takes the answer to a question of an agent elsewhere, once, as a message.
 * @throws {MusterError} CONFLICT when it is answered or its time is up; VALIDATION_FAILED when the answer does not fit
 */
export async function answerInInstance(
  sql: Sql,
  instance: Instance,
  question: InstanceQuestion,
  given: { answer: JsonValue; userId: string; messageId: string },
  problemsOf: ProblemsOf,
  now: Date,
): Promise<Message> {
  const isLate = question.expiresAt !== null && question.expiresAt <= now;
  if (question.status !== 'open' || isLate) {
    const status = question.status === 'open' ? 'expired' : question.status;
    throw conflict(`this question is ${status}: it takes no answer any more`, { status });
  }
  const problems = problemsOf(question, given.answer);
  if (problems.length > 0) throw invalid('The answer is none that was asked for', problems);
  await sql.query(
    `update questions set status = 'answered', answer = $2, answered_at = $3, answered_by = $4 where id = $1`,
    [question.id, toJsonb(given.answer), now.toISOString(), given.userId],
  );
  return replyIn(sql, instance, question.id, { id: given.messageId, answer: given.answer }, now);
}

/** Ends the questions whose time is up: the default counts, and the agent reads it as a message. */
export async function expireInInstance(sql: Sql, instance: Instance, now: Date): Promise<Message[]> {
  const rows = await sql.query<QuestionRow>(
    `update questions set status = 'expired'
      where owner_id = $1 and agent_instance_id = $2 and status = 'open' and execution_id is null and expires_at <= $3
      returning ${COLUMNS}`,
    [instance.ownerId, instance.id, now.toISOString()],
  );
  const said: Message[] = [];
  for (const row of rows.map(toQuestion)) {
    const reply = { id: randomUUID(), answer: row.default ?? null, expired: true as const };
    said.push(await replyIn(sql, instance, row.id, reply, now));
  }
  return said;
}

/** Nobody need answer what a session has asked that is over. */
export async function closeInInstance(sql: Sql, instance: Instance): Promise<void> {
  await sql.query(
    `update questions set status = 'expired'
      where owner_id = $1 and agent_instance_id = $2 and status = 'open' and execution_id is null`,
    [instance.ownerId, instance.id],
  );
}

function replyIn(
  sql: Sql,
  instance: Instance,
  questionId: string,
  reply: { id: string; answer: JsonValue; expired?: true },
  now: Date,
): Promise<Message> {
  const nobody = reply.expired === true && reply.answer === null;
  return appendMessage(
    sql,
    {
      id: reply.id,
      ownerId: instance.ownerId,
      conversationId: instance.conversationId,
      threadId: null,
      executionId: null,
      agentInstanceId: instance.id,
      senderType: 'user',
      kind: nobody ? 'system' : 'answer',
      content: nobody ? 'Nobody answered in time.' : answerText(reply.answer),
      metadata: {
        question_id: questionId,
        answer: reply.answer,
        ...(reply.expired === true && { expired: true }),
      },
    },
    now,
  );
}
