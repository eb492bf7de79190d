import type { Server } from 'node:http';
import { z } from 'zod';
import { createApp } from '../../src/api/app.ts';
import type { ApiDeps } from '../../src/api/deps.ts';
import { createHttpServer } from '../../src/api/http-server.ts';
import { readSettings, type Settings } from '../../src/config.ts';
import { createAuditTrail, type AuditTrail } from '../../src/persistence/audit-trail.ts';
import { createDatabase, type Database } from '../../src/persistence/database.ts';
import { prepareFirstAdmin, type FirstAdmin } from '../../src/persistence/first-admin.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase } from './database.ts';

/** An API on a fresh database, for one test file. */
export interface TestApi {
  url: string;
  /** With the rights of the whole program, for looking behind the curtain; the app has its own, narrower one. */
  database: Database;
  settings: Settings;
  /** What the API records; `flush` makes it be in the table. */
  audit: AuditTrail;
  admin: FirstAdmin & { token: string };
  /** Every line logged so far, as JSON text. */
  logLines: string[];
  close(): Promise<void>;
}

export interface TestApiOptions {
  /** By the names of the environment, as texts. */
  settings?: Record<string, string>;
  deps?: Partial<ApiDeps>;
  /** The address by which the API reaches its database, when not directly. */
  reachDatabase?: (url: string) => Promise<string>;
  /** More deps that need the open database, such as extra routes. */
  withDatabase?: (
    databases: { database: Database; system: Database },
    settings: Settings,
  ) => Partial<ApiDeps>;
}

/** Starts the real application on a free port of loopback, with every answer checked against its schema. */
export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const testDatabase = await createTestDatabase();
  const settings = readSettings({
    DATABASE_URL: testDatabase.url,
    JWT_SECRET: 'a secret that only tests know: 0123456789',
    TEMPORAL_ADDRESS: '127.0.0.1:7233',
    RATE_LIMIT_PER_MINUTE: '0',
    ...options.settings,
  });
  const first = await prepareFirstAdmin(settings);
  if (first === null) throw new Error('a fresh database already has an admin');
  const reached = (await options.reachDatabase?.(testDatabase.url)) ?? testDatabase.url;
  const database = await createDatabase(reached, { poolMax: 8, actsFor: 'owners' });
  const system = await createDatabase(reached, { poolMax: 8 });
  const logLines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => logLines.push(line) } });
  const audit = createAuditTrail(database.sql, logger);
  const app = createApp({
    settings,
    database,
    logger,
    audit,
    version: '0.0.0-test',
    temporalHealth: async () => ({ status: 'ok', address: '127.0.0.1:7233' }),
    noAuth: false,
    validateResponses: true,
    demoStandsIn: true,
    isDraining: () => false,
    ...options.withDatabase?.({ database, system }, settings),
    ...options.deps,
  });
  const server = createHttpServer(app.callback());
  const url = await listen(server);
  const token = options.deps?.noAuth === true ? '' : await login(url, first);
  return {
    url,
    database: system,
    settings,
    audit,
    admin: { ...first, token },
    logLines,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await audit.close();
      await database.close();
      await system.close();
      await testDatabase.drop();
    },
  };
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

async function login(url: string, { email, password }: FirstAdmin): Promise<string> {
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
}
