import { z } from 'zod';
import { isAllowed } from '../authorize.ts';
import type { ApiContext, Caller } from '../context.ts';
import type { RouteSpec } from '../define-route.ts';
import type { CredentialWatch } from './credential-watch.ts';

const claimsSchema = z.object({ exp: z.number() });
/** The longest a timer can wait. */
const LONGEST_MS = 2_147_483_647;

/** Whether somebody may go on with what was opened: still allowed here, and with no less reach than then. */
export const mayGoOn = (opened: Caller, now: Caller, spec: RouteSpec): boolean =>
  isAllowed(now, spec) && (now.isAdmin || !opened.isAdmin);

/**
 * Ends an open answer (an event stream, a WebSocket) when the rights it was opened with shrink: the credential is taken
 * back, rotated or runs out, its user is disabled or demoted, or its scopes no longer allow the route. Whatever writes
 * the answer says how it ends in `ctx.state.endStream`; else the connection is cut.
 */
export function whileRightsHold(
  of: { ctx: ApiContext; caller: Caller; spec: RouteSpec },
  credentials: CredentialWatch,
): void {
  const { ctx, caller, spec } = of;
  const release = (): void => {
    unwatch();
    clearTimeout(expiry);
  };
  const end = (): void => {
    release();
    if (ctx.state.endStream === undefined) ctx.res.destroy();
    else ctx.state.endStream();
  };
  const unwatch = credentials.watch(caller, (now) => {
    if (now === null || !mayGoOn(caller, now, spec)) end();
  });
  const claims = claimsSchema.safeParse(ctx.state.claims);
  const expiry = claims.success
    ? setTimeout(end, Math.min(Math.max(claims.data.exp * 1000 - Date.now(), 0), LONGEST_MS))
    : undefined;
  if (ctx.res.closed) release();
  else ctx.res.once('close', release);
}
