import type { z } from 'zod';
import type { Database } from '../../../persistence/database.ts';
import { pendingMigrations } from '../../../persistence/migrate.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiDeps } from '../../deps.ts';
import { healthSchema, liveSchema, readySchema, welcomeSchema } from './schema.ts';

/** A probe that waits longer than this has its answer. */
const PROBE_TIMEOUT_MS = 2_000;

/** Settles like `work`, or rejects once the time is up; the work itself goes on unheard. */
async function withinProbeTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PROBE_TIMEOUT_MS} ms`)), PROBE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

async function databaseHealth({
  database,
  logger,
}: ApiDeps): Promise<z.input<typeof healthSchema>['database']> {
  const startedAt = performance.now();
  try {
    await withinProbeTime(database.ping());
    return { status: 'ok', latency_ms: Math.round((performance.now() - startedAt) * 100) / 100 };
  } catch (error) {
    logger.warn({ err: error }, 'database does not answer the health probe');
    return { status: 'unavailable', latency_ms: null };
  }
}

/** `/`, `/health`, `/livez`, `/readyz`: open to everybody, so they say nothing that is secret. */
export function systemRoutes(deps: ApiDeps): AnyRoute[] {
  return [welcomeRoute(deps), healthRoute(deps), liveRoute(), readyRoute(deps)];
}

const welcomeRoute = ({ version }: ApiDeps): AnyRoute => {
  const links = {
    docs: '/docs',
    redoc: '/redoc',
    openapi: '/openapi.json',
    health: '/health',
    flows: '/api/v1/flows',
  };
  const welcome = { name: 'Muster', version, message: 'Muster runs crews of AI agents durably.', links };
  return defineRoute(
    {
      method: 'GET',
      path: '/',
      operationId: 'getWelcome',
      tags: ['System'],
      summary: 'What this is, and where to look next',
      access: 'public',
      responses: { 200: { description: 'The names of things', schema: welcomeSchema, example: welcome } },
    },
    async ({ respond }) => respond(200, welcome),
  );
};

const healthExample = {
  status: 'ok',
  environment: 'DEVELOPMENT',
  version: '0.1.0',
  database: { status: 'ok', latency_ms: 0.8 },
  temporal: { status: 'ok', address: '127.0.0.1:7233', ui_url: 'http://127.0.0.1:8233' },
  models: { demo: true, default_model: 'openai/gpt-4o-mini' },
};

const healthRoute = (deps: ApiDeps): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/health',
      operationId: 'getHealth',
      tags: ['System'],
      summary: 'How the services behind this one are',
      description: 'For people and dashboards; load balancers ask `/readyz`.',
      access: 'public',
      responses: {
        200: { description: 'All well', schema: healthSchema, example: healthExample },
        503: {
          description: 'Postgres or Temporal is away',
          schema: healthSchema,
          example: {
            ...healthExample,
            status: 'degraded',
            database: { status: 'unavailable', latency_ms: null },
          },
        },
      },
    },
    async ({ respond }) => {
      const [database, temporal] = await Promise.all([databaseHealth(deps), deps.temporalHealth()]);
      const isWell = database.status === 'ok' && temporal.status === 'ok';
      const { settings, version, demoStandsIn } = deps;
      return respond(isWell ? 200 : 503, {
        status: isWell ? 'ok' : 'degraded',
        environment: settings.ENVIRONMENT,
        version,
        database,
        temporal: { ...temporal, ui_url: settings.TEMPORAL_UI_URL ?? null },
        models: { demo: demoStandsIn, default_model: settings.DEFAULT_MODEL },
      });
    },
  );

const liveRoute = (): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/livez',
      operationId: 'getLiveness',
      tags: ['System'],
      summary: 'Whether this process is alive',
      access: 'public',
      responses: { 200: { description: 'It is', schema: liveSchema, example: { status: 'ok' } } },
    },
    async ({ respond }) => respond(200, { status: 'ok' }),
  );

/** Nothing un-migrates a database, so once all are there the question is not asked again. */
function migrationCheck(): (database: Database) => Promise<'ok' | 'pending'> {
  let areDone = false;
  return async (database) => {
    areDone ||= (await pendingMigrations(database)) === 0;
    return areDone ? 'ok' : 'pending';
  };
}

const readyExample = { status: 'ready', checks: { database: 'ok', migrations: 'ok', draining: false } };

function readyRoute(deps: ApiDeps): AnyRoute {
  const checkMigrations = migrationCheck();
  return defineRoute(
    {
      method: 'GET',
      path: '/readyz',
      operationId: 'getReadiness',
      tags: ['System'],
      summary: 'Whether this process wants requests',
      description:
        'Looks at Postgres, migrations and draining; Temporal may be away, work is accepted all the same.',
      access: 'public',
      responses: {
        200: { description: 'It does', schema: readySchema, example: readyExample },
        503: {
          description: 'Not now',
          schema: readySchema,
          example: { status: 'not_ready', checks: { ...readyExample.checks, draining: true } },
        },
      },
    },
    async ({ respond }) => {
      const draining = deps.isDraining();
      const database = (await databaseHealth(deps)).status;
      const migrations =
        database === 'ok' ? await withinProbeTime(checkMigrations(deps.database)) : 'unknown';
      const isReady = !draining && migrations === 'ok';
      return respond(isReady ? 200 : 503, {
        status: isReady ? 'ready' : 'not_ready',
        checks: { database, migrations, draining },
      });
    },
  );
}
