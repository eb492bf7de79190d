import type { Server } from 'node:http';
import { SettingsError, type Settings } from '../config.ts';
import { loadFlows } from '../flows/flow-catalogue.ts';
import { createModels } from '../models/create-models.ts';
import { createAuditTrail } from '../persistence/audit-trail.ts';
import { createDatabase } from '../persistence/database.ts';
import { isWeakSecret } from '../security/tokens.ts';
import { secretsOf } from '../telemetry/hide-secrets.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createTemporal } from '../temporal/client.ts';
import { createApp } from './app.ts';
import { createServices } from './create-services.ts';
import { createHttpServer } from './http-server.ts';
import { createRateLimits } from './rate-limits.ts';
import { engineResources } from './resources/index.ts';
import { isLoopback } from '../http/loopback-only.ts';
import { createTracing } from '../telemetry/tracing/tracing.ts';
import { temporalHealthOf } from './temporal-health.ts';
import { programVersion } from '../version.ts';

/** How long requests that are under way may take to end when the process stops. */
const DRAIN_MS = 10_000;

/** A running API process. */
export interface RunningApi {
  /** Where it listens, with the port it really got. */
  url: string;
  /** Refuses new connections, lets requests under way end (at most 10 s), then lets go of everything. */
  close(): Promise<void>;
}

/** Checks what an API process cannot do without. @throws {SettingsError} with all that is missing. */
function databaseUrlOf(settings: Settings, noAuth: boolean): string {
  const { DATABASE_URL, TEMPORAL_ADDRESS, JWT_SECRET, API_HOST } = settings;
  const problems: string[] = [];
  if (DATABASE_URL === undefined) problems.push('DATABASE_URL: is missing');
  if (TEMPORAL_ADDRESS === undefined) problems.push('TEMPORAL_ADDRESS: is missing');
  if (isWeakSecret(JWT_SECRET)) problems.push('JWT_SECRET: at least 32 characters, made at random');
  if (noAuth && !isLoopback(API_HOST))
    problems.push(`API_HOST: --no-auth wants a loopback host, not ${API_HOST}`);
  if (DATABASE_URL === undefined || problems.length > 0) throw new SettingsError(problems);
  return DATABASE_URL;
}

/**
 * Starts the API of this process.
 * @param options.alone no other process answers for this API: what is counted may stay in memory
 * @throws when a setting is missing or the port is taken.
 */
export async function runApi(
  settings: Settings,
  { noAuth, alone }: { noAuth: boolean; alone: boolean },
): Promise<RunningApi> {
  const logger = createLogger({
    level: settings.LOG_LEVEL,
    pretty: process.stdout.isTTY,
    secrets: secretsOf(settings),
  });
  const databaseUrl = databaseUrlOf(settings, noAuth);
  const flows = await loadFlows(settings.FLOWS_DIR);
  const database = await createDatabase(databaseUrl, { actsFor: 'owners' });
  const system = await createDatabase(databaseUrl, { actsFor: 'system' });
  const temporal = await createTemporal(settings);
  const tracing = createTracing(settings, { service: 'muster-api', version: programVersion(), logger });
  const running = createServices({ settings, database, system, temporal, logger, flows, tracing });
  const audit = createAuditTrail(system.sql, logger);
  let isDraining = false;
  const release = async (): Promise<void> => {
    await running.close();
    await temporal.close();
    await tracing.close();
    await audit.close();
    await database.close();
    await system.close();
  };
  let server: Server;
  try {
    const app = createApp({
      settings,
      database,
      logger,
      audit,
      version: programVersion(),
      temporalHealth: temporalHealthOf(temporal, logger),
      noAuth,
      validateResponses: false,
      demoStandsIn: createModels(settings).demoStandsIn,
      isDraining: () => isDraining,
      rateLimits: createRateLimits({ settings, logger, ...(!alone && { shared: database.sql }) }),
      credentials: running.services.credentials,
      metrics: running.services.metrics,
      tracing,
      routes: engineResources(running.services),
    });
    server = createHttpServer(app.callback());
    await listen(server, settings.API_HOST, settings.API_PORT);
  } catch (error) {
    await release();
    throw error;
  }
  return {
    url: urlOf(server, settings.API_HOST),
    close: async () => {
      isDraining = true;
      // Readers of a stream reconnect elsewhere, where they stood; they would keep the server from ending.
      running.endStreams();
      await drain(server);
      await release();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const isTaken = 'code' in error && error.code === 'EADDRINUSE';
      const text = `Port ${port} on ${host} is taken: choose another with --port (or API_PORT)`;
      reject(isTaken ? new Error(text, { cause: error }) : error);
    });
    server.listen(port, host, resolve);
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

/** Ends idle connections at once and busy ones when they are done, or by force after `DRAIN_MS`. */
function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
