import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { invalid } from '../domain/errors.ts';

/** How long a PDF may take, and the memory it may want. */
const READ_MS = 30_000;
const HEAP_MB = 256;

/** The text of a PDF. @throws {MusterError} VALIDATION_FAILED when it cannot be read, or not in time. */
export async function readPdf(bytes: Buffer): Promise<string> {
  const worker = new Worker(new URL('./pdf-worker.ts', import.meta.url), {
    workerData: Uint8Array.from(bytes),
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  const failed = (why: string, cause?: unknown): Error =>
    invalid('The PDF cannot be read', [
      { path: '', message: cause instanceof Error ? `${why}: ${cause.message}` : why },
    ]);
  try {
    const [message]: unknown[] = await once(worker, 'message', { signal: AbortSignal.timeout(READ_MS) });
    return z.string().parse(message);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError')
      throw failed(`it takes longer than ${READ_MS / 1_000} s`);
    throw failed('it is damaged, encrypted or no PDF', error);
  } finally {
    await worker.terminate();
  }
}
