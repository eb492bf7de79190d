import cors from '@koa/cors';
import helmet from 'koa-helmet';
import type Koa from 'koa';
import { isLoopback } from './loopback-only.ts';

/**
 * Security headers for answers that are data: nothing in them may be run, framed or fetched further. Pages
 * (`/docs` …) set a Content-Security-Policy of their own.
 */
export function securityHeaders(): Koa.Middleware {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
    },
    // Only a proxy that ends TLS knows whether this host is always reached by HTTPS.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}

const EXPOSED = [
  'X-Total-Count',
  'X-Request-Id',
  'Location',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'Idempotency-Replayed',
];
const ALLOWED = [
  'Authorization',
  'Content-Type',
  'X-API-Key',
  'X-Request-Id',
  'Idempotency-Key',
  'Last-Event-ID',
  'X-Namespace',
  'traceparent',
];

/** Whether pages of this origin may use the API: the list names it, or has `*`. */
export const isAllowedOrigin = (origins: readonly string[], origin: string): boolean =>
  origins.some((allowed) => allowed === '*' || allowed.replace(/\/$/, '') === origin);

/** Origins of the pages of Temporal's Web UI. One on this machine is opened by its number and by its name. */
export function temporalUiOrigins(uiUrl: string | undefined): string[] {
  if (uiUrl === undefined) return [];
  const { origin, hostname, protocol, port } = new URL(uiUrl);
  const names = isLoopback(hostname) ? ['127.0.0.1', 'localhost'] : [];
  const others = names.map((name) => `${protocol}//${name}${port === '' ? '' : `:${port}`}`);
  return [...new Set([origin, ...others])];
}

/** Whether pages of an origin may use what the request asks for: CORS_ORIGINS, and Temporal's Web UI the codec server. */
export function mayUseFrom(
  origins: readonly string[],
  temporalUi: string | undefined,
): (ctx: { path: string }, origin: string) => boolean {
  const uiOrigins = temporalUiOrigins(temporalUi);
  return (ctx, origin) =>
    (uiOrigins.includes(origin) && ctx.path.startsWith('/codec/')) || isAllowedOrigin(origins, origin);
}

/**
 * Lets pages of the listed origins call this API; with an empty list no other origin may. `*` allows all.
 * Credentials are headers a page must set itself, so cookies are never allowed.
 * @param temporalUi whose pages may use the codec server
 */
export function crossOrigin(origins: readonly string[], temporalUi: string | undefined): Koa.Middleware {
  const mayUse = mayUseFrom(origins, temporalUi);
  return cors({
    origin: (ctx) => {
      const origin = ctx.get('Origin');
      return origin !== '' && mayUse(ctx, origin) ? origin : '';
    },
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ALLOWED,
    exposeHeaders: EXPOSED,
    maxAge: 600,
  });
}
