import type { ApiMetrics } from '../../telemetry/metrics/api-metrics.ts';
import type { ApiMiddleware } from '../context.ts';

/** Methods somebody may make up are one. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts every answer under its route, never under its path: what anybody may type would be a name without end. */
export function countRequests(metrics: ApiMetrics): ApiMiddleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    ctx.res.once('close', () => {
      const { operation } = ctx.state;
      const isStream = operation?.isStream === true && ctx.res.statusCode < 300;
      metrics.answered({
        method: METHODS.has(ctx.method) ? ctx.method : 'other',
        route: operation?.path ?? 'none',
        status: ctx.res.statusCode,
        ...(!isStream && { seconds: (performance.now() - startedAt) / 1000 }),
      });
    });
    await next();
    if (ctx.state.operation?.isStream !== true || ctx.respond !== false || ctx.res.closed) return;
    ctx.res.once('close', metrics.reading(ctx.res.statusCode === 101 ? 'websocket' : 'sse'));
  };
}
