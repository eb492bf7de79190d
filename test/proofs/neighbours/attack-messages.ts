import { z } from 'zod';

/** What the proof and the attacker's process tell each other. */

export const orderSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('attack'),
    url: z.string(),
    token: z.string(),
    doors: z.array(z.string()),
    atOnce: z.int(),
    /** Whether each attack is repeated until it is told to stop. */
    again: z.boolean(),
  }),
  z.object({ kind: z.literal('stop') }),
]);
export type Order = z.infer<typeof orderSchema>;

/** `ready`: what the doors need is made. `over`: the last attack has ended after a stop. */
export const reportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('answer'), door: z.string(), answer: z.string() }),
  z.object({ kind: z.literal('over') }),
  z.object({ kind: z.literal('failed'), error: z.string() }),
]);
export type Report = z.infer<typeof reportSchema>;
