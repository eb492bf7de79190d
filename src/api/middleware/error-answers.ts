import type { ApiContext, ApiMiddleware } from '../context.ts';
import { toEnvelope } from '../errors.ts';
import { isDatabaseAway } from '../../engine/classify-error.ts';

/** Turns whatever is thrown further in into the envelope and its status; what is our fault is logged with its cause. */
export function errorAnswers(): ApiMiddleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      answerError(ctx, error);
    }
  };
}

function answerError(ctx: ApiContext, thrown: unknown): void {
  const { requestId, log } = ctx.state;
  const { status, envelope, retryAfterSeconds } = toEnvelope(thrown, requestId);
  if (status === 500) log.error({ err: thrown }, 'request failed');
  else if (isDatabaseAway(thrown)) log.warn({ err: thrown }, 'database away');
  if (ctx.headerSent) {
    // A stream that has begun cannot change its status: cutting it off is the only way to say that it failed.
    ctx.res.destroy();
    return;
  }
  ctx.remove('ETag');
  ctx.remove('Last-Modified');
  ctx.set('Cache-Control', 'no-store');
  if (status === 401) ctx.set('WWW-Authenticate', 'Bearer realm="muster"');
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  ctx.status = status;
  ctx.body = envelope;
}
