import { z } from 'zod';
import { MusterError } from '../../../domain/errors.ts';
import type { Command } from '../../../domain/run/status.ts';
import { commandRun } from '../../../engine/commands/command-run.ts';
import type { ApiServices } from '../../services.ts';
import type { StartServices } from '../../../engine/starting/start-services.ts';
import { refuseRetryAboveOpenLimit } from '../../../engine/starting/run-limits.ts';
import { replayRun } from '../../../engine/starting/replay-run.ts';

/** More than this in one request is another request. */
export const STEER_MOST = 1_000;
const AT_ONCE = 8;

export const steeredSchema = z
  .object({
    matched: z.int().describe(`At most ${STEER_MOST} at once, the oldest first`),
    done: z.int(),
    failed: z.array(z.object({ execution_id: z.uuid(), error: z.string(), message: z.string() })),
  })
  .meta({ id: 'BulkResult' });
export type Steered = z.input<typeof steeredSchema>;

/** Asks the same of many executions, each as if it were asked alone; what a state forbids stands in `failed`. */
export async function steerMany(
  engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>,
  rows: readonly { id: number; execution_id: string }[],
  action: Command | 'replay',
): Promise<Steered> {
  const failed: Steered['failed'] = [];
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    await Promise.all(
      rows.slice(start, start + AT_ONCE).map(async (row) => {
        const refusal = await refusalOf(() => act(engine, row.id, action));
        if (refusal !== null) failed.push({ execution_id: row.execution_id, ...refusal });
      }),
    );
  }
  void engine.dispatcher.deliverNow();
  return { matched: rows.length, done: rows.length - failed.length, failed };
}

async function act(
  engine: StartServices & Pick<ApiServices, 'computing' | 'flows' | 'tools'>,
  id: number,
  action: Command | 'replay',
): Promise<void> {
  if (action === 'replay') {
    await replayRun(engine, id, { idempotencyRef: undefined });
    return;
  }
  if (action === 'retry') await refuseRetryAboveOpenLimit(engine, id);
  await commandRun(engine.system, id, action, engine.settings.MAX_ACTIVE_EXECUTIONS_PER_USER, engine.now());
  engine.waker.wake('log', id);
  engine.waker.wake('control', id);
}

/** What forbids an action; what is no refusal is thrown on. */
async function refusalOf(work: () => Promise<void>): Promise<{ error: string; message: string } | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof MusterError) return { error: error.code, message: error.message };
    throw error;
  }
}
