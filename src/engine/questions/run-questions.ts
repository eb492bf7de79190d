import { randomUUID } from 'node:crypto';
import { conflict, invalid, notFound } from '../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { isFinal, type ExecutionStatus } from '../../domain/run/status.ts';
import { budgetOfKey } from '../../domain/run/budget.ts';
import type { CheckAnswer } from '../../domain/run/answer.ts';
import { takeChecked, type ProblemsOf } from '../../persistence/checked-answer.ts';
import { appendEvents, type NewEvent } from '../../persistence/event-log.ts';
import { toJsonb } from '../../persistence/jsonb.ts';
import { storableText } from '../../domain/storable-text.ts';
import type { Sql, SqlPool } from '../../persistence/sql.ts';
import { parseTimestamp } from '../../persistence/timestamp.ts';
import { questionData } from './question-data.ts';
import { remindTime, type QuestionKind } from '../../domain/run/question.ts';
import { raiseLimit } from '../budgets/budget-limits.ts';

/** Questions that runs put to people: asked under a task's lease, answered by anybody who may, each once. */

export interface NewQuestion {
  /** Names the question within its task, the same on every attempt. */
  key: string;
  kind: QuestionKind;
  question: string;
  /** What may be answered, or null for anything. */
  options: string[] | null;
  /** Whether several of the options may be chosen. */
  multiple: boolean;
  /** What an answer must fit, or null. */
  schema: JsonObject | null;
  /** What counts when nobody answers in time; undefined when there is none. */
  default: JsonValue | undefined;
  /** Milliseconds until nobody need answer any more, null for never. */
  timeoutMs: number | null;
  /** Milliseconds until people are reminded of it, once; null for never. */
  remindAfterMs: number | null;
}

/** How a question stands. */
export type QuestionState =
  | { status: 'open'; expiresAt: Date | null }
  | { status: 'answered'; answer: JsonValue }
  | { status: 'expired'; default: JsonValue | undefined };

interface QuestionRow {
  id: string;
  status: 'open' | 'answered' | 'expired';
  answer: JsonValue;
  has_default: boolean;
  default_answer: JsonValue;
  expires_at: string | null;
}

interface Asker {
  id: number;
  generation: number;
  taskKey: string;
}

/**
 * A question of a task, asked in this generation or answered in an earlier one. One whose time is up becomes
 * `expired` here. Null when it was never asked.
 */
export async function findQuestion(
  sql: Sql,
  run: Asker,
  taskId: number,
  key: string,
  now: Date,
): Promise<QuestionState | null> {
  const [row] = await sql.query<QuestionRow>(
    `select id, status, answer, has_default, default_answer, expires_at from questions
      where task_execution_id = $1 and question_key = $2 and (status in ('answered', 'open') or generation = $3)
      order by status = 'answered' desc, status = 'open' desc, generation desc limit 1`,
    [taskId, key, run.generation],
  );
  if (row === undefined) return null;
  const expiresAt = row.expires_at === null ? null : parseTimestamp(row.expires_at);
  if (row.status === 'answered') return { status: 'answered', answer: row.answer };
  if (row.status === 'open' && (expiresAt === null || expiresAt > now)) return { status: 'open', expiresAt };
  if (row.status === 'open')
    await sql.query(`update questions set status = 'expired' where id = $1`, [row.id]);
  return { status: 'expired', default: row.has_default ? row.default_answer : undefined };
}

/** Asks, in the caller's transaction. @returns the event that says so, for the caller to append. */
export async function askQuestion(
  sql: Sql,
  run: Asker,
  taskId: number,
  asked: NewQuestion,
  now: Date,
): Promise<{ event: Omit<NewEvent, 'taskKey' | 'taskId' | 'agentId'>; expiresAt: Date | null }> {
  const id = randomUUID();
  const expiresAt = asked.timeoutMs === null ? null : new Date(now.getTime() + asked.timeoutMs);
  const remindAt = remindTime(now, asked.remindAfterMs, expiresAt);
  await sql.query(
    `insert into questions (id, owner_id, execution_id, task_execution_id, task_key, question_key, generation, kind,
       question, options, schema, has_default, default_answer, status, asked_at, expires_at, multiple, remind_at,
       agent_instance_id)
     select $1, owner_id, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13, $14, $15, $16,
       case when kind = 'crew' then execution_id end from executions where id = $2`,
    [
      id,
      run.id,
      taskId,
      run.taskKey,
      asked.key,
      run.generation,
      asked.kind,
      storableText(asked.question),
      asked.options === null ? null : toJsonb(asked.options),
      asked.schema === null ? null : toJsonb(asked.schema),
      asked.default !== undefined,
      asked.default === undefined ? null : toJsonb(asked.default),
      now.toISOString(),
      expiresAt?.toISOString() ?? null,
      asked.multiple,
      remindAt?.toISOString() ?? null,
    ],
  );
  const data = questionData({ ...asked, id, expiresAt });
  return {
    event: { type: 'question_asked', key: `question:${id}:asked`, status: 'waiting', data },
    expiresAt,
  };
}

