import { z } from '../define-flow.ts';

/** What `POST /api/v1/poem-flow/execute` takes and what the flow gives back. */

const sentenceCount = z.int().min(1).max(100);

export const request = z.object({
  sentence_count: sentenceCount.optional().describe('How long the poem is to be; one to five by chance'),
});

export const result = z.object({
  sentence_count: sentenceCount.describe('How many sentences were asked for'),
  poem: z.string().min(1),
});

export const state = z.object({
  sentence_count: sentenceCount.nullable(),
  poem: z.string(),
});
