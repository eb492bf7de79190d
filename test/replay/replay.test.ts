import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { bundleWorkflows } from '../../src/worker.ts';

const folder = new URL('./histories/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
});

describe('a recorded history', () => {
  let bundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    bundle = await bundleWorkflows({ PAYLOAD_ENCRYPTION_KEYS: [] });
  });

  it('is there for every way a run can end', () => {
    const shapes = [
      'ready-beside-a-slow-one',
      'answered-and-expired',
      'delayed-by-retry-after',
      'parked-and-skipped',
      'side-by-side',
      'continued-as-new',
    ];
    const ends = ['completed', 'failed', 'cancelled', 'paused-and-resumed', 'timed-out'];
    for (const name of [...ends, ...shapes]) {
      expect(files.some((file) => file.endsWith(`-${name}.json`))).toBe(true);
    }
  });

  it('is there for every shape of a flow', () => {
    const poems = ['poem', 'poem-failed', 'poem-paused-and-resumed'];
    const reviews = ['revised-and-approved', 'exhausted-and-undecided', 'cancelled-with-its-crew', 'retried'];
    for (const name of [
      ...poems,
      ...reviews.map((review) => `review-${review}`),
      'side-by-side-and-a-timer',
    ]) {
      expect(files.some((file) => file.startsWith('flow-run-') && file.endsWith(`-${name}.json`))).toBe(true);
    }
  });

  it('is there for every shape of the deliveries to an endpoint', () => {
    for (const name of ['delivered', 'retried', 'woken-while-it-waits', 'switched-off'])
      expect(files.some((file) => file.startsWith('delivery-') && file.endsWith(`-${name}.json`))).toBe(true);
  });

  it('is there for every shape of a schedule’s time', () => {
    for (const name of ['ended', 'cancelled', 'known-already'])
      expect(
        files.some((file) => file.startsWith('scheduled-start-') && file.endsWith(`-${name}.json`)),
      ).toBe(true);
  });

  it.each(files)('%s replays with the workflow as it is today', async (file) => {
    await Worker.runReplayHistory({ workflowBundle: bundle }, read(file));
  });
});

describe('a workflow that was changed without a patch', () => {
  it('is caught by every history', async () => {
    const drifted = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('./drifted-workflows.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR', () => undefined),
    });
    for (const file of files) {
      await expect(Worker.runReplayHistory({ workflowBundle: drifted }, read(file))).rejects.toMatchObject({
        name: 'DeterminismViolationError',
      });
    }
  });
});
