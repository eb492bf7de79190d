import { once } from 'node:events';
import { createApp } from '../../src/api/app.ts';
import { createServices } from '../../src/api/create-services.ts';
import { createHttpServer } from '../../src/api/http-server.ts';
import { engineResources } from '../../src/api/resources/index.ts';
import { temporalHealthOf } from '../../src/api/temporal-health.ts';
import { programVersion } from '../../src/version.ts';
import { loadSettings } from '../../src/config.ts';
import { listenForStop } from '../../src/embedded/stop-signals.ts';
import { aborted } from '../../src/embedded/role-process.ts';
import { createAuditTrail } from '../../src/persistence/audit-trail.ts';
import { createDatabase } from '../../src/persistence/database.ts';
import { loadFlows } from '../../src/flows/flow-catalogue.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTemporal } from '../../src/temporal/client.ts';

/**
 * The API process of `npm start`, made of the same parts with the same options; only the crews that can be
 * started by name lie in the folder given as argument, and not in examples/.
 */
const [crewsDir = ''] = process.argv.slice(2);
const signals = listenForStop();
const settings = loadSettings();
const logger = createLogger({ level: settings.LOG_LEVEL });
const url = settings.DATABASE_URL ?? '';
const database = await createDatabase(url, { actsFor: 'owners' });
const system = await createDatabase(url, { actsFor: 'system' });
const flows = await loadFlows(settings.FLOWS_DIR);
const temporal = await createTemporal(settings);
const running = createServices({ settings, database, system, temporal, logger, flows, crewsDir });
const audit = createAuditTrail(system.sql, logger);
const app = createApp({
  settings,
  database,
  logger,
  audit,
  version: programVersion(),
  temporalHealth: temporalHealthOf(temporal, logger),
  noAuth: false,
  validateResponses: false,
  demoStandsIn: false,
  isDraining: () => signals.stop.aborted,
  routes: engineResources(running.services),
});
const server = createHttpServer(app.callback());
server.listen(settings.API_PORT, settings.API_HOST);
await once(server, 'listening');
process.send?.('ready');
await aborted(signals.stop);
server.close();
server.closeAllConnections();
await running.close();
await temporal.close();
await audit.close();
await database.close();
await system.close();
process.exit(0);
