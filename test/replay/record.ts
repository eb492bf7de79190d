/**
 * Records one history of every shape a crew run can take, for replay.test.ts. Run by hand before a release
 * whose workflow code changed behind a patch; files that are there are never written again:
 *
 *   MUSTER_TEST_DATABASE_URL=… MUSTER_TEST_TEMPORAL_ADDRESS=… node test/replay/record.ts
 */
import { z } from 'zod';
import { startCrewRun, type StartOptions } from '../../src/engine/starting/start-crew-run.ts';
import type { CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { anAgent, aPlan, aTask } from '../support/plans.ts';
import { callsTool, fails, hangs, says, slowly } from '../support/scripted-model.ts';
import { startCrew, startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';
import { keepHistories } from './keep-history.ts';

const VERSION = '0.1.0';
const END = ['completed', 'failed', 'cancelled'];
const TWO = { crew: 'two-step', inputs: { topic: 'otters' } };

const command = (stack: TestStack, id: string, name: string) =>
  stack.call('POST', `/api/v1/executions/${id}/${name}`);
const untilAsked = (stack: TestStack, before: number) =>
  until('the model is asked', () => stack.model.requests.length > before);

/** Each plays one story and gives the execution whose history shall be kept. */
const PLAYS: Record<string, (stack: TestStack) => Promise<string>> = {
  async completed(stack) {
    stack.model.script([says('facts'), says('a sentence')]);
    return startCrew(stack, TWO);
  },
  async 'with-tools-and-a-retry'(stack) {
    stack.model.script([callsTool('calculator', { expression: '1+1' }), fails(500), says('2')]);
    return startCrew(stack, { crew: 'tools' });
  },
  async failed(stack) {
    stack.model.script([says('facts'), fails(401)]);
    return startCrew(stack, TWO);
  },
  async 'paused-and-resumed'(stack) {
    stack.model.script([slowly('facts', { chunkMs: 50, chunks: 6 }), says('a sentence')]);
    const before = stack.model.requests.length;
    const id = await startCrew(stack, TWO);
    await untilAsked(stack, before);
    await command(stack, id, 'pause');
    await waitForStatus(stack, id, ['paused']);
    await command(stack, id, 'resume');
    return id;
  },
  async cancelled(stack) {
    stack.model.script([hangs()]);
    const before = stack.model.requests.length;
    const id = await startCrew(stack, TWO);
    await untilAsked(stack, before);
    await command(stack, id, 'cancel');
    return id;
  },
  async 'timed-out'(stack) {
    stack.model.script([hangs()]);
    return startCrew(stack, { ...TWO, timeout_seconds: 1 });
  },
  async 'answered-and-expired'(stack) {
    stack.model.script([
      callsTool('ask_human', { question: 'Go?' }),
      callsTool('ask_human', { question: 'Sure?', timeout_seconds: 1 }),
      says('gone'),
    ]);
    const id = await startPlan(stack, aPlan({ agents: [anAgent({ tools: ['ask_human'] })] }));
    await waitForStatus(stack, id, ['waiting']);
    const path = `/api/v1/executions/${id}/questions`;
    const [asked] = z.array(z.looseObject({ id: z.string() })).parse((await stack.call('GET', path)).body);
    await stack.call('POST', `${path}/${asked?.id ?? ''}/answer`, { answer: 'yes' });
    return id;
  },
  async 'delayed-by-retry-after'(stack) {
    stack.model.script([fails(429, { retryAfter: 3 }), says('at last')]);
    return startPlan(stack, aPlan());
  },
  async 'parked-and-skipped'(stack) {
    stack.model.script([fails(401), says('the rest')]);
    const tasks = [aTask({ key: 'a' }), aTask({ key: 'b', dependsOn: ['a'] })];
    const id = await startPlan(stack, aPlan({ tasks }), { on_task_failure: 'pause' });
    await waitForStatus(stack, id, ['paused']);
    await stack.call('POST', `/api/v1/executions/${id}/tasks/a/skip`);
    return id;
  },
  async 'ready-beside-a-slow-one'(stack) {
    stack.model.when(/Take your time/, [slowly('at last', { chunkMs: 300, chunks: 8 })]);
    stack.model.when(/Quick/, [says('one'), says('two')]);
    const none = { kind: 'tasks' as const, keys: [] };
    const tasks = [
      aTask({ key: 'slow', description: 'Take your time', context: none }),
      aTask({ key: 'a', description: 'Quick', context: none }),
      aTask({ key: 'b', description: 'Quick', context: none, dependsOn: ['a'] }),
    ];
    return startPlan(stack, aPlan({ process: 'graph', tasks }));
  },
  async 'side-by-side'(stack) {
    stack.model.always(() => says('done'));
    const none = { kind: 'tasks' as const, keys: [] };
    const tasks = [
      aTask({ key: 'left', context: none }),
      aTask({ key: 'right', context: none }),
      aTask({
        key: 'join',
        context: { kind: 'tasks', keys: ['left', 'right'] },
        dependsOn: ['left', 'right'],
      }),
    ];
    return startPlan(stack, aPlan({ process: 'graph', tasks }));
  },
  /** Needs a server whose `limit.historyCount.suggestContinueAsNew` is small: 60. */
  async 'continued-as-new'(stack) {
    stack.model.always(() => says('done'));
    const tasks = Array.from({ length: 30 }, (_, index) => {
      const before = index < 3 ? [] : [`t${index - 3}`];
      return aTask({ key: `t${index}`, context: { kind: 'tasks', keys: before }, dependsOn: before });
    });
    return startPlan(stack, aPlan({ process: 'graph', tasks }));
  },
};

async function startPlan(stack: TestStack, plan: CrewPlan, options: StartOptions = {}): Promise<string> {
  const { id: ownerId } = z
    .looseObject({ id: z.string() })
    .parse((await stack.call('GET', '/api/v1/auth/me')).body);
  const run = { ownerId, plan, inputs: {}, options, idempotencyRef: undefined };
  return (await startCrewRun(stack.engine.services, run)).executionId;
}

const STORIES = Object.fromEntries(
  Object.entries(PLAYS).map(([name, play]) => [
    name,
    async (stack: TestStack) => {
      const id = await play(stack);
      await waitForStatus(stack, id, END);
      return crewRunWorkflowId(id);
    },
  ]),
);

const stack = await startTestStack();
try {
  await stack.startWorker();
  await keepHistories(stack, `crew-run-${VERSION}`, STORIES);
} finally {
  await stack.close();
}
