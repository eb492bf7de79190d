import { randomUUID } from 'node:crypto';
import { appendEvents } from '../../src/persistence/event-log.ts';
import { createRun } from '../../src/engine/starting/create-run.ts';
import type { SqlPool } from '../../src/persistence/sql.ts';

/** What an event costs beside its own row: its message in the run's instance, its deliveries. */

export interface WriteCost {
  name: string;
  /** Milliseconds, one for each transaction. */
  times: number[];
}

const SCENES = [
  { name: 'neither', isInstance: false, webhooks: 0 },
  { name: 'a message in its instance', isInstance: true, webhooks: 0 },
  { name: 'a message, and one webhook listens', isInstance: true, webhooks: 1 },
  { name: 'a message, and ten webhooks listen', isInstance: true, webhooks: 10 },
] as const;
/** As a task's output usually is. */
const DATA = { raw: 'Otters hold hands while they sleep. '.repeat(20), agent: 'researcher' };

/** A run for each scene, each of an owner of its own; they take turns. */
export async function measureWrites(sql: SqlPool, rounds: number): Promise<WriteCost[]> {
  const runs = [];
  for (const scene of SCENES)
    runs.push({ id: await makeRun(sql, scene), name: scene.name, times: [] as number[] });
  for (let round = 0; round < rounds; round += 1) {
    for (const run of runs) {
      const event = { type: 'task_completed' as const, key: `task-${round}`, taskKey: 'write', data: DATA };
      const begun = performance.now();
      await sql.transaction((tx) => appendEvents(tx, run.id, [event], new Date()));
      run.times.push(performance.now() - begun);
    }
  }
  await checkWritten(sql, rounds);
  return runs.map(({ name, times }) => ({ name, times }));
}

/** @throws when something measured was not written */
async function checkWritten(sql: SqlPool, rounds: number): Promise<void> {
  const [row] = await sql.query<{ messages: number; deliveries: number }>(
    `select (select count(*)::integer from messages where message_metadata->>'task_key' = 'write') as messages,
       (select count(*)::integer from deliveries where event_type = 'task_completed') as deliveries`,
  );
  const wanted = {
    messages: rounds * SCENES.filter(({ isInstance }) => isInstance).length,
    deliveries: rounds * SCENES.reduce((sum, { webhooks }) => sum + webhooks, 0),
  };
  if (row?.messages !== wanted.messages || row.deliveries !== wanted.deliveries)
    throw new Error(`written: ${JSON.stringify(row)}, not ${JSON.stringify(wanted)}`);
}

async function makeRun(
  sql: SqlPool,
  { isInstance, webhooks }: { isInstance: boolean; webhooks: number },
): Promise<number> {
  const ownerId = randomUUID();
  await sql.query(`insert into users (id, email, created_at, updated_at) values ($1, $2, now(), now())`, [
    ownerId,
    `${ownerId}@example.test`,
  ]);
  await sql.query(
    `insert into delivery_endpoints (id, owner_id, kind, url, event_patterns, created_at, updated_at)
     select gen_random_uuid(), $1, 'webhook', 'https://example.test', '{%}', now(), now() from generate_series(1, $2::integer)`,
    [ownerId, webhooks],
  );
  const plan = {
    schemaVersion: 1 as const,
    name: 'writes',
    process: 'sequential' as const,
    compat: 'fixed' as const,
    agents: [],
    tasks: [],
    hiddenOutputs: [],
    inputs: [],
  };
  const run = { ownerId, kind: 'crew' as const, crewName: 'writes', plan, inputs: {}, model: null };
  const { id } = await createRun(sql, run, 0, new Date());
  if (!isInstance) await sql.query('delete from agent_instances where execution_id = $1', [id]);
  return id;
}
