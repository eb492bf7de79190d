/**
 * Records one history of every shape a run of a flow can take, as record.ts does with crews:
 *
 *   MUSTER_TEST_DATABASE_URL=… MUSTER_TEST_TEMPORAL_ADDRESS=… node test/replay/record-flows.ts
 */
import { z } from 'zod';
import { flowRunWorkflowId } from '../../src/temporal/names.ts';
import { answerOpen, flowEnd, startFlow } from '../support/flow-runs.ts';
import { makeFlowsDir, trailFlow } from '../support/own-flows.ts';
import { fails, hangs, says, slowly } from '../support/scripted-model.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';
import { keepHistories } from './keep-history.ts';

const VERSION = '0.1.0';
const REVIEW = 'content-review-flow';
const DRAFT = [says('Five facts'), says('Otters swim.')];

const statusOf = async (stack: TestStack, id: string): Promise<string> =>
  z.looseObject({ status: z.string() }).parse((await stack.call('GET', `/api/v1/executions/${id}`)).body)
    .status;
const reach = (stack: TestStack, id: string, status: string) =>
  until(`it is ${status}`, async () => (await statusOf(stack, id)) === status);
const command = (stack: TestStack, id: string, name: string) =>
  stack.call('POST', `/api/v1/executions/${id}/${name}`);

async function ended(stack: TestStack, path: string, id: string): Promise<string> {
  await flowEnd(stack, path, id);
  return flowRunWorkflowId(id);
}

const STORIES: Record<string, (stack: TestStack) => Promise<string>> = {
  async poem(stack) {
    stack.model.script([says('Roses are red.')]);
    return ended(stack, 'poem-flow', await startFlow(stack, 'poem-flow', { sentence_count: 1 }));
  },
  async 'poem-failed'(stack) {
    stack.model.script([fails(401)]);
    return ended(stack, 'poem-flow', await startFlow(stack, 'poem-flow', { sentence_count: 1 }));
  },
  async 'poem-paused-and-resumed'(stack) {
    stack.model.script([slowly('Roses are red.', { chunkMs: 50, chunks: 6 })]);
    const before = stack.model.requests.length;
    const id = await startFlow(stack, 'poem-flow', { sentence_count: 1 });
    await until('the model is asked', () => stack.model.requests.length > before);
    await command(stack, id, 'pause');
    await reach(stack, id, 'paused');
    await command(stack, id, 'resume');
    return ended(stack, 'poem-flow', id);
  },
  async 'review-revised-and-approved'(stack) {
    stack.model.script([...DRAFT, says('More.'), says('Otters hold hands.'), says('GOOD')]);
    const id = await startFlow(stack, REVIEW, { topic: 'otters' });
    await reach(stack, id, 'waiting');
    await answerOpen(stack, id, 'approve');
    return ended(stack, REVIEW, id);
  },
  async 'review-exhausted-and-undecided'(stack) {
    stack.model.script([...DRAFT, says('Bad.')]);
    const body = { topic: 'otters', max_revisions: 0, decide_within_seconds: 1 };
    return ended(stack, REVIEW, await startFlow(stack, REVIEW, body));
  },
  async 'review-cancelled-with-its-crew'(stack) {
    stack.model.script([hangs()]);
    const before = stack.model.requests.length;
    const id = await startFlow(stack, REVIEW, { topic: 'otters' });
    await until('the crew works', () => stack.model.requests.length > before);
    await command(stack, id, 'cancel');
    return ended(stack, REVIEW, id);
  },
  async 'review-retried'(stack) {
    stack.model.script([...DRAFT, fails(401)]);
    const id = await startFlow(stack, REVIEW, { topic: 'otters', decide_within_seconds: 1 });
    await flowEnd(stack, REVIEW, id);
    stack.model.script([says('GOOD')]);
    await command(stack, id, 'retry');
    await reach(stack, id, 'completed');
    return flowRunWorkflowId(id);
  },
  async 'side-by-side-and-a-timer'(stack) {
    return ended(stack, 'two-roads', await startFlow(stack, 'two-roads', {}));
  },
};

const folder = await makeFlowsDir({
  'two-roads': trailFlow(`{
    begin: start({ run: () => undefined }),
    left: listen('begin', { wait: () => 500 }),
    right: listen('begin', { run: () => undefined }),
    join: listen(and_('left', 'right'), { run({ state }) { state.trail.push('joined'); } }),
  }`),
});
const stack = await startTestStack({ settings: { FLOWS_DIR: folder.path } });
try {
  await stack.startWorker();
  await keepHistories(stack, `flow-run-${VERSION}`, STORIES);
} finally {
  await stack.close();
  await folder.remove();
}