interface AnsweredRow {
  id: string;
  status: 'open' | 'answered' | 'expired';
  task_execution_id: number;
  task_id: number | null;
  agent_id: number | null;
  task_key: string;
  question_key: string;
  generation: number;
  options: string[] | null;
  multiple: boolean;
  schema: JsonObject | null;
  expires_at: string | null;
}

/**
 * Takes a person's answer, once: the row, the event, and the word to the workflow in one transaction.
 * @throws {MusterError} NOT_FOUND; CONFLICT when it is answered or its time is up; VALIDATION_FAILED when the
 *   answer is none of the options or does not fit the schema.
 */
export async function answerQuestion(
  database: SqlPool,
  run: { id: number },
  questionId: string,
  given: { answer: JsonValue; userId: string },
  check: CheckAnswer,
  now: Date,
): Promise<void> {
  await takeChecked(check, (problemsOf) => takeAnswer(database, run, questionId, given, problemsOf, now));
}

function takeAnswer(
  database: SqlPool,
  run: { id: number },
  questionId: string,
  given: { answer: JsonValue; userId: string },
  problemsOf: ProblemsOf,
  now: Date,
): Promise<void> {
  return database.transaction(async (sql) => {
    const [execution] = await sql.query<{
      execution_id: string;
      status: ExecutionStatus;
      generation: number;
    }>('select execution_id, status, generation from executions where id = $1 for no key update', [run.id]);
    const [row] = await sql.query<AnsweredRow>(
      `select q.id, q.status, t.id as task_execution_id, t.task_id, t.agent_id, q.task_key, q.question_key, q.generation,
         q.options, q.multiple, q.schema, q.expires_at
         from questions q join task_executions t on t.id = q.task_execution_id
        where q.id = $1 and q.execution_id = $2 for no key update of q`,
      [questionId, run.id],
    );
    if (execution === undefined || row === undefined) throw notFound('question');
    if (isFinal(execution.status))
      throw conflict(`the execution is ${execution.status}: it takes no answer any more`, {
        status: execution.status,
      });
    const isLate = row.expires_at !== null && parseTimestamp(row.expires_at) <= now;
    if (row.status !== 'open' || isLate) {
      const status = row.status === 'open' ? 'expired' : row.status;
      throw conflict(`this question is ${status}: it takes no answer any more`, { status });
    }
    const problems = problemsOf(row, given.answer);
    if (problems.length > 0) throw invalid('The answer is none that was asked for', problems);
    await sql.query(
      `update questions set status = 'answered', answer = $2, answered_at = $3, answered_by = $4 where id = $1`,
      [row.id, toJsonb(given.answer), now.toISOString(), given.userId],
    );
    const status = execution.status === 'waiting' ? 'running' : execution.status;
    await sql.query('update executions set status = $2, updated_at = $3 where id = $1', [
      run.id,
      status,
      now.toISOString(),
    ]);
    const budget = budgetOfKey(row.question_key);
    if (budget !== null) await raiseLimit(sql, run, row.task_execution_id, budget, given.answer);
    // Whoever met the same limit waits for this answer as well.
    await wakeWaiting(sql, run.id, row.task_key, budget !== null, now);
    const event: NewEvent = {
      type: 'question_answered',
      key: `${row.task_key}/question:${row.id}:answered`,
      taskKey: row.task_key,
      taskId: row.task_id,
      agentId: row.agent_id,
      status,
      data: { question_id: row.id, answer: given.answer, answered_by: given.userId },
    };
    await appendEvents(sql, run.id, [event], now);
  });
}

/** Tells a run's workflow to look at a task again, or at all that wait: those with no answer yet go on waiting. */
export async function wakeWaiting(
  sql: Sql,
  id: number,
  taskKey: string,
  everybody: boolean,
  now: Date,
): Promise<void> {
  await sql.query(
    `insert into outbox (execution_id, execution_uuid, command, payload, due_at, created_at)
     select e.id, e.execution_id, 'answer', jsonb_build_object('generation', e.generation, 'taskKey', t.task_key), $4, $4
       from executions e join task_executions t on t.execution_id = e.id
      where e.id = $1 and (t.task_key = $2 or ($3 and t.status = 'waiting'))`,
    [id, taskKey, everybody, now.toISOString()],
  );
}

/** Questions of a run that is over take no answer any more. */
export async function closeQuestions(sql: Sql, id: number): Promise<void> {
  await sql.query(`update questions set status = 'expired' where execution_id = $1 and status = 'open'`, [
    id,
  ]);
}

/** Whether a run waits for a person. */
export async function hasOpenQuestion(sql: Sql, id: number): Promise<boolean> {
  const rows = await sql.query(
    `select 1 from questions where execution_id = $1 and status = 'open' limit 1`,
    [id],
  );
  return rows.length > 0;
}
