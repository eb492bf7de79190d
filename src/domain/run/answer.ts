import type { Issue } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { schemaProblems } from './json-schema.ts';

/** What a question allows as its answer. */
export interface AnswerRules {
  options: readonly string[] | null;
  schema: JsonObject | null;
}

/** What is wrong with an answer, each at its place in the body; nothing when it fits. Free text must say something. */
export function answerProblems({ options, schema }: AnswerRules, answer: JsonValue): Issue[] {
  if (options !== null) {
    const isOption = typeof answer === 'string' && options.includes(answer);
    return isOption ? [] : [{ path: '/answer', message: `must be one of: ${options.join(', ')}` }];
  }
  if (schema !== null)
    return schemaProblems(schema, answer).map(({ path, message }) => ({ path: `/answer${path}`, message }));
  return typeof answer === 'string' ? [] : [{ path: '/answer', message: 'must be a text' }];
}

/** An answer as the text an agent reads. */
export const answerText = (answer: JsonValue): string =>
  typeof answer === 'string' ? answer : JSON.stringify(answer);
