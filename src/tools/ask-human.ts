import { z } from 'zod';
import { MOST_SECONDS } from '../domain/plan/wait-seconds.ts';
import { defineTool } from './define-tool.ts';

/** The tool's name; a run that meets it asks a person and stands still, instead of calling it. */
export const ASK_HUMAN = 'ask_human';

/** What an agent asks. */
export const askHumanInput = z.object({
  question: z
    .string()
    .min(1)
    .max(10_000)
    .describe('What you want to know, complete: the person sees nothing else'),
  options: z
    .array(z.string().min(1).max(500))
    .min(2)
    .max(50)
    .optional()
    .describe('The possible answers, when there are only a few'),
  multiple: z.boolean().optional().describe('Whether several of the options may be chosen'),
  schema: z
    .record(z.string(), z.json())
    .optional()
    .describe('A JSON schema the answer must fit, when it is more than a text'),
  timeout_seconds: z
    .int()
    .min(1)
    .max(MOST_SECONDS)
    .optional()
    .describe('How long to wait; for ever without it'),
  remind_after_seconds: z
    .int()
    .min(1)
    .max(MOST_SECONDS)
    .optional()
    .describe('After how long to remind people of it, once, if it still stands open'),
  default: z.json().optional().describe('What counts when nobody answers in time'),
});

/** Puts a question to a person and gives back the answer, however long that takes. */
export const askHuman = defineTool({
  name: ASK_HUMAN,
  description:
    'Asks a person a question and waits for the answer. Use it for what only a person can decide or know.',
  input: askHumanInput,
  idempotent: true,
  execute: () =>
    Promise.reject(new Error('a person can be asked inside an execution only: give the tool to an agent')),
});
