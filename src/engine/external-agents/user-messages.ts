import { conflict } from '../../domain/errors.ts';
import { isEnded, type InstanceStatus } from '../../domain/instance/instance-status.ts';
import type { JsonValue } from '../../domain/json.ts';
import { writtenAnswer, type CheckAnswer } from '../../domain/run/answer.ts';
import { takeChecked, type ProblemsOf } from '../../persistence/checked-answer.ts';
import { eachRow } from '../../persistence/each-row.ts';
import { appendMessage, findMessage, type Message } from '../../persistence/messages.ts';
import { answerQuestion } from '../questions/run-questions.ts';
import type { Sql, SqlPool } from '../../persistence/sql.ts';
import {
  answerInInstance,
  closeInInstance,
  expireInInstance,
  openQuestionsOf,
  questionOf,
  type InstanceQuestion,
} from '../questions/agent-questions.ts';
import {
  lockInstance,
  noteInInstance,
  refuseEnded,
  refuseRun,
  type Instance,
} from '../../persistence/external-agents/agent-row.ts';

/** What people do in instances: speak, answer, end. In a run they can only answer; the run writes the message. */

export interface PersonMessage {
  ownerId: string;
  id: string;
  messageId: string;
  content: string;
  /** Who speaks: the owner, or an admin. */
  userId: string;
  /** The question it answers; null for none; undefined for the only one that is open, if there is one. */
  questionId: string | null | undefined;
}

/**
 * Writes what a person says to an instance. Where a question is open, it is the answer.
 * @throws {MusterError} NOT_FOUND; CONFLICT when the session is over, the question answered or late, several are open
 *   and none is named, or a run asks nothing; VALIDATION_FAILED when it does not fit the question
 */
export async function personSays(
  database: SqlPool,
  said: PersonMessage,
  check: CheckAnswer,
  now: Date,
): Promise<{ message: Message; instance: Instance }> {
  const spoken = await takeChecked(check, (problemsOf) => say(database, said, problemsOf, now));
  const { instance, question, message } = spoken;
  if (message !== null) return { message, instance };
  if (instance.executionId === null || question === null) {
    throw conflict('this run asks nothing now: it takes answers to its questions, and no other messages', {
      execution_id: instance.id,
    });
  }
  const given = { answer: writtenAnswer(question, said.content), userId: said.userId };
  await answerQuestion(database, { id: instance.executionId }, question.id, given, check, now);
  return { message: await answerMessage(database, instance, question.id), instance };
}

/** @returns no message where a run is spoken to: it makes its messages itself */
function say(
  database: SqlPool,
  said: PersonMessage,
  problemsOf: ProblemsOf,
  now: Date,
): Promise<{ instance: Instance; question: InstanceQuestion | null; message: Message | null }> {
  return database.transaction(async (sql) => {
    const instance = await lockInstance(sql, said.ownerId, said.id);
    const question = await meantQuestion(sql, instance, said, now);
    if (instance.executionId !== null) return { instance, question, message: null };
    const repeated = await findMessage(sql, said.ownerId, said.messageId);
    if (repeated !== null) return { instance, question, message: repeated.message };
    refuseEnded(instance);
    return { instance, question, message: await speak(sql, instance, said, question, problemsOf, now) };
  });
}

async function speak(
  sql: Sql,
  instance: Instance,
  said: PersonMessage,
  question: InstanceQuestion | null,
  problemsOf: ProblemsOf,
  now: Date,
): Promise<Message> {
  if (question !== null) {
    const answer = writtenAnswer(question, said.content);
    return takeAnswer(
      sql,
      instance,
      question,
      { answer, userId: said.userId, messageId: said.messageId },
      problemsOf,
      now,
    );
  }
  const expired = await expireInInstance(sql, instance, now);
  const message = await appendMessage(
    sql,
    {
      id: said.messageId,
      ownerId: instance.ownerId,
      conversationId: instance.conversationId,
      threadId: null,
      executionId: null,
      agentInstanceId: instance.id,
      senderType: 'user',
      kind: 'feedback',
      content: said.content,
    },
    now,
  );
  const status = await statusAfterPerson(sql, instance, now);
  await noteInInstance(sql, instance, { status, said: [...expired, message] }, now);
  return message;
}

/** Which question a message is meant for. */
async function meantQuestion(
  sql: Sql,
  instance: Instance,
  { questionId }: PersonMessage,
  now: Date,
): Promise<InstanceQuestion | null> {
  if (questionId === null) return null;
  if (questionId !== undefined) return questionOf(sql, instance, questionId);
  const open = await openQuestionsOf(sql, instance, now);
  if (open.length > 1) {
    throw conflict(
      'several questions are open: say in question_id which one this answers, or null for none',
      {
        open_questions: open.map(({ id }) => id),
      },
    );
  }
  return open[0] ?? null;
}

