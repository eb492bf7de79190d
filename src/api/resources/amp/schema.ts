import { z } from 'zod';
import { uuidParam } from '../../parameters.ts';
import { inputsSchema } from '../graphs/schema.ts';
import { urlSchema } from '../webhooks/schema.ts';

export const ampParamsSchema = z.object({ graph_id: uuidParam });
export const ampStatusParamsSchema = z.object({ graph_id: uuidParam, kickoff_id: uuidParam });

export const ampInputsSchema = z.object({ inputs: z.array(z.string()) }).meta({ id: 'AmpInputs' });

/** JSON characters of what is sent along with every call of a webhook. */
const MAX_META = 10_000;

const callbackFields = {
  taskWebhookUrl: urlSchema.nullish().describe('Called after each task that is completed'),
  stepWebhookUrl: urlSchema.nullish().describe('Called after each reply of a model and each use of a tool'),
  crewWebhookUrl: urlSchema.nullish().describe('Called when the crew is done, has failed or is cancelled'),
};
/** What AMP tells events to, beside the three addresses: not here. */
const ELSEWHERE = ['webhooks', 'humanInputWebhook'];

/** Fields nobody knows are refused, with those there are. */
const refusing =
  (fields: object) =>
  ({ code, keys }: { code?: string | undefined; keys?: unknown }): string | undefined => {
    if (code !== 'unrecognized_keys') return undefined;
    const isElsewhere = Array.isArray(keys) && keys.some((key) => ELSEWHERE.includes(String(key)));
    const known = `unknown field; there are: ${Object.keys(fields).join(', ')}`;
    return isElsewhere
      ? `${known}; a webhook made under /api/v1/webhooks hears of every event it names`
      : known;
  };

const kickoffFields = {
  inputs: inputsSchema
    .nullish()
    .transform((inputs) => inputs ?? {})
    .describe('Values for the crew’s `{variables}`'),
  meta: z
    .record(z.string(), z.json())
    .refine((meta) => JSON.stringify(meta).length <= MAX_META, `at most ${MAX_META} characters of JSON`)
    .nullish()
    .describe('Kept with the kickoff, and sent along with each call of its webhooks'),
  ...callbackFields,
};
export const kickoffSchema = z
  .strictObject(kickoffFields, { error: refusing(kickoffFields) })
  .meta({ id: 'AmpKickoff' });
export const kickedOffSchema = z.object({ kickoff_id: z.uuid() }).meta({ id: 'AmpKickedOff' });

const resumeFields = {
  execution_id: z.uuid().describe('The kickoff'),
  task_id: z.string().describe('Key of the task whose output waits to be looked at'),
  human_feedback: z.string().default('').describe('What to change; goes into the next answer'),
  is_approve: z.boolean().describe('True: the output is good as it is'),
  ...callbackFields,
};
export const resumeSchema = z
  .strictObject(resumeFields, { error: refusing(resumeFields) })
  .refine((body) => body.is_approve || body.human_feedback.trim() !== '', {
    path: ['human_feedback'],
    message: 'say what to change, or approve',
  })
  .meta({ id: 'AmpResume' });
export const resumedSchema = z
  .object({ kickoff_id: z.uuid(), status: z.literal('running') })
  .meta({ id: 'AmpResumed' });

const seconds = z.number().describe('Seconds');
const meta = z.record(z.string(), z.json()).nullable().describe('As it came with the kickoff');

/** The three answers of AMP's status. `state` is what deployed crews answer and clients wait for, beside what AMP's document says. */
export const ampStatusSchema = z
  .discriminatedUnion('status', [
    z.object({
      status: z.literal('running'),
      state: z.enum(['PENDING', 'STARTED']),
      meta,
      current_task: z.string().nullable(),
      progress: z.object({ completed_tasks: z.int(), total_tasks: z.int() }),
    }),
    z.object({
      status: z.literal('completed'),
      state: z.literal('SUCCESS'),
      meta,
      result: z.object({
        output: z.string(),
        tasks: z.array(
          z.object({ task_id: z.string(), output: z.string(), agent: z.string(), execution_time: seconds }),
        ),
      }),
      execution_time: seconds,
    }),
    z.object({
      status: z.literal('error'),
      state: z.literal('FAILED'),
      meta,
      error: z.string(),
      message: z.string(),
      execution_time: seconds,
    }),
  ])
  .meta({ id: 'AmpStatus' });
