import type { Issue } from '../domain/errors.ts';
import type { JsonValue } from '../domain/json.ts';
import { answerProblems, type AnswerRules, type CheckAnswer } from '../domain/run/answer.ts';

/** A question with what it allows. */
type Question = AnswerRules & { id: string };

/** What is wrong with an answer; to be called inside the transaction that takes it. */
export type ProblemsOf = (question: Question, answer: JsonValue) => Issue[];

class NotChecked extends Error {
  readonly question: Question;
  readonly answer: JsonValue;

  constructor(question: Question, answer: JsonValue) {
    super('the answer is checked before its question is locked');
    this.name = 'NotChecked';
    this.question = question;
    this.answer = answer;
  }
}

/**
 * Takes an answer whose question is found, and locked, in a transaction. A check by a schema takes as long as its schema
 * likes, so none happens under a lock: the transaction is undone, the answer checked, and the transaction done again.
 * What a question allows never changes.
 */
export async function takeChecked<T>(
  check: CheckAnswer,
  take: (problemsOf: ProblemsOf) => Promise<T>,
): Promise<T> {
  const checked = new Map<string, Issue[]>();
  const problemsOf: ProblemsOf = (question, answer) => {
    if (question.schema === null) return answerProblems(question, answer);
    const problems = checked.get(question.id);
    if (problems === undefined) throw new NotChecked(question, answer);
    return problems;
  };
  for (;;) {
    try {
      return await take(problemsOf);
    } catch (error) {
      if (!(error instanceof NotChecked)) throw error;
      const { id, options, multiple, schema } = error.question;
      checked.set(id, await check({ options, multiple, schema }, error.answer));
    }
  }
}
