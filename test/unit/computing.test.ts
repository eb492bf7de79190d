import { afterAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBudget, createComputing, type Computing } from '../../src/computing/computing.ts';
import { ComputationLimitExceeded } from '../../src/computing/computing-errors.ts';
import { stepExpressions } from '../../src/computing/step-expressions.ts';

/** Never ends by itself in any time a test has. */
const ENDLESS = 'state.list.filter(a, state.list.exists(b, state.list.exists(c, a * b * c == -1))).size()';
const LIST = Array.from({ length: 1_000 }, (_, i) => i);
/** A list of a thousand million numbers. */
const HUGE = 'state.list.map(a, state.list.map(b, state.list.map(c, a + b + c)))';
const options = (owner: string) => ({ owner });
const expression = (source: string, list: number[] = LIST) => ({
  scopeId: randomUUID(),
  scope: { state: { list }, outputs: {}, now: new Date(0) },
  each: null,
  what: { expression: source },
});

/** Linux: the computing processes among the children of a process. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${child}/stat`, 'utf8')) ?? [];
        return (
          Number(parent) === pid &&
          readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('computing-process')
        );
      } catch {
        // it has ended meanwhile
        return false;
      }
    });
}

describe('computing on what users supply', () => {
  const all: Computing[] = [];
  const create = (settings: Partial<Parameters<typeof createComputing>[0]> = {}): Computing => {
    const made = createComputing({ processes: 2, ...settings });
    all.push(made);
    return made;
  };
  afterAll(async () => {
    for (const one of all) await one.close();
  });

  it('gives back what a computation makes, and says what it throws', async () => {
    const computing = create();
    await expect(
      computing.run('evaluate', expression('state.list.size() + 1'), options('a')),
    ).resolves.toEqual({
      known: true,
      value: 1_001,
      size: 4,
    });
    await expect(computing.run('evaluate', expression('state.nothing'), options('a'))).rejects.toThrow(
      /state\.nothing has no value/,
    );
    await expect(
      computing.run(
        'importCrew',
        { upload: { kind: 'files', files: { '/etc/x': '' } }, options: {} },
        options('a'),
      ),
    ).rejects.toMatchObject({ code: 'VALIDATION_FAILED', issues: [{ path: '/etc/x' }] });
  });

  it('ends what takes too long, with a name for it, and goes on with the next', async () => {
    const computing = create({ timeLimitMs: 300 });
    await expect(computing.run('evaluate', expression(ENDLESS), options('a'))).rejects.toMatchObject({
      name: 'ComputationLimitExceeded',
      limit: 'time',
      message: 'an expression takes more than 0.3 s: make it smaller or simpler',
    });
    await expect(computing.run('evaluate', expression('1 + 1'), options('a'))).resolves.toMatchObject({
      value: 2,
    });
  });

  it('ends a pattern that tries one way after the other', async () => {
    const computing = create({ timeLimitMs: 300 });
    await expect(
      computing.run('evaluate', expression('"aab".matches("^(a+)+$")'), options('a')),
    ).resolves.toMatchObject({ value: false });
    await expect(
      computing.run('evaluate', expression(`"${'a'.repeat(40)}!".matches("^(a+)+$")`), options('a')),
    ).rejects.toMatchObject({ limit: 'time' });
  });

  it('ends what takes too much memory, in one block too, while this process lives on', async () => {
    const computing = create({ memoryLimitMb: 64 });
    await expect(computing.run('evaluate', expression(HUGE), options('a'))).rejects.toMatchObject({
      limit: 'memory',
    });
    // The text is one block of 40 MB, its JSON another and its compared form a third.
    const answer = JSON.stringify([Array(10).fill('x'.repeat(4_000_000))]);
    const checks = {
      output: { type: 'array', uniqueItems: true, items: { uniqueItems: true } },
      guardrail: null,
    };
    await expect(computing.run('readAnswer', { answer, checks }, options('a'))).rejects.toMatchObject({
      limit: 'memory',
    });
    await expect(computing.run('evaluate', expression('1 + 1'), options('a'))).resolves.toMatchObject({
      value: 2,
    });
  });

  /** Ends the next computing process as somebody outside would, as soon as there is one. */
  const endNext = async (ended: Set<number>): Promise<void> => {
    for (;;) {
      const child = childrenOf(process.pid).find((one) => !ended.has(one));
      if (child !== undefined) {
        ended.add(child);
        process.kill(child, 'SIGKILL');
        return;
      }
      await sleep(20);
    }
  };

  it('computes once more what was cut off because its process was ended from outside', async () => {
    const ended = new Set(childrenOf(process.pid));
    const running = create().run('evaluate', expression('1 + 1'), options('a'));
    await endNext(ended);
    await expect(running).resolves.toMatchObject({ value: 2 });
  });

  it('says that a process was ended from outside when the next one was too, and takes that for nobody’s fault', async () => {
    const ended = new Set(childrenOf(process.pid));
    const computing = create({ timeLimitMs: 60_000 });
    const failed = expect(computing.run('evaluate', expression(ENDLESS), options('a'))).rejects.toMatchObject(
      { name: 'ComputationInterrupted' },
    );
    await endNext(ended);
    await endNext(ended);
    await failed;
    await expect(computing.run('evaluate', expression('1 + 1'), options('a'))).resolves.toMatchObject({
      value: 2,
    });
  });

  it('takes a time that does not exist for a wrong expression, not for too much memory', async () => {
    const computing = create();
    await expect(
      computing.run('evaluate', expression('string(now() + duration("99999999999999s"))'), options('a')),
    ).rejects.toMatchObject({ name: 'StepFailure' });
  });

  it('bounds what the values of one step have altogether', async () => {
    const step = stepExpressions(
      create(),
      { state: { big: 'x'.repeat(900_000) }, outputs: {}, now: new Date(0) },
      { owner: 'a', signal: new AbortController().signal },
    );
    const read = async (): Promise<void> => {
      for (let time = 0; time < 10; time += 1) await step.evaluate('state.big');
    };
    await expect(read()).rejects.toMatchObject({ name: 'ComputationLimitExceeded', limit: 'step_size' });
    await expect(step.render('a${state.big}'.repeat(200))).rejects.toThrow(/more than 4000000 characters/);
  });

  it('lets a second owner through while a first one fills every process he may have', async () => {
    const computing = create({ timeLimitMs: 3_000 });
    const greedy = Array.from({ length: 5 }, () =>
      computing.run('evaluate', expression(ENDLESS), options('greedy')).catch((error: unknown) => error),
    );
    let greedyEnded = 0;
    for (const one of greedy) void one.then(() => (greedyEnded += 1));
    await expect(computing.run('evaluate', expression('1 + 1'), options('other'))).resolves.toMatchObject({
      value: 2,
    });
    expect(greedyEnded).toBeLessThan(5);
    expect(computing.waiting()).toBeGreaterThan(0);
    await computing.close();
    await Promise.all(greedy);
  });

  it('ends a computation at once when it is cancelled', async () => {
    const computing = create({ timeLimitMs: 60_000 });
    const stop = new AbortController();
    const running = computing.run('evaluate', expression(ENDLESS), { owner: 'a', signal: stop.signal });
    setTimeout(() => stop.abort(new Error('cancelled')), 500);
    await expect(running).rejects.toThrow('cancelled');
    await expect(computing.run('evaluate', expression('1 + 1'), options('a'))).resolves.toMatchObject({
      value: 2,
    });
  });

  it('counts the time of all computations of a step together', async () => {
    const computing = create({ timeLimitMs: 60_000 });
    const budget = createBudget(400);
    const runs = async (): Promise<void> => {
      for (let i = 0; i < 10_000; i += 1)
        await computing.run(
          'evaluate',
          expression('state.list.filter(a, state.list.exists(b, a == b)).size()', LIST.slice(0, 300)),
          {
            owner: 'a',
            budget,
          },
        );
    };
    const error = await runs().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ComputationLimitExceeded);
    expect(error).toMatchObject({ limit: 'step_time' });
  });

  it('sends what expressions of a step see once, and knows each step apart', async () => {
    const computing = create();
    const steps = Array.from({ length: 7 }, (_, n) =>
      stepExpressions(
        computing,
        { state: { n }, outputs: { before: 'b' }, now: new Date(0) },
        { owner: 'a', signal: new AbortController().signal },
      ),
    );
    for (const round of [1, 2])
      for (const [n, step] of steps.entries()) {
        await expect(step.evaluate('state.n')).resolves.toBe(n);
        await expect(
          step.render(
            { said: 'no ${item} of ${outputs.before}${outputs.own}', round },
            { item: n, outputs: { own: '!' } },
          ),
        ).resolves.toEqual({ said: `no ${n} of b!`, round });
      }
  });
});
