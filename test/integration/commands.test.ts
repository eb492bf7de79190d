import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createLargeStarts } from '../../src/engine/starting/large-starts.ts';
import type { ApiServices } from '../../src/api/services.ts';
import { createCredentialWatch, type CredentialWatch } from '../../src/api/realtime/credential-watch.ts';
import { createExecutionFeeds, type ExecutionFeeds } from '../../src/api/realtime/execution-feeds.ts';
import { createSockets, type Sockets } from '../../src/api/realtime/sockets.ts';
import { createLogHub, type LogHub } from '../../src/api/realtime/log-hub.ts';
import { createInboxFeed, type InboxFeed } from '../../src/api/realtime/inbox-feed.ts';
import { createMessageHub, type MessageHub } from '../../src/api/realtime/message-hub.ts';
import { engineResources } from '../../src/api/resources/index.ts';
import { readSettings } from '../../src/config.ts';
import { createCrewCatalogue } from '../../src/crews/crew-catalogue.ts';
import type { Command, ExecutionStatus } from '../../src/domain/run/status.ts';
import { createComputing } from '../../src/computing/computing.ts';
import { createModels } from '../../src/models/create-models.ts';
import { createPrices } from '../../src/models/prices.ts';
import {
  createWakeListener,
  createWaker,
  type WakeListener,
  type Waker,
} from '../../src/persistence/wake.ts';
import { createApiMetrics } from '../../src/telemetry/metrics/api-metrics.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createSecretBox } from '../../src/security/secret-box.ts';
import { createToolbox } from '../../src/tools/toolbox.ts';
import { createTemporal, type Temporal } from '../../src/temporal/client.ts';
import { createRuns } from '../../src/temporal/runs.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

/**
 * What people may ask of a run, over HTTP. Nobody carries the outbox to Temporal here: whether a command is
 * possible is decided in Postgres alone, and what it leaves there is what is looked at.
 */

const CREWS = fileURLToPath(new URL('../support/crews/', import.meta.url));
const TEMPORAL_AWAY = '127.0.0.1:1';
const logger = createLogger({ level: 'silent' });
let api: TestApi;
let temporal: Temporal;
let waker: Waker | undefined;
let hub: LogHub | undefined;
let messages: MessageHub | undefined;
let credentials: CredentialWatch | undefined;
let feeds: ExecutionFeeds | undefined;
let inbox: InboxFeed | undefined;
let sockets: Sockets | undefined;
let listener: WakeListener | undefined;

beforeAll(async () => {
  temporal = await createTemporal(readSettings({ TEMPORAL_ADDRESS: TEMPORAL_AWAY }));
  api = await startTestApi({
    withDatabase: ({ database, system }, settings) => {
      const { sql, url } = system;
      listener = createWakeListener(url, logger, []);
      waker = createWaker(sql, logger);
      hub = createLogHub({ sql, listener, logger });
      messages = createMessageHub({ sql, listener, logger });
      inbox = createInboxFeed({ sql, listener, logger, now: () => new Date() });
      feeds = createExecutionFeeds({ sql, hub, listener, logger, now: () => new Date() });
      sockets = createSockets();
      credentials = createCredentialWatch({ sql, logger, now: () => new Date() });
      const engine: ApiServices = {
        settings,
        database,
        system: sql,
        systemDatabase: system,
        metrics: createApiMetrics(),
        logger,
        runs: createRuns(temporal, 'nobody', { accepted: false, close: () => undefined }),
        reconciler: {
          look: () => Promise.resolve(new Map()),
          compareAll: () => Promise.reject(new Error('nobody compares here')),
          close: () => Promise.resolve(),
        },
        dispatcher: {
          deliverNow: () => Promise.resolve(),
          deliverStart: () => undefined,
          close: () => Promise.resolve(),
        },
        waker,
        hub,
        messages,
        inbox,
        feeds,
        sockets,
        credentials,
        computing: createComputing({ processes: 2 }),
        flows: { list: () => [], find: () => undefined },
        crews: createCrewCatalogue(CREWS, []),
        models: createModels(settings),
        prices: createPrices(),
        tools: createToolbox(settings, logger),
        largeStarts: createLargeStarts(),
        deliveries: {
          announce: () => undefined,
          lookForLeftLying: () => Promise.resolve(0),
          close: () => Promise.resolve(),
        },
        secrets: createSecretBox(settings),
        checkUrl: () => Promise.resolve(null),
        now: () => new Date(),
      };
      return { routes: engineResources(engine) };
    },
  });
});
afterAll(async () => {
  hub?.close();
  feeds?.end();
  sockets?.close();
  messages?.close();
  inbox?.close();
  credentials?.close();
  await waker?.close();
  await listener?.close();
  await temporal.close();
  await api.close();
});

