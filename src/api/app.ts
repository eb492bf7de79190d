import { Router } from '@koa/router';
import Koa from 'koa';
import { MusterError, notFound } from '../domain/errors.ts';
import { createPasswords } from '../security/passwords.ts';
import { createOidcVerifier, type OidcVerifier } from '../security/oidc.ts';
import { createTokenSigner } from '../security/tokens.ts';
import type { ApiContext, ApiMiddleware, RequestState } from './context.ts';
import type { AnyRoute } from './define-route.ts';
import type { ApiDeps, ResourceDeps } from './deps.ts';
import { noTracing } from '../telemetry/tracing/tracing.ts';
import { createApiMetrics } from '../telemetry/metrics/api-metrics.ts';
import { auditMiddleware } from './middleware/audit.ts';
import { createAuthenticate } from './middleware/authenticate.ts';
import { countRequests } from './middleware/count-requests.ts';
import { crossOrigin, mayUseFrom, securityHeaders } from '../http/browser-headers.ts';
import { errorAnswers } from './middleware/error-answers.ts';
import { createGuessGuard } from './guess-guard.ts';
import { createIdempotency } from './idempotency.ts';
import { loopbackOnly } from '../http/loopback-only.ts';
import { traceRequests } from './middleware/trace-requests.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { requestContext } from './middleware/request-context.ts';
import { createOpenApi } from './openapi.ts';
import { createRateLimits } from './rate-limits.ts';
import { createOpenStreams } from './realtime/open-streams.ts';
import { createCredentialWatch } from './realtime/credential-watch.ts';
import { consoleRoutes } from './resources/console/routes.ts';
import { documentRoutes } from './resources/documents/routes.ts';
import { resources } from './resources/index.ts';
import { createLargeBodies } from './large-bodies.ts';
import { runRoute, type RouteRunner } from './run-route.ts';

type ApiRouter = Router<RequestState>;

/**
 * The whole HTTP surface as one Koa application: no listening, nothing global.
 * @throws when JWT_SECRET is missing or weak, or OIDC_ISSUER has no OIDC_AUDIENCE.
 */
export function createApp(deps: ApiDeps): Koa<RequestState> {
  const { settings, database, logger, noAuth, validateResponses } = deps;
  const { JWT_SECRET, JWT_SECRET_PREVIOUS, ACCESS_TOKEN_TTL } = settings;
  const tokens = createTokenSigner(JWT_SECRET, ACCESS_TOKEN_TTL, JWT_SECRET_PREVIOUS);
  const guesses = createGuessGuard({ settings, sql: database.sql, now: deps.now ?? (() => new Date()) });
  const open = createOpenStreams(settings.USER_LIMITS);
  const routes = allRoutes({ ...deps, tokens, guesses, open, passwords: createPasswords() });
  const limits = deps.rateLimits ?? createRateLimits({ settings, logger });
  const router = createRouter(routes, {
    authenticate: createAuthenticate({ database, tokens, oidc: oidcOf(settings), noAuth }),
    idempotency: createIdempotency({
      sql: database.sql,
      secret: settings.JWT_SECRET ?? '',
      now: () => new Date(),
    }),
    limits,
    largeBodies: createLargeBodies(),
    guesses,
    open,
    credentials:
      deps.credentials ?? createCredentialWatch({ sql: database.sql, logger, now: () => new Date() }),
    metricsToken: settings.METRICS_TOKEN,
    validateResponses,
  });

  // Of X-Forwarded-For only the last entry is the proxy's own word; the caller may have written the others.
  const app = new Koa<RequestState>({ proxy: settings.TRUST_PROXY, maxIpsCount: 1 });
  // Errors of requests are answered by `errorAnswers`; what gets here is a socket that broke while writing.
  app.on('error', (error: unknown) => logger.debug({ err: error }, 'connection failed'));
  app.use(requestContext(logger));
  app.use(traceRequests(deps.tracing ?? noTracing));
  app.use(countRequests(deps.metrics ?? createApiMetrics()));
  app.use(securityHeaders());
  app.use(crossOrigin(settings.CORS_ORIGINS, settings.TEMPORAL_UI_URL));
  app.use(auditMiddleware(deps.audit));
  app.use(errorAnswers());
  if (noAuth) app.use(loopbackOnly(mayUseFrom(settings.CORS_ORIGINS, settings.TEMPORAL_UI_URL)));
  app.use(rateLimit(limits));
  app.use(literalPaths(routes));
  app.use(router.routes());
  app.use(noSuchRoute(router));
  return app;
}

