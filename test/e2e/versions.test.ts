import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { z } from 'zod';
import { preflight } from '../../src/cli/preflight.ts';
import { setCurrentVersion } from '../../src/temporal/current-version.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { startPlan } from '../support/plan-runs.ts';
import { anAgent, aPlan } from '../support/plans.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import {
  END,
  startTestStack,
  testBundle,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** A new build under runs that are open: what it would break is known before, and what it does not goes on with it. */

const PATIENCE = { waitMs: 20_000 };

let stack: TestStack;
let id: string;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

const current = (buildId: string | undefined) =>
  setCurrentVersion(stack.temporal, { ...stack.settings, WORKER_BUILD_ID: buildId }, PATIENCE);

describe('a run that waits while the next build is deployed', () => {
  it('starts with the current build', async () => {
    stack.model.script([callsTool('ask_human', { question: 'Go on?' }), says('done')]);
    const plan = aPlan({ agents: [anAgent({ tools: ['ask_human'] })] });
    const older = await stack.startWorker(undefined, { WORKER_BUILD_ID: 'build-1' });
    expect(await current('build-1')).toBe('build-1');
    id = await startPlan(stack, plan);
    await waitForStatus(stack, id, ['waiting']);
    await stack.startWorker(undefined, { WORKER_BUILD_ID: 'build-2' });
    await older.close();
  });

  it('is found by preflight, and named where the new build would break it', async () => {
    const workflowId = crewRunWorkflowId(id);
    const replay = async (bundle: Awaited<ReturnType<typeof testBundle>>) =>
      preflight(stack.temporal, stack.settings, { bundle });
    // Temporal's list comes a moment after the truth.
    await until('Temporal lists the run', async () => (await replay(await testBundle())).checked === 1);
    expect(await replay(await testBundle())).toEqual({ checked: 1, broken: [] });
    const drifted = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../replay/drifted-workflows.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR', () => undefined),
    });
    expect(await replay(drifted)).toEqual({
      checked: 1,
      broken: [
        {
          workflowId,
          runId: expect.any(String),
          type: 'crewRun',
          executionId: id,
          reason: expect.stringMatching(/nondeterminism/i),
        },
      ],
    });
  });

  it('goes on with the next build once that is the current one', async () => {
    expect(await current('build-2')).toBe('build-2');
    const path = `/api/v1/executions/${id}/questions`;
    const [question] = z.array(z.looseObject({ id: z.string() })).parse((await stack.call('GET', path)).body);
    expect((await stack.call('POST', `${path}/${question?.id ?? ''}/answer`, { answer: 'yes' })).status).toBe(
      202,
    );
    expect(await waitForStatus(stack, id, END)).toMatchObject({ status: 'completed' });
  });

  it('a build that no worker has is not made the current one', async () => {
    const settings = { ...stack.settings, WORKER_BUILD_ID: 'build-3' };
    await expect(setCurrentVersion(stack.temporal, settings, { waitMs: 0 })).rejects.toThrow(
      /No worker of build build-3/,
    );
  });

  it('without a build id the work goes back to unversioned workers', async () => {
    expect(await current(undefined)).toBeNull();
    await stack.startWorker();
    stack.model.script([says('facts'), says('a sentence')]);
    const answer = await stack.call('POST', '/crew/start', { crew: 'two-step', inputs: { topic: 'otters' } });
    const { execution_id: next } = z.looseObject({ execution_id: z.string() }).parse(answer.body);
    expect(await waitForStatus(stack, next, END)).toMatchObject({ status: 'completed' });
  });
});
