import { z } from 'zod';

/** What the bench says to its readers' process. */
export const toReadersSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('open'),
    port: z.int(),
    token: z.string(),
    /** Followed by turns. */
    executions: z.array(z.int()),
    sse: z.int(),
    sockets: z.int(),
  }),
  /** Says so once every reader has this seq. */
  z.object({ kind: z.literal('await'), seq: z.int() }),
  z.object({ kind: z.literal('close') }),
]);
export type ToReaders = z.output<typeof toReadersSchema>;

/** What the readers' process answers. */
export const fromReadersSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('opened') }),
  z.object({
    kind: z.literal('reached'),
    atMs: z.number(),
    /** Events taken in since the last time. */
    frames: z.int(),
    /** Those that were not the next one of their log, or whose connection broke. */
    wrong: z.int(),
    lagMs: z.object({ p50: z.number(), p99: z.number(), most: z.number() }),
  }),
  z.object({ kind: z.literal('closed') }),
]);
export type FromReaders = z.output<typeof fromReadersSchema>;

/** What the bare loop is told: events `from` … `to` of each execution, to everybody who follows it. */
export const toBareSchema = z.object({ executions: z.array(z.int()), from: z.int(), to: z.int() });
