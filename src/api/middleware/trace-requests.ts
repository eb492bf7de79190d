import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_PATH,
  ATTR_ERROR_TYPE,
} from '@opentelemetry/semantic-conventions';
import { aboutSomething, currentSubject, toSpanContext } from '../../telemetry/tracing/ambient.ts';
import { readTraceparent } from '../../telemetry/tracing/trace-ids.ts';
import type { Tracing } from '../../telemetry/tracing/tracing.ts';
import type { ApiMiddleware } from '../context.ts';
import { QUIET_PATHS } from './request-context.ts';

/**
 * A span for every request, in the trace that the caller's `traceparent` names or in a new one. What the request starts
 * hangs in it. The query string is not told: `?token=` is in it.
 */
export function traceRequests(tracing: Tracing): ApiMiddleware {
  return async (ctx, next) => {
    if (QUIET_PATHS.has(ctx.path)) return next();
    const given = readTraceparent(ctx.get('traceparent'));
    const parent = given === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, toSpanContext(given));
    const span = tracing.begin({
      name: ctx.method,
      kind: SpanKind.SERVER,
      within: parent,
      attributes: {
        [ATTR_HTTP_REQUEST_METHOD]: ctx.method,
        [ATTR_URL_PATH]: ctx.path,
        'muster.request_id': ctx.state.requestId,
      },
    });
    const end = (): void => {
      const { operation, concern } = ctx.state;
      const status = ctx.res.statusCode;
      if (operation !== undefined) {
        span.updateName(`${ctx.method} ${operation.path}`);
        span.setAttribute(ATTR_HTTP_ROUTE, operation.path);
      }
      span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
      if (concern?.executionId !== undefined) span.setAttribute('muster.execution_id', concern.executionId);
      if (status >= 500)
        span.setAttribute(ATTR_ERROR_TYPE, String(status)).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    };
    ctx.state.concern = {};
    const within = trace.setSpan(parent, span);
    ctx.state.traceId = context.with(within, () => currentSubject().trace_id);
    ctx.res.once('close', end);
    await aboutSomething(within, ctx.state.concern, next);
    // A stream lasts as long as its reader likes: its span ends where it begins to flow.
    if (ctx.state.operation?.isStream === true) end();
  };
}
