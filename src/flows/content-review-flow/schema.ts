import { z } from '../define-flow.ts';

/** What `POST /api/v1/content-review-flow/execute` takes and what the flow gives back. */

export const request = z.object({
  topic: z.string().trim().min(1).max(2_000).describe('What to write about'),
  audience: z.string().trim().min(1).max(500).default('everybody'),
  max_revisions: z.int().min(0).max(10).default(3).describe('How often the text is written anew at most'),
  publish_url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional()
    .describe('Where the text is posted once a person has approved it; without it, it is only given back'),
  decide_within_seconds: z
    .int()
    .min(1)
    .max(31_536_000)
    .optional()
    .describe('After so long without an answer the text counts as rejected'),
});

export const result = z.object({
  topic: z.string(),
  content: z.string().min(1),
  revisions: z.int().min(0).describe('How often it was written anew'),
  verdict: z
    .enum(['good', 'exhausted'])
    .describe('`exhausted`: the judge was not content, but no revision was left'),
  approved: z.boolean(),
  published: z.boolean(),
  publish_status: z.int().nullable().describe('What the address answered'),
});

export const state = z.object({
  content: z.string(),
  remarks: z.string(),
  revisions: z.int(),
  verdict: z.enum(['good', 'exhausted']),
  approved: z.boolean(),
  publish_status: z.int().nullable(),
});
