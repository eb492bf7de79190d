import type { Issue } from '../errors.ts';
import { parseJson, type JsonObject, type JsonValue } from '../json.ts';
import { schemaProblems } from './json-schema.ts';

/** What a question allows as its answer. */
export interface AnswerRules {
  options: readonly string[] | null;
  /** Whether several of the options may be chosen: the answer is then an array of them. */
  multiple: boolean;
  schema: JsonObject | null;
}

/** Says what is wrong with an answer, as `answerProblems` does, wherever that is worked out. */
export type CheckAnswer = (rules: AnswerRules, answer: JsonValue) => Promise<Issue[]>;

/** What is wrong with an answer, each at its place in the body; nothing when it fits. Free text must say something. */
export function answerProblems({ options, multiple, schema }: AnswerRules, answer: JsonValue): Issue[] {
  if (options !== null && multiple) return choiceProblems(options, answer);
  if (options !== null) {
    const isOption = typeof answer === 'string' && options.includes(answer);
    return isOption ? [] : [{ path: '/answer', message: `must be one of: ${options.join(', ')}` }];
  }
  if (schema !== null)
    return schemaProblems(schema, answer).map(({ path, message }) => ({ path: `/answer${path}`, message }));
  return typeof answer === 'string' ? [] : [{ path: '/answer', message: 'must be a text' }];
}

function choiceProblems(options: readonly string[], answer: JsonValue): Issue[] {
  const message = `must be an array of one or more of: ${options.join(', ')}`;
  if (!Array.isArray(answer) || answer.length === 0) return [{ path: '/answer', message }];
  return answer.flatMap((choice, at) => {
    if (typeof choice !== 'string' || !options.includes(choice)) return [{ path: `/answer/${at}`, message }];
    return answer.indexOf(choice) === at ? [] : [{ path: `/answer/${at}`, message: 'is chosen twice' }];
  });
}

/** What a person wrote, as the answer it is meant to be: JSON where more than a text is wanted. */
export function writtenAnswer({ options, multiple, schema }: AnswerRules, text: string): JsonValue {
  if ((options !== null && !multiple) || (options === null && schema === null)) return text;
  // A text that is no JSON may still be what the schema wants; of several options it is one.
  return parseJson(text) ?? (multiple ? [text] : text);
}

/** An answer as the text an agent reads. */
export const answerText = (answer: JsonValue): string =>
  typeof answer === 'string' ? answer : JSON.stringify(answer);
