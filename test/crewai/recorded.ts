import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';

/** What the real package answered, so that the ordinary suite needs no Python. */
export interface Recording<T> {
  seed: number;
  /** Of what was asked: another generator asks something else, and then the answers fit no longer. */
  hash: string;
  answers: T[];
}

/** Each different answer once, and for each question its number. */
const stored = z.object({
  seed: z.number(),
  hash: z.string(),
  distinct: z.array(z.json()),
  order: z.array(z.number()),
});

const fileOf = (name: string): URL => new URL(`recorded/${name}.json.gz`, import.meta.url);

export const hashOf = (asked: unknown): string =>
  createHash('sha256').update(JSON.stringify(asked)).digest('hex');

export function readRecording<T>(name: string, answer: z.ZodType<T>): Recording<T> {
  const { seed, hash, distinct, order } = stored.parse(
    JSON.parse(gunzipSync(readFileSync(fileOf(name))).toString('utf8')),
  );
  const answers = distinct.map((one) => answer.parse(one));
  return {
    seed,
    hash,
    answers: order.map((number) => {
      const found = answers[number];
      if (found === undefined) throw new Error(`the recording ${name} is damaged`);
      return found;
    }),
  };
}

export function writeRecording(name: string, recording: Recording<string>): void {
  const distinct = [...new Set(recording.answers)];
  const numbers = new Map(distinct.map((answer, number) => [answer, number]));
  const content = {
    seed: recording.seed,
    hash: recording.hash,
    distinct: distinct.map((answer): unknown => JSON.parse(answer)),
    order: recording.answers.map((answer) => numbers.get(answer)),
  };
  writeFileSync(fileOf(name), gzipSync(JSON.stringify(content), { level: 9 }));
}

/** An answer of construct.py. */
export const realAnswer = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({
    error: z.string(),
    at: z.tuple([z.string(), z.string()]).optional(),
    detail: z.string().optional(),
  }),
]);

const seenTask = z.object({
  agent: z.string(),
  attempts: z.number(),
  context: z.string(),
  coworkers: z.array(z.string()),
  tools: z.array(z.string()),
});

/** An answer of kickoff.py. */
export const runRecord = z.object({
  error: z.string().optional(),
  seen: z.record(z.string(), seenTask),
  outputs: z.array(z.tuple([z.string(), z.string()])).optional(),
  raw: z.string().optional(),
});
