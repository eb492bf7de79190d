import type { Computing } from '../computing/computing.ts';
import { answerProblems, type CheckAnswer } from '../domain/run/answer.ts';

/** Checks answers to the questions of an owner; those with a schema in a computing process. */
export const answerCheck =
  (computing: Computing, owner: string): CheckAnswer =>
  async (rules, answer) =>
    rules.schema === null
      ? answerProblems(rules, answer)
      : computing.run('checkAnswer', { rules, answer }, { owner });