/** As the admin. */
async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${api.admin.token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  return { status: response.status, body: answer };
}

/** The eight states of contract §6, and the time between a pause and the end of the turns in flight. */
type Situation = ExecutionStatus | 'pausing';

/** A run in that state, claimed unless it is pending. */
async function runThatIs(situation: Situation): Promise<string> {
  const started = await call('POST', '/crew/start', { crew: 'one-task' });
  const { execution_id: id } = z.object({ execution_id: z.uuid() }).parse(started.body);
  const claimed = situation === 'pending' ? null : 'temporal-run-1';
  await api.database.sql.query(
    `update executions set status = $2, pause_requested = $3, claimed_run_id = $4,
       started_at = case when $4::text is null then null else created_at end
     where execution_id = $1`,
    [
      id,
      situation === 'pausing' ? 'running' : situation,
      situation === 'pausing' || situation === 'paused',
      claimed,
    ],
  );
  return id;
}

const command = (id: string, name: Command) => call('POST', `/api/v1/executions/${id}/${name}`);

async function traces(id: string): Promise<{ events: string[]; outbox: string[]; version: number }> {
  const { sql } = api.database;
  const events = await sql.query<{ type: string }>(
    `select v.type from execution_events v join executions e on e.id = v.execution_id
      where e.execution_id = $1 order by seq`,
    [id],
  );
  const outbox = await sql.query<{ command: string }>(
    `select command from outbox where execution_uuid = $1 and command <> 'start' order by id`,
    [id],
  );
  const [row] = await sql.query<{ control_version: number }>(
    'select control_version from executions where execution_id = $1',
    [id],
  );
  return {
    events: events.map(({ type }) => type),
    outbox: outbox.map((entry) => entry.command),
    version: row?.control_version ?? -1,
  };
}

/** For each state and command: the state after it, or null where it is 409. */
const TABLE: Record<Situation, Record<Command, Situation | null>> = {
  pending: { pause: 'paused', resume: null, cancel: 'cancelled', retry: null },
  running: { pause: 'pausing', resume: null, cancel: 'cancelling', retry: null },
  pausing: { pause: null, resume: 'running', cancel: 'cancelling', retry: null },
  paused: { pause: null, resume: 'running', cancel: 'cancelling', retry: null },
  waiting: { pause: 'waiting', resume: null, cancel: 'cancelling', retry: null },
  cancelling: { pause: null, resume: null, cancel: 'cancelling', retry: null },
  completed: { pause: null, resume: null, cancel: null, retry: null },
  failed: { pause: null, resume: null, cancel: null, retry: 'running' },
  cancelled: { pause: null, resume: null, cancel: null, retry: 'running' },
};
const situations: Situation[] = [
  'pending',
  'running',
  'pausing',
  'paused',
  'waiting',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
];
const commands: Command[] = ['pause', 'resume', 'cancel', 'retry'];
const cases = situations.flatMap((situation) =>
  commands.map((name) => ({ situation, name, after: TABLE[situation][name] })),
);

