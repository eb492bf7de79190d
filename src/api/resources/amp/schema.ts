import { z } from 'zod';
import { uuidParam } from '../../parameters.ts';
import { inputsSchema } from '../graphs/schema.ts';

export const ampParamsSchema = z.object({ graph_id: uuidParam });
export const ampStatusParamsSchema = z.object({ graph_id: uuidParam, kickoff_id: uuidParam });

export const ampInputsSchema = z.object({ inputs: z.array(z.string()) }).meta({ id: 'AmpInputs' });
export const kickoffSchema = z.object({ inputs: inputsSchema.default({}) }).meta({ id: 'AmpKickoff' });
export const kickedOffSchema = z.object({ kickoff_id: z.uuid() }).meta({ id: 'AmpKickedOff' });

export const resumeSchema = z
  .object({
    execution_id: z.uuid().describe('The kickoff'),
    task_id: z.string().describe('Key of the task whose output waits to be looked at'),
    human_feedback: z.string().default('').describe('What to change; goes into the next answer'),
    is_approve: z.boolean().describe('True: the output is good as it is'),
  })
  .refine((body) => body.is_approve || body.human_feedback.trim() !== '', {
    path: ['human_feedback'],
    message: 'say what to change, or approve',
  })
  .meta({ id: 'AmpResume' });
export const resumedSchema = z
  .object({ kickoff_id: z.uuid(), status: z.literal('running') })
  .meta({ id: 'AmpResumed' });

const seconds = z.number().describe('Seconds');

/** The three answers of AMP's status. */
export const ampStatusSchema = z
  .discriminatedUnion('status', [
    z.object({
      status: z.literal('running'),
      current_task: z.string().nullable(),
      progress: z.object({ completed_tasks: z.int(), total_tasks: z.int() }),
    }),
    z.object({
      status: z.literal('completed'),
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
      error: z.string(),
      message: z.string(),
      execution_time: seconds,
    }),
  ])
  .meta({ id: 'AmpStatus' });