async function takeAnswer(
  sql: Sql,
  instance: Instance,
  question: InstanceQuestion,
  given: { answer: JsonValue; userId: string; messageId: string },
  problemsOf: ProblemsOf,
  now: Date,
): Promise<Message> {
  const message = await answerInInstance(sql, instance, question, given, problemsOf, now);
  const status = await statusAfterPerson(sql, instance, now);
  await noteInInstance(sql, instance, { status, said: [message] }, now);
  return message;
}

/** An agent that waits goes on once nothing is open any more. */
async function statusAfterPerson(sql: Sql, instance: Instance, now: Date): Promise<InstanceStatus> {
  if (instance.status !== 'AWAITING_INPUT') return instance.status;
  return (await openQuestionsOf(sql, instance, now)).length > 0 ? 'AWAITING_INPUT' : 'ACTIVE';
}

/** The message that a run's log has made of an answer. */
async function answerMessage(sql: Sql, instance: Instance, questionId: string): Promise<Message> {
  const [row] = await sql.query<{ id: string }>(
    `select id from messages where conversation_id = $1 and kind = 'answer' and message_metadata->>'question_id' = $2
      order by seq desc limit 1`,
    [instance.conversationId, questionId],
  );
  const found = row === undefined ? null : await findMessage(sql, instance.ownerId, row.id);
  if (found === null) throw new Error(`the answer to question ${questionId} is no message`);
  return found.message;
}

/** Answers a question of an agent elsewhere by the question's own name. @throws {MusterError} as `personSays` */
export function answerAgent(
  database: SqlPool,
  of: {
    ownerId: string;
    id: string;
    questionId: string;
    answer: JsonValue;
    userId: string;
    messageId: string;
  },
  check: CheckAnswer,
  now: Date,
): Promise<Instance> {
  return takeChecked(check, (problemsOf) =>
    database.transaction(async (sql) => {
      const instance = await lockInstance(sql, of.ownerId, of.id);
      const question = await questionOf(sql, instance, of.questionId);
      await takeAnswer(sql, instance, question, of, problemsOf, now);
      return instance;
    }),
  );
}

/**
 * A person decides how an instance of an agent elsewhere stands: ended, held, or going on again.
 * @throws {MusterError} NOT_FOUND; CONFLICT for a run
 */
export function setInstanceStatus(
  database: SqlPool,
  of: { ownerId: string; id: string; status: InstanceStatus },
  now: Date,
): Promise<void> {
  return database.transaction(async (sql) => {
    const instance = await lockInstance(sql, of.ownerId, of.id);
    refuseRun(instance);
    if (isEnded(of.status)) await closeInInstance(sql, instance);
    await sql.query(
      `update agent_instances set status = $3, updated_at = $4, heard_at = $4,
         ended_at = case when $5 then coalesce(ended_at, $4) end
        where owner_id = $1 and id = $2`,
      [instance.ownerId, instance.id, of.status, now.toISOString(), isEnded(of.status)],
    );
  });
}

/** @throws {MusterError} NOT_FOUND; CONFLICT while its run is live */
export function deleteInstance(database: SqlPool, of: { ownerId: string; id: string }): Promise<void> {
  return database.transaction(async (sql) => {
    const instance = await lockInstance(sql, of.ownerId, of.id);
    if (instance.executionId !== null && !isEnded(instance.status)) {
      throw conflict('its execution is live: cancel it first', { execution_id: instance.id });
    }
    await sql.query('delete from agent_instances where owner_id = $1 and id = $2', [of.ownerId, of.id]);
  });
}

/** Ends the questions whose time is up, of a few instances at once. @returns how many instances were looked at */
export async function expireDueQuestions(
  database: SqlPool,
  now: Date,
  limit: number,
  failed: (error: unknown, instanceId: string) => void,
): Promise<number[]> {
  const due = await database.query<{ owner_id: string; agent_instance_id: string }>(
    // By chance, so that those that fail do not stand before the others again and again.
    `select * from (select distinct owner_id, agent_instance_id from questions
       where status = 'open' and execution_id is null and expires_at <= $1) due order by random() limit $2`,
    [now.toISOString(), limit],
  );
  const conversations: number[] = [];
  const expire = async (one: (typeof due)[number]): Promise<void> => {
    // Each instance is locked by itself: a sweep holds up one agent at a time.
    const { conversationId } = await database.transaction(async (sql) => {
      const instance = await lockInstance(sql, one.owner_id, one.agent_instance_id);
      const said = await expireInInstance(sql, instance, now);
      const status = await statusAfterPerson(sql, instance, now);
      await noteInInstance(sql, instance, { status, said }, now);
      return instance;
    });
    conversations.push(conversationId);
  };
  await eachRow(due, expire, (error, one) => failed(error, one.agent_instance_id));
  return conversations;
}