function oidcOf({ OIDC_ISSUER, OIDC_AUDIENCE }: ApiDeps['settings']): OidcVerifier | undefined {
  if (OIDC_ISSUER === undefined) return undefined;
  if (OIDC_AUDIENCE === undefined) throw new Error('OIDC_AUDIENCE must be given beside OIDC_ISSUER');
  return createOidcVerifier(OIDC_ISSUER, OIDC_AUDIENCE);
}

/** @returns the resources, the extra routes, and the documents, which describe all of them. */
function allRoutes(deps: ResourceDeps): AnyRoute[] {
  const routes = [...resources(deps), ...(deps.routes ?? [])];
  routes.push(...documentRoutes(() => JSON.stringify(createOpenApi(routes, deps.version))));
  routes.push(...consoleRoutes());
  return routes;
}

const methodOf = (route: AnyRoute): string => (route.kind === 'page' ? 'GET' : route.spec.method);
const pathOf = (route: AnyRoute): string => (route.kind === 'page' ? route.path : route.spec.path);

/** So that `/executions/stats` is not taken for an id, whoever registered it first: literal segments win. */
function bySpecificity(one: AnyRoute, other: AnyRoute): number {
  const rank = (route: AnyRoute): string =>
    pathOf(route)
      .split('/')
      .map((segment) => (segment.includes('{') ? '1' : '0'))
      .join('');
  return rank(one).localeCompare(rank(other));
}

function createRouter(routes: readonly AnyRoute[], runner: RouteRunner): ApiRouter {
  const router: ApiRouter = new Router<RequestState>({ sensitive: true });
  for (const route of routes.toSorted(bySpecificity)) {
    // Without its trailing slash, if it has one, a path is served with and without.
    const path = pathOf(route)
      .replace(/(?<=.)\/$/, '')
      .replaceAll(/\{(\w+)\}/g, ':$1');
    router.register(path, [methodOf(route).toLowerCase()], runRoute(route, runner));
  }
  return router;
}

/**
 * A path that a route spells out is not also a path with an id: `GET /executions/bulk` is no execution that is not there,
 * it is a method that is not allowed.
 */
function literalPaths(routes: readonly AnyRoute[]): ApiMiddleware {
  const methods = new Map<string, Set<string>>();
  for (const route of routes) {
    const path = plainPath(pathOf(route));
    if (path.includes('{')) continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(methodOf(route)));
    if (methodOf(route) === 'GET') known.add('HEAD');
  }
  return async (ctx, next) => {
    const known = methods.get(plainPath(ctx.path));
    if (known === undefined || known.has(ctx.method)) return next();
    answerMethods(ctx, [...known].sort());
  };
}

const plainPath = (path: string): string => path.replace(/(?<=.)\/$/, '');

/** A plain OPTIONS learns the methods. @throws {MusterError} METHOD_NOT_ALLOWED for everything else */
function answerMethods(ctx: ApiContext, methods: readonly string[]): void {
  ctx.set('Allow', methods.join(', '));
  if (ctx.method !== 'OPTIONS') {
    throw new MusterError(
      'METHOD_NOT_ALLOWED',
      `${ctx.method} is not allowed here; use ${methods.join(', ')}`,
    );
  }
  ctx.status = 204;
}

/** What no route took: 405 where another method is served, else 404. */
function noSuchRoute(router: ApiRouter): ApiMiddleware {
  return async (ctx) => {
    const layers = router.stack.filter((layer) => layer.match(ctx.path));
    const methods = [...new Set(layers.flatMap((layer) => layer.methods))].sort();
    if (methods.length === 0) throw notFound('This path was');
    answerMethods(ctx, methods);
  };
}
