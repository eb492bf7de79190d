import { randomUUID } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { eachRow } from '../../persistence/each-row.ts';
import { appendEvents } from '../../persistence/event-log.ts';
import { lockInstance, noteInInstance } from '../../persistence/external-agents/agent-row.ts';
import { appendMessage } from '../../persistence/messages.ts';
import { questionData } from './question-data.ts';
import type { SqlPool } from '../../persistence/sql.ts';
import { parseTimestamp } from '../../persistence/timestamp.ts';

/**
 * Reminders of questions that stand open, of runs and of agents elsewhere: one each. When is a column of the question, so
 * a reminder outlives every process, and that it went out is written in the transaction in which it does.
 */

interface DueRow {
  id: string;
  owner_id: string;
  execution_id: number | null;
  agent_instance_id: string | null;
}

const IS_DUE = `q.status = 'open' and q.reminded_at is null and q.remind_at <= $1
  and (q.expires_at is null or q.expires_at > $1)`;

/** One that failed is left alone for so long, so that it does not stand before the others again and again. */
const PUT_OFF_MS = 5 * 60_000;

/**
 * Reminds of questions that are due, those that wait longest first.
 * @param failed hears of each that could not be reminded of: the others are
 * @returns integer ids of runs, and conversations, that have news
 */
export async function remindOfQuestions(
  database: SqlPool,
  now: Date,
  limit: number,
  failed: (error: unknown, questionId: string) => void,
): Promise<{ runs: number[]; conversations: number[] }> {
  const due = await database.query<DueRow>(
    `select id, owner_id, execution_id, agent_instance_id from questions q where ${IS_DUE} order by remind_at limit $2`,
    [now.toISOString(), limit],
  );
  const runs: number[] = [];
  const conversations: number[] = [];
  // Each in a transaction of its own: a sweep holds up one run or agent at a time, and can meet no other's locks crosswise.
  const remind = async (question: DueRow): Promise<void> => {
    if (question.execution_id !== null) {
      if (await remindInRun(database, question.execution_id, question.id, now))
        runs.push(question.execution_id);
    } else if (question.agent_instance_id !== null) {
      const { owner_id: ownerId, agent_instance_id: id } = question;
      const conversation = await remindInInstance(database, { ownerId, id }, question.id, now);
      if (conversation !== null) conversations.push(conversation);
    }
  };
  await eachRow(due, remind, async (error, { id }) => {
    failed(error, id);
    const later = new Date(now.getTime() + PUT_OFF_MS).toISOString();
    await database.query('update questions set remind_at = $2 where id = $1', [id, later]);
  });
  return { runs, conversations };
}

interface RemindedRow {
  task_id: number | null;
  agent_id: number | null;
  task_key: string;
  kind: string;
  question: string;
  options: string[] | null;
  multiple: boolean;
  schema: JsonObject | null;
  has_default: boolean;
  default_answer: JsonValue;
  asked_at: string;
  expires_at: string | null;
}

/** @returns false when it was answered, closed or reminded of meanwhile */
function remindInRun(database: SqlPool, runId: number, questionId: string, now: Date): Promise<boolean> {
  return database.transaction(async (sql) => {
    await sql.query('select 1 from executions where id = $1 for no key update', [runId]);
    const [row] = await sql.query<RemindedRow>(
      `update questions q set reminded_at = $1 from task_executions t
        where q.id = $2 and t.id = q.task_execution_id and ${IS_DUE}
        returning t.task_id, t.agent_id, q.task_key, q.kind, q.question, q.options, q.multiple, q.schema,
          q.has_default, q.default_answer, q.asked_at, q.expires_at`,
      [now.toISOString(), questionId],
    );
    if (row === undefined) return false;
    const data: JsonObject = {
      ...questionData({
        ...row,
        id: questionId,
        expiresAt: row.expires_at === null ? null : parseTimestamp(row.expires_at),
        default: row.has_default ? row.default_answer : undefined,
      }),
      asked_at: parseTimestamp(row.asked_at).toISOString(),
    };
    const event = {
      type: 'question_reminded' as const,
      key: `${row.task_key}/question:${questionId}:reminded`,
      taskKey: row.task_key,
      taskId: row.task_id,
      agentId: row.agent_id,
      status: 'waiting',
      data,
    };
    await appendEvents(sql, runId, [event], now);
    return true;
  });
}

/** An agent elsewhere has no log: people are reminded by a message. @returns its conversation; null as for a run */
function remindInInstance(
  database: SqlPool,
  of: { ownerId: string; id: string },
  questionId: string,
  now: Date,
): Promise<number | null> {
  return database.transaction(async (sql) => {
    const instance = await lockInstance(sql, of.ownerId, of.id);
    const [row] = await sql.query<{ question: string }>(
      `update questions q set reminded_at = $1 where q.id = $2 and ${IS_DUE} returning q.question`,
      [now.toISOString(), questionId],
    );
    if (row === undefined) return null;
    const message = await appendMessage(
      sql,
      {
        id: randomUUID(),
        ownerId: instance.ownerId,
        conversationId: instance.conversationId,
        threadId: null,
        executionId: null,
        agentInstanceId: instance.id,
        senderType: 'agent',
        kind: 'reminder',
        content: row.question,
        requiresUserInput: true,
        metadata: { question_id: questionId },
      },
      now,
    );
    await noteInInstance(sql, instance, { status: instance.status, said: [message] }, now);
    return instance.conversationId;
  });
}
