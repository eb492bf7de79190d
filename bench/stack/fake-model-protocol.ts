import { z } from 'zod';

/** What the bench tells the fake model: forget and hand over, hold answers back, let them go, answer later. */
export const fakeModelCommand = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('take') }),
  z.object({ kind: z.literal('hold') }),
  z.object({ kind: z.literal('release') }),
  z.object({ kind: z.literal('delay'), ms: z.number() }),
]);
export type FakeModelCommand = z.output<typeof fakeModelCommand>;

const runMark = z.object({ run: z.string(), askedUs: z.array(z.number()), repliedUs: z.array(z.number()) });
/** When the calls of one run arrived and were answered, in microseconds of the monotonic clock. */
export type RunMark = z.output<typeof runMark>;

/** The answer to every command; only `take` has marks. */
export const fakeModelAnswer = z.object({ marks: z.array(runMark) });
export type FakeModelAnswer = z.output<typeof fakeModelAnswer>;
