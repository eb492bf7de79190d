import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { ApiContext, ApiMiddleware, RequestState } from '../context.ts';

/** Probes come every few seconds; at `info` they would bury everything else. */
export const QUIET_PATHS = new Set(['/livez', '/readyz', '/health', '/metrics']);
/** What may stand in a log line as it came: anything else is replaced, not escaped. */
const SANE_REQUEST_ID = /^[\w.-]{1,128}$/;

/**
 * Gives the request its id (the caller's `X-Request-Id` if it is sane), a logger that writes it with every
 * line, and one access line when the answer has ended. The query string is never logged: `?token=` is in it.
 */
export function requestContext(logger: Logger): ApiMiddleware {
  return async (ctx, next) => {
    const given = ctx.get('X-Request-Id');
    ctx.state.requestId = SANE_REQUEST_ID.test(given) ? given : randomUUID();
    ctx.state.log = logger.child({ request_id: ctx.state.requestId });
    ctx.set('X-Request-Id', ctx.state.requestId);
    const startedAt = performance.now();
    ctx.res.once('close', () => writeAccessLine(ctx, performance.now() - startedAt));
    await next();
  };
}

function writeAccessLine(ctx: ApiContext, durationMs: number): void {
  const { log, caller, concern, traceId, operation } = ctx.state;
  const executionId = concern?.executionId ?? namedExecution(operation);
  const line = {
    method: ctx.method,
    path: ctx.path,
    status: ctx.res.statusCode,
    duration_ms: Math.round(durationMs * 10) / 10,
    ip: ctx.ip,
    ...(caller === undefined ? {} : { user_id: caller.userId }),
    ...(traceId !== undefined && { trace_id: traceId }),
    ...(executionId !== undefined && { execution_id: executionId }),
    // A WebSocket has no answer that could end.
    ...(ctx.res.writableFinished || ctx.res.statusCode === 101 ? {} : { aborted: true }),
  };
  if (QUIET_PATHS.has(ctx.path)) log.debug(line, 'request');
  else log.info(line, 'request');
}

/** The execution that the path of a request names, by either of its ids. */
const namedExecution = (operation: RequestState['operation']): string | undefined =>
  operation?.path.startsWith('/api/v1/executions/{') === true ? operation.target : undefined;