describe('a command', () => {
  it.each(cases.filter(({ after }) => after !== null))(
    '$name is accepted while a run is $situation, which then is $after',
    async ({ situation, name, after }) => {
      const id = await runThatIs(situation);
      const answer = await command(id, name);
      expect(answer).toMatchObject({
        status: 202,
        body: { status: after === 'pausing' ? 'running' : after, execution_id: id },
      });
      if (name === 'pause') expect(answer.body).toMatchObject({ pause_requested: true });
      if (name === 'resume') expect(answer.body).toMatchObject({ pause_requested: false });
    },
  );

  it.each(cases.filter(({ after }) => after === null))(
    '$name is refused with the reason while a run is $situation, and leaves no trace',
    async ({ situation, name }) => {
      const id = await runThatIs(situation);
      const before = await traces(id);
      const answer = await command(id, name);
      expect(answer).toMatchObject({
        status: 409,
        body: { error: 'CONFLICT', message: expect.stringContaining(`cannot ${name} execution ${id}`) },
      });
      expect(await traces(id)).toEqual(before);
    },
  );

  it('of a paused run that nobody has claimed yet makes it pending again', async () => {
    const id = await runThatIs('pending');
    expect(await command(id, 'pause')).toMatchObject({ status: 202, body: { status: 'paused' } });
    expect(await command(id, 'resume')).toMatchObject({ status: 202, body: { status: 'pending' } });
  });
});

describe('twenty at once', () => {
  const twenty = (id: string, name: Command): Promise<number[]> =>
    Promise.all(Array.from({ length: 20 }, async () => (await command(id, name)).status));

  it('cancels of one run are all accepted and have one effect', async () => {
    const id = await runThatIs('running');
    expect(await twenty(id, 'cancel')).toEqual(Array.from({ length: 20 }, () => 202));
    expect(await traces(id)).toEqual({ events: ['workflow_cancelling'], outbox: ['cancel'], version: 1 });
  });

  it('cancels of a run nobody has claimed end it once', async () => {
    const id = await runThatIs('pending');
    const statuses = await twenty(id, 'cancel');
    expect(statuses.filter((status) => status === 202)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
    expect((await traces(id)).events).toEqual(['workflow_cancelling', 'workflow_cancelled']);
  });

  it.each([
    { name: 'pause' as const, situation: 'running' as const, events: [] },
    { name: 'resume' as const, situation: 'paused' as const, events: ['workflow_resumed'] },
  ])('$name of one run is accepted once', async ({ name, situation, events }) => {
    const id = await runThatIs(situation);
    const statuses = await twenty(id, name);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([
      202,
      ...Array.from({ length: 19 }, () => 409),
    ]);
    expect(await traces(id)).toEqual({ events, outbox: [name], version: 1 });
  });

  it('retries of one run start it again once', async () => {
    const id = await runThatIs('failed');
    const statuses = await twenty(id, 'retry');
    expect(statuses.toSorted((one, other) => one - other)).toEqual([
      202,
      ...Array.from({ length: 19 }, () => 409),
    ]);
    expect((await traces(id)).events).toEqual(['workflow_retried']);
    const [row] = await api.database.sql.query<{ generation: number; starts: number }>(
      `select generation, (select count(*)::integer from outbox o where o.execution_id = e.id
         and o.command = 'start' and (o.payload->>'generation')::integer = 2) as starts
       from executions e where execution_id = $1`,
      [id],
    );
    expect(row).toEqual({ generation: 2, starts: 1 });
  });

  it('pauses, resumes and cancels in any order leave the run cancelling, and the log without a gap', async () => {
    const id = await runThatIs('running');
    const names: Command[] = ['pause', 'resume', 'pause', 'resume', 'cancel'];
    await Promise.all([...names, ...names, ...names, ...names].map((name) => command(id, name)));
    const { events, outbox, version } = await traces(id);
    expect(events.at(-1)).toBe('workflow_cancelling');
    expect(events.filter((type) => type === 'workflow_cancelling')).toHaveLength(1);
    expect(outbox.at(-1)).toBe('cancel');
    expect(outbox).toHaveLength(version);
  });
});
