import { openTask } from '../../activities/agent-task/open-task.ts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { recordReturn, type Position } from '../../activities/agent-task/positions.ts';
import type { TaskDeps } from '../../activities/calls/call-deps.ts';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import { answerProblems } from '../../src/domain/run/answer.ts';
import { answerQuestion } from '../../src/engine/questions/run-questions.ts';
import { createWakeListener, type WakeListener } from '../../src/persistence/wake.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { createToolRegistry } from '../../src/tools/registry.ts';
import { anAgent, aPlan } from '../support/plans.ts';
import { leaseOf, openEngineDatabase, type EngineDatabase } from './engine-database.ts';
import { NEVER, workerDeps } from './engine-worker.ts';

/** A worker that dies in a tool call which may not be repeated blindly: a person says what became of it. */

const sendMail = defineTool({
  name: 'send_mail',
  description: 'Sends a letter; twice, when called twice.',
  input: z.object({}),
  idempotent: false,
  execute: () => Promise.resolve('sent'),
});
let engine: EngineDatabase;
let listener: WakeListener;
let deps: TaskDeps;
beforeEach(async () => {
  engine = await openEngineDatabase();
  listener = createWakeListener(engine.url, createLogger({ level: 'silent' }), []);
  deps = workerDeps(engine, listener, createToolRegistry([sendMail]));
});
afterEach(async () => {
  await listener.close();
  await engine.close();
});

/** A run whose worker has begun to send a letter. */
async function sending(): Promise<RunRef> {
  const ref = await engine.createClaimed();
  const plan = aPlan({ agents: [anAgent({ tools: ['send_mail'] })] });
  await engine.database.sql.query('update executions set plan = $2 where id = $1', [
    ref.id,
    JSON.stringify({ ...plan, tasks: plan.tasks.map((task) => ({ ...task, key: 'task-1' })) }),
  ]);
  const asked = await openTask(deps, leaseOf(ref), NEVER);
  if (asked.kind !== 'call') throw new Error('the model was not asked');
  const usage = { promptTokens: 1, completionTokens: 1, totalTokens: 2, estimated: false };
  const call = { id: 'a', name: 'send_mail', arguments: '{}' };
  const position = await recordReturn(
    deps,
    leaseOf(ref),
    asked,
    {
      end: { status: 'completed', usage, costMicroUsd: 0, response: {} },
      input: { kind: 'model_replied', text: '', toolCalls: [call] },
      events: [],
    },
    () => false,
  );
  expect(position).toMatchObject({ kind: 'call', action: { kind: 'call_tool' } });
  return ref;
}
const openAgain = (ref: RunRef, attempt: number): Promise<Position> =>
  openTask(deps, leaseOf(ref, { attempt }), NEVER);
async function answer(ref: RunRef, text: string): Promise<void> {
  const [question] = await engine.database.sql.query<{ id: string }>(
    `select id from questions where execution_id = $1 and kind = 'unknown_outcome' and status = 'open'`,
    [ref.id],
  );
  await answerQuestion(
    engine.database.sql,
    ref,
    question?.id ?? '',
    { answer: text, userId: engine.owner },
    (rules, answer) => Promise.resolve(answerProblems(rules, answer)),
    new Date(),
  );
}

describe('a tool call that may not be repeated and whose worker died', () => {
  it('is not made again: the run asks a person', async () => {
    const ref = await sending();
    expect(await openAgain(ref, 2)).toEqual({
      kind: 'outcome',
      outcome: { kind: 'waiting', expiresInMs: null },
    });
    expect((await engine.calls(ref)).map(({ status }) => status)).toEqual(['completed', 'lost']);
    expect(await engine.tasks(ref)).toMatchObject([{ status: 'waiting' }]);
    // Asked once, however often its task is handed out.
    expect(await openAgain(ref, 3)).toMatchObject({ outcome: { kind: 'waiting' } });
    expect((await engine.events(ref)).filter(({ type }) => type === 'question_asked')).toHaveLength(1);
  });

  it('is made again when the person says so', async () => {
    const ref = await sending();
    await openAgain(ref, 2);
    await answer(ref, 'try again');
    expect(await openAgain(ref, 3)).toMatchObject({ kind: 'call', action: { kind: 'call_tool' } });
  });

  it('asks again when the worker dies a second time: the leave was for once', async () => {
    const ref = await sending();
    await openAgain(ref, 2);
    await answer(ref, 'try again');
    await openAgain(ref, 3);
    expect(await openAgain(ref, 4)).toMatchObject({ outcome: { kind: 'waiting' } });
    expect((await engine.events(ref)).filter(({ type }) => type === 'question_asked')).toHaveLength(2);
  });

  it('is asked about once, also when the reconciler starts the run over', async () => {
    const ref = await sending();
    await openAgain(ref, 2);
    await engine.database.sql.query(
      'update executions set generation = 2, claimed_run_id = null where id = $1',
      [ref.id],
    );
    const second = { ...ref, generation: 2 };
    await engine.claim(second, 'the-next');
    const lease = leaseOf(second, { temporalRunId: 'the-next' });
    expect(await openTask(deps, lease, NEVER)).toMatchObject({ outcome: { kind: 'waiting' } });
    expect((await engine.events(ref)).filter(({ type }) => type === 'question_asked')).toHaveLength(1);
  });

  it('has what the person knows of it as its result', async () => {
    const ref = await sending();
    await openAgain(ref, 2);
    await answer(ref, 'it was sent at noon');
    const position = await openAgain(ref, 3);
    expect(position).toMatchObject({ kind: 'call', action: { kind: 'call_model' } });
    expect(JSON.stringify(position)).toContain('it was sent at noon');
  });
});
