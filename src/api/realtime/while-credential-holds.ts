import { z } from 'zod';
import type { ApiContext, Caller } from '../context.ts';
import type { CredentialWatch } from './credential-watch.ts';

const claimsSchema = z.object({ exp: z.number() });
/** The longest a timer can wait. */
const LONGEST_MS = 2_147_483_647;

/**
 * Calls `end` when the credential that a connection was opened with is taken back or runs out: nothing lasts longer
 * than its access token.
 * @returns a function that stops looking.
 */
export function whileCredentialHolds(
  from: { ctx: ApiContext; caller: Caller; credentials: CredentialWatch },
  end: () => void,
): () => void {
  const claims = claimsSchema.safeParse(from.ctx.state.claims);
  const expiry = claims.success
    ? setTimeout(end, Math.min(Math.max(claims.data.exp * 1000 - Date.now(), 0), LONGEST_MS))
    : undefined;
  const unwatch = from.credentials.watch(from.caller, end);
  return () => {
    unwatch();
    clearTimeout(expiry);
  };
}
