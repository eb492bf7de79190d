import { z } from 'zod';
import type { Computing } from '../../../computing/computing.ts';
import { invalid, type Issue } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { MOST_SECONDS } from '../../../domain/plan/wait-seconds.ts';
import type { AskedFor } from '../../../engine/questions/agent-questions.ts';
import { answerCheck } from '../../check-answer.ts';
import { toIssues } from '../../../contracts/issues.ts';

/** What kind of answer an agent elsewhere wants: `message_metadata.question` of a message that requires user input. */
export const askedSchema = z
  .object({
    options: z.array(z.string().min(1).max(500)).min(2).max(50).nullish().describe('The possible answers'),
    multiple: z.boolean().nullish().describe('Several of the options may be chosen: the answer is an array'),
    schema: z.record(z.string(), z.json()).nullish().describe('A JSON schema the answer must fit'),
    timeout_seconds: z.int().min(1).max(MOST_SECONDS).nullish().describe('For ever without it'),
    remind_after_seconds: z
      .int()
      .min(1)
      .max(MOST_SECONDS)
      .nullish()
      .describe('After how long people are reminded of it, once, if it still stands open'),
    default: z.json().optional().describe('What counts when nobody answers in time'),
  })
  .meta({ id: 'AskedFor' });

/** Without any rules: a text, whenever it comes. */
const FREE: AskedFor = {
  options: null,
  multiple: false,
  schema: null,
  default: undefined,
  timeoutSeconds: null,
  remindAfterSeconds: null,
};

/**
 * The rules as a question keeps them.
 * @param by whose question it is, and who works out what is wrong with its schema
 * @throws {MusterError} VALIDATION_FAILED, with paths under `at`
 */
export async function toAsked(
  given: z.output<typeof askedSchema>,
  at: string,
  by: { computing: Computing; ownerId: string },
): Promise<AskedFor> {
  const asked: AskedFor = {
    options: given.options ?? null,
    multiple: given.multiple ?? false,
    schema: given.schema ?? null,
    default: given.default,
    timeoutSeconds: given.timeout_seconds ?? null,
    remindAfterSeconds: given.remind_after_seconds ?? null,
  };
  const issues: Issue[] = [];
  if (asked.multiple && asked.options === null)
    issues.push({ path: `${at}/multiple`, message: 'needs options to choose from' });
  if ((asked.remindAfterSeconds ?? 0) >= (asked.timeoutSeconds ?? Infinity))
    issues.push({ path: `${at}/remind_after_seconds`, message: 'must be sooner than timeout_seconds' });
  if (asked.options !== null && asked.schema !== null)
    issues.push({ path: `${at}/schema`, message: 'give options or a schema, not both' });
  if (asked.options !== null && new Set(asked.options).size < asked.options.length)
    issues.push({ path: `${at}/options`, message: 'an option is there twice' });
  if (asked.schema !== null) {
    const found = await by.computing.run('checkSchema', asked.schema, { owner: by.ownerId });
    for (const { path, message } of found) issues.push({ path: `${at}/schema${path}`, message });
  }
  if (issues.length === 0 && asked.default !== undefined) {
    for (const { path, message } of await answerCheck(by.computing, by.ownerId)(asked, asked.default))
      issues.push({ path: `${at}/default${path.replace(/^\/answer/, '')}`, message });
  }
  if (issues.length > 0) throw invalid('The question does not fit', issues);
  return asked;
}

/** What the metadata of a message says of the answer it wants. @throws {MusterError} VALIDATION_FAILED */
export async function askedInMetadata(
  metadata: JsonObject,
  by: { computing: Computing; ownerId: string },
): Promise<AskedFor> {
  const { question } = metadata;
  if (question === undefined) return FREE;
  const at = '/message_metadata/question';
  const parsed = askedSchema.safeParse(question);
  if (parsed.success) return toAsked(parsed.data, at, by);
  const issues = toIssues(parsed.error, 'body').map(({ path, message }) => ({ path: at + path, message }));
  throw invalid('The question does not fit', issues);
}
