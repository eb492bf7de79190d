import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { childEnvironment } from '../../src/config.ts';
import { bootstrapMedian, percentile, seededRandom } from '../../bench/statistics.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const environment = (temporary: string): NodeJS.ProcessEnv =>
  childEnvironment({ NODE_OPTIONS: '', TMPDIR: temporary });

let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
beforeAll(async () => {
  folder = await makeTemporaryFolder();
});
afterAll(() => folder.remove());

/** Processes whose command line names the folder: what a bench that has ended must not leave behind. */
async function leftBehind(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eww', '-o', 'command=']);
  return stdout.split('\n').filter((line) => line.includes(folder.path));
}

const perTask = z.object({ task: z.number(), run: z.number() });
const comparison = z.object({
  ours: z.array(z.number().positive()),
  peer: z.array(z.number().positive()),
  ratio: z.object({ median: z.number(), low: z.number(), high: z.number() }),
});
const lag = z.object({ p50: z.number(), p99: z.number(), frames: z.int() });
const resultsSchema = z.object({
  sequential: z.object({ ours: z.array(z.number()), peer: z.array(z.number()) }),
  firstTask: comparison,
  streams: z.array(z.object({ readers: z.int(), fromReply: lag })),
  counters: z.object({
    commits: perTask,
    history: z.object({
      ours: z.object({ events: perTask }),
      peer: z.object({ events: perTask }),
    }),
    loggedEvents: z.int(),
  }),
});

describe('npm run bench', () => {
  it('measures everything once, counts right, and leaves nothing running', async () => {
    const [report, json] = [join(folder.path, 'report.md'), join(folder.path, 'results.json')];
    // It fails by itself when the model is not asked exactly once for each task.
    await promisify(execFile)(process.execPath, [MAIN, '--smoke', '--out', report, '--json', json], {
      env: environment(folder.path),
      timeout: 150_000,
    });
    const results = resultsSchema.parse(JSON.parse(await readFile(json, 'utf8')));
    expect(results.sequential.ours).toHaveLength(2);
    expect(results.sequential.peer).toHaveLength(2);
    expect(results.firstTask.ours).toHaveLength(2);
    expect(results.streams.map(({ readers, fromReply }) => [readers, fromReply.frames])).toEqual([
      [1, 10],
      [3, 30],
    ]);
    // workflow_started, workflow_completed, and three events a task.
    expect(results.counters.loggedEvents).toBe(32);
    // Scheduled, started, completed: of the workflow task and of the activity.
    expect(results.counters.history.peer.events).toEqual({ task: 6, run: 5 });
    expect(results.counters.history.ours.events.task).toBe(6);
    expect(results.counters.commits.task).toBeGreaterThan(1);
    expect(results.counters.commits.task).toBeLessThan(10);

    const text = await readFile(report, 'utf8');
    expect(text).toMatch(/overhead per sequential task.*\*\*\d/);
    for (const secret of [folder.path, process.cwd(), hostname()]) expect(text).not.toContain(secret);
    expect(await leftBehind()).toEqual([]);
  }, 180_000);

  it('ends everything it has started when it is interrupted', async () => {
    const child = spawn(process.execPath, [MAIN, '--smoke'], {
      env: environment(folder.path),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.includes('Warming up')) child.kill('SIGINT');
    });
    const [code]: unknown[] = await once(child, 'exit');
    expect(said).toContain('Stopping');
    expect(code).toBe(130);
    expect(await leftBehind()).toEqual([]);
  }, 120_000);

  it('refuses an option it does not know, and says which there are', async () => {
    const run = promisify(execFile)(process.execPath, [MAIN, '--fast'], { env: environment(folder.path) });
    await expect(run).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--quick') });
  });
});

describe('the bench’s statistics', () => {
  it('draw the same interval from the same seed, around the median', () => {
    const values = [1, 2, 3, 4, 100];
    const one = bootstrapMedian(values, seededRandom(7));
    expect(one).toEqual(bootstrapMedian(values, seededRandom(7)));
    expect(one.median).toBe(3);
    expect(one.low).toBeLessThan(one.median);
    expect(one.high).toBeGreaterThan(one.median);
  });

  it('interpolate between the values next to a percentile', () => {
    expect(percentile([10, 20], 0.5)).toBe(15);
    expect(percentile([5], 0.99)).toBe(5);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
