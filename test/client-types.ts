import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createApp } from '../src/api/app.ts';
import { createServices } from '../src/api/create-services.ts';
import { engineResources } from '../src/api/resources/index.ts';
import { readSettings } from '../src/config.ts';
import { loadFlows } from '../src/flows/flow-catalogue.ts';
import { createAuditTrail } from '../src/persistence/audit-trail.ts';
import { createDatabase } from '../src/persistence/database.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { createTemporal } from '../src/temporal/client.ts';
import { API_TYPES, renderOpenApiTypes } from './support/render-openapi-types.ts';

/** `npm run client:types`: writes the types of the client anew. Needs no service: a document is only described. */

const nowhere = 'postgres://nobody:nothing@127.0.0.1:1/none';
const settings = readSettings({
  DATABASE_URL: nowhere,
  JWT_SECRET: 'not a secret: nothing is signed with it here',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  RATE_LIMIT_PER_MINUTE: '0',
});
const logger = createLogger({ level: 'silent' });
const database = await createDatabase(nowhere);
const temporal = await createTemporal(settings);
const flows = await loadFlows(undefined);
const { services } = createServices({ settings, database, system: database, temporal, logger, flows });
const app = createApp({
  settings,
  database,
  logger,
  audit: createAuditTrail(database.sql, logger),
  version: '0',
  temporalHealth: async () => ({ status: 'unavailable', address: '' }),
  noAuth: false,
  validateResponses: false,
  demoStandsIn: false,
  isDraining: () => false,
  routes: engineResources(services),
});
const handle = app.callback();
const server = createServer((request, response) => void handle(request, response));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('no port');
const document = await (await fetch(`http://127.0.0.1:${address.port}/openapi.json`)).text();
await writeFile(API_TYPES, await renderOpenApiTypes(document));
process.exit(0);
