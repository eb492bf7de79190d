import type { AuditTrail } from '../../persistence/audit-trail.ts';
import type { ApiContext, ApiMiddleware, AuditNote } from '../context.ts';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Ids and names as paths carry them; anything else in a path names nothing of ours. */
const SANE_TARGET = /^[\w.:@-]{1,200}$/;

/**
 * Writes down who changed what, with which outcome: every changing request of an admin or an API key (denied ones
 * too), and what a handler notes besides, such as a login. Never a body, a query string or a credential. Stands
 * outside of `errorAnswers`, where the final status is known.
 */
export function auditMiddleware(trail: AuditTrail): ApiMiddleware {
  return async (ctx, next) => {
    const at = new Date();
    await next();
    for (const note of notesOf(ctx)) trail.record(factOf(ctx, note, at));
  };
}

function notesOf({ method, state }: ApiContext): readonly AuditNote[] {
  const { caller, notes = [], operation } = state;
  const isWatched = caller !== undefined && (caller.isAdmin || caller.credential === 'api_key');
  const isNoted = notes.some(({ action }) => action === undefined);
  const isReading = READING.has(method) || operation?.isReading === true;
  return operation === undefined || isNoted || !isWatched || isReading ? notes : [{}, ...notes];
}

function factOf(ctx: ApiContext, note: AuditNote, at: Date): Parameters<AuditTrail['record']>[0] {
  const { caller, operation, requestId } = ctx.state;
  const target = note.target ?? operation?.target;
  return {
    at,
    actorUserId: note.actorUserId ?? caller?.userId ?? null,
    actorKeyId: caller?.apiKeyId ?? null,
    action: note.action ?? operation?.id ?? 'unknown',
    target: target !== undefined && SANE_TARGET.test(target) ? target : null,
    method: ctx.method,
    path: ctx.path,
    status: ctx.status,
    ip: ctx.ip,
    requestId,
  };
}
