import type { Client } from 'pg';
import { z } from 'zod';
import { monotonicUs } from '../clock.ts';
import { crewName } from '../crews.ts';
import type { FakeModel } from '../stack/fake-model.ts';
import { closedLoop, type Run, type Side } from './side.ts';

const LOOK_MS = 20;
const GIVE_UP_MS = 60_000;

const started = z.object({ execution_id: z.uuid() });
const endRow = z.object({
  execution_id: z.uuid(),
  status: z.string(),
  error: z.string().nullable(),
  wall_ms: z.number(),
});

/** Muster over its HTTP surface. */
export interface MusterSide extends Side {
  /** Posts the start. */
  start(tasks: number): Promise<{ run: string; sentUs: number; executionId: string }>;
  /** Resolves when the execution has ended well, with the time from its row's creation to its completion. */
  ended(executionId: string): Promise<number>;
  runExecution(tasks: number): Promise<Run & { executionId: string }>;
  /** How often this side has looked into the database, to be taken off its transactions. */
  looks(): number;
}

/**
 * @param db a connection of the bench's own. Ends are found by looking there every 20 ms: cheaper for the API
 * than polling it, and the times are those of the rows, so the grain of the looking is not in them.
 */
export function createMusterSide(
  api: { url: string; token: string },
  db: Client,
  model: FakeModel,
): MusterSide {
  const waiting = new Map<
    string,
    { resolve: (wallMs: number) => void; reject: (error: Error) => void; since: number }
  >();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let looks = 0;

  const look = async (): Promise<void> => {
    looks += 1;
    const { rows } = await db.query(
      `select execution_id, status, error, (extract(epoch from completed_at - created_at) * 1000)::float8 as wall_ms
         from executions where execution_id = any($1::uuid[]) and completed_at is not null`,
      [[...waiting.keys()]],
    );
    for (const row of z.array(endRow).parse(rows)) {
      const who = waiting.get(row.execution_id);
      waiting.delete(row.execution_id);
      if (row.status === 'completed') who?.resolve(row.wall_ms);
      else who?.reject(new Error(`an execution ended as ${row.status}: ${row.error ?? ''}`));
    }
    for (const [id, who] of waiting) {
      if (performance.now() - who.since < GIVE_UP_MS) continue;
      waiting.delete(id);
      who.reject(new Error(`execution ${id} has not ended after ${GIVE_UP_MS / 1000} s`));
    }
  };
  const tick = (): void => {
    if (looking) return;
    looking = true;
    look()
      .catch((error: unknown) => {
        for (const who of waiting.values())
          who.reject(error instanceof Error ? error : new Error(String(error)));
        waiting.clear();
      })
      .finally(() => {
        looking = false;
        if (waiting.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      });
  };

  const start = async (tasks: number): Promise<{ run: string; sentUs: number; executionId: string }> => {
    const run = model.expect(tasks);
    const sentUs = monotonicUs();
    const response = await fetch(`${api.url}/crew/start`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ crew: crewName(tasks), inputs: { run } }),
    });
    const text = await response.text();
    if (response.status !== 200)
      throw new Error(`POST /crew/start answered ${response.status}: ${text.slice(0, 500)}`);
    return { run, sentUs, executionId: started.parse(JSON.parse(text)).execution_id };
  };
  const ended = (executionId: string): Promise<number> =>
    new Promise((resolve, reject) => {
      waiting.set(executionId, { resolve, reject, since: performance.now() });
      timer ??= setInterval(tick, LOOK_MS);
    });
  const runExecution = async (tasks: number): Promise<Run & { executionId: string }> => {
    const { run, sentUs, executionId } = await start(tasks);
    return { run, sentUs, executionId, wallMs: await ended(executionId) };
  };
  return {
    name: 'Muster',
    start,
    ended,
    run: runExecution,
    runExecution,
    loop: (options) => closedLoop(() => runExecution(options.tasks), options),
    looks: () => looks,
  };
}
