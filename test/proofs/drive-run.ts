import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { startCrewRun } from '../../src/engine/starting/start-crew-run.ts';
import type { Random } from '../crewai/random.ts';
import { anAgent, aPlan, aTask } from '../support/plans.ts';
import { callsTool, fails, says, type Reply } from '../support/scripted-replies.ts';
import { getEvents, type TestStack } from '../support/test-stack.ts';
import type { GatedModel } from './gated-model.ts';
import { checkLog } from './check-log.ts';
import { act, isOver, onTheWay, settle, type Action, type ModelRun, type Policy } from './run-model.ts';

/** One run under random commands, each compared with the model. */

export interface Proof {
  stack: TestStack;
  model: GatedModel;
  ownerId: string;
}

/** What one run was made to do. */
export interface Driven {
  commands: number;
  refused: number;
  races: number;
  generations: number;
  events: number;
}

const SETTLE_MS = 100_000;
const LOOK_MS = 40;
const MOST_STEPS = 9;

interface Seen {
  status: string;
  pause_requested: boolean;
  has_command: boolean;
  tasks: string[];
  calls: number[];
}

export async function driveRun(proof: Proof, random: Random, name: string): Promise<Driven> {
  const size = 1 + random.below(4);
  const policy = random.pick<Policy>(['fail', 'fail', 'pause', 'continue']);
  const dependsOn = Array.from({ length: size }, (_, at) =>
    Array.from({ length: at }, (_none, before) => before).filter(() => random.chance(0.5)),
  );
  const id = await start(proof, name, dependsOn, policy);
  const first: ModelRun = {
    status: 'running',
    pauseAsked: false,
    parked: false,
    ends: false,
    policy,
    timesOver: 0,
    tasks: dependsOn.map((before) => ({ state: 'pending', dependsOn: before, asks: 'no' })),
  };
  const driver = new Driver(proof, random, name, id);
  await driver.reach([first]);
  const steps = 2 + random.below(MOST_STEPS);
  for (let step = 0; step < steps; step += 1) await driver.step();
  await driver.finish();
  const events = await getEvents(proof.stack, id);
  checkLog(events, driver.possible[0]?.timesOver ?? 0);
  return { ...driver.counts, events: events.length };
}

async function start(
  { stack, ownerId }: Proof,
  name: string,
  dependsOn: readonly number[][],
  policy: Policy,
): Promise<string> {
  const tasks = dependsOn.map((before, at) =>
    aTask({
      key: `t${at}`,
      description: `Do [[${name}/${at}]]`,
      context: { kind: 'tasks', keys: [] },
      dependsOn: before.map((one) => `t${one}`),
    }),
  );
  const plan = aPlan({ process: 'graph', agents: [anAgent({ tools: ['ask_human'], maxIter: 50 })], tasks });
  const options = { on_task_failure: policy };
  const run = { ownerId, plan, inputs: {}, options, idempotencyRef: undefined };
  return (await startCrewRun(stack.engine.services, run)).executionId;
}

const REPLIES: Record<'says' | 'fails' | 'asks', () => Reply> = {
  says: () => says('Done'),
  fails: () => fails(401),
  asks: () => callsTool('ask_human', { question: 'Shall I?' }),
};

class Driver {
  /** States the run may be in, as far as one can tell from outside. */
  possible: ModelRun[] = [];
  readonly counts = { commands: 0, refused: 0, races: 0, generations: 1 };
  readonly story: string[] = [];
  private readonly proof: Proof;
  private readonly random: Random;
  private readonly name: string;
  private readonly id: string;

  constructor(proof: Proof, random: Random, name: string, id: string) {
    this.proof = proof;
    this.random = random;
    this.name = name;
    this.id = id;
  }

  /** One action, or two or three at once. */
  async step(): Promise<void> {
    const isRace = this.random.chance(0.4);
    const first = this.choose();
    const others = Array.from({ length: 1 + this.random.below(2) }, () =>
      this.random.chance(0.3) ? first : this.choose(),
    );
    await this.carryOut(isRace ? [first, ...others] : [first]);
  }

  /** Brings the run to an end. */
  async finish(): Promise<void> {
    for (let step = 0; step < 40; step += 1) {
      const [run] = this.possible;
      if (run === undefined || isOver(run)) return;
      const asked = run.tasks.findIndex(({ state }) => state === 'asked');
      const waits = run.tasks.findIndex(({ state }) => state === 'waiting');
      if (run.pauseAsked && asked === -1) await this.carryOut([{ kind: 'resume' }]);
      else if (asked !== -1) await this.carryOut([{ kind: 'reply', task: asked, reply: 'says' }]);
      else await this.carryOut([{ kind: 'answer', task: waits }]);
    }
    throw this.failure('the run does not come to an end');
  }

  private choose(): Action {
    const { random } = this;
    const run = this.possible[0];
    const task = random.below(run?.tasks.length ?? 1);
    const asked = run?.tasks.findIndex(({ state }) => state === 'asked') ?? -1;
    if (asked !== -1 && random.chance(0.5))
      return { kind: 'reply', task: asked, reply: random.pick(['says', 'says', 'fails', 'asks']) };
    const waits = run?.tasks.findIndex(({ state }) => state === 'waiting') ?? -1;
    if (waits !== -1 && random.chance(0.3)) return { kind: 'answer', task: waits };
    const kind = random.pick<Exclude<Action['kind'], 'reply'>>([
      'pause',
      'pause',
      'resume',
      'resume',
      'cancel',
      'retry',
      'retry',
      'skip',
      'edit',
      'retry_task',
      'answer',
    ]);
    switch (kind) {
      case 'pause':
      case 'resume':
      case 'cancel':
      case 'retry':
        return { kind };
      case 'answer':
      case 'skip':
      case 'edit':
      case 'retry_task':
        return { kind, task };
    }
  }

  /** Sends what is to be done at once, and follows the model along every order that gives the answers that came. */
  private async carryOut(wanted: readonly Action[]): Promise<void> {
    const actions = await this.feasible(wanted);
    if (actions.length === 0) return;
    if (actions.length > 1) this.counts.races += 1;
    const answers = await Promise.all(
      actions.map(async (action, place) => {
        if (place > 0) await sleep(this.random.below(30));
        return this.send(action);
      }),
    );
    this.story.push(actions.map((action, at) => `${JSON.stringify(action)}=${answers[at]}`).join(' | '));
    const outcomes = this.possible.flatMap((run) => orders(run, actions, answers));
    if (outcomes.length === 0) throw this.failure('no order of these commands is answered so');
    await this.reach(outcomes);
  }

  /** Leaves out what cannot be sent: an answer where nobody has asked, a reply where no call is open. */
  private async feasible(actions: readonly Action[]): Promise<Action[]> {
    const kept: Action[] = [];
    for (const action of actions) {
      if (action.kind === 'answer' && (await this.questionOf(action.task)) === null) continue;
      if (action.kind === 'reply') {
        const isTwice = kept.some((other) => other.kind === 'reply' && other.task === action.task);
        if (isTwice || !this.proof.model.open.has(`${this.name}/${action.task}`)) continue;
      }
      kept.push(action);
    }
    return kept;
  }

  private async send(action: Action): Promise<number | null> {
    const base = `/api/v1/executions/${this.id}`;
    if (action.kind === 'reply') {
      const [call] = this.proof.model.open.get(`${this.name}/${action.task}`) ?? [];
      await call?.answer(REPLIES[action.reply]());
      return null;
    }
    let { status, body } = await this.sendCommand(base, action);
    // Nothing was done: the database was out of reach, as on a machine with far too much to do.
    for (let again = 0; status === 503 && again < 20; again += 1) {
      await sleep(500);
      ({ status, body } = await this.sendCommand(base, action));
    }
    this.counts.commands += 1;
    if (status === 409) this.counts.refused += 1;
    if (status !== 202 && status !== 409)
      throw this.failure(`${JSON.stringify(action)} was answered ${status}: ${JSON.stringify(body)}`);
    return status;
  }

  private async sendCommand(base: string, action: Exclude<Action, { kind: 'reply' }>) {
    const { stack } = this.proof;
    switch (action.kind) {
      case 'answer': {
        const question = await this.questionOf(action.task);
        return stack.call('POST', `${base}/questions/${question ?? ''}/answer`, { answer: 'yes' });
      }
      case 'edit':
        return stack.call('PATCH', `${base}/tasks/t${action.task}`, {
          description: `Do it well [[${this.name}/${action.task}]]`,
        });
      case 'skip':
        return stack.call('POST', `${base}/tasks/t${action.task}/skip`);
      case 'retry_task':
        return stack.call('POST', `${base}/tasks/t${action.task}/retry`);
      case 'pause':
      case 'resume':
      case 'cancel':
      case 'retry':
        return stack.call('POST', `${base}/${action.kind}`);
    }
  }

  /** The latest question of a task, or null. */
  private async questionOf(task: number): Promise<string | null> {
    const [row] = await this.proof.stack.api.database.sql.query<{ id: string }>(
      `select q.id from questions q join executions e on e.id = q.execution_id
        where e.execution_id = $1 and q.task_key = $2 order by q.asked_at desc limit 1`,
      [this.id, `t${task}`],
    );
    return row?.id ?? null;
  }

  /** Waits until the run is where one of these comes to rest, twice in a row. */
  async reach(outcomes: readonly ModelRun[]): Promise<void> {
    const settled = distinct(outcomes.map(settle));
    let seen = await this.look();
    let hits = 0;
    for (const giveUpAt = Date.now() + SETTLE_MS; Date.now() < giveUpAt; seen = await this.look()) {
      const now = seen;
      const fitting = settled.flatMap((run) => fit(run, now));
      hits = fitting.length > 0 ? hits + 1 : 0;
      if (hits >= 2) {
        this.possible = distinct(fitting);
        return;
      }
      await sleep(LOOK_MS);
    }
    throw this.failure(`it rests as ${JSON.stringify(seen)}, the model allows ${JSON.stringify(settled)}`);
  }

  private async look(): Promise<Seen> {
    const [row] = await this.proof.stack.api.database.sql.query<Omit<Seen, 'calls'>>(
      `select e.status, e.pause_requested, exists (select 1 from outbox o where o.execution_id = e.id) as has_command,
         (select json_agg(t.status order by t.position) from task_executions t where t.execution_id = e.id) as tasks
         from executions e where e.execution_id = $1`,
      [this.id],
    );
    if (row === undefined) throw this.failure('the run is gone');
    const calls = row.tasks.map((_, at) => this.proof.model.open.get(`${this.name}/${at}`)?.length ?? 0);
    return { ...row, calls };
  }

  private failure(what: string): Error {
    return new Error(`${what}\nrun ${this.id}\n${this.story.join('\n')}`);
  }
}

const SHOWN: Record<ModelRun['tasks'][number]['state'], string> = {
  pending: 'pending',
  begun: 'running',
  asked: 'running',
  waiting: 'waiting',
  answered: 'waiting',
  completed: 'completed',
  failed: 'failed',
  skipped: 'skipped',
  cancelled: 'cancelled',
};

/**
 * The model's state if it is what is seen, else nothing. A task of a paused run may have been handed out just before: it is
 * begun then, which nobody can tell beforehand.
 */
function fit(run: ModelRun, seen: Seen): ModelRun[] {
  if (run.status !== seen.status || seen.has_command) return [];
  if (!isOver(run) && run.pauseAsked !== seen.pause_requested) return [];
  const tasks: ModelRun['tasks'][number][] = [];
  for (const [at, task] of run.tasks.entries()) {
    const isBegun =
      run.pauseAsked &&
      (task.state === 'pending' || task.state === 'answered') &&
      seen.tasks[at] === 'running';
    if (seen.calls[at] !== (task.state === 'asked' ? 1 : 0)) return [];
    if (!isBegun && SHOWN[task.state] !== seen.tasks[at]) return [];
    tasks.push(isBegun ? { ...task, state: 'begun' } : task);
  }
  return [{ ...run, tasks }];
}

const distinct = (runs: readonly ModelRun[]): ModelRun[] => [
  ...new Map(runs.map((run) => [JSON.stringify(run), run])).values(),
];

/** Every state the run may be in after these actions in some order, with rests between or none, given the answers. */
function orders(run: ModelRun, actions: readonly Action[], answers: readonly (number | null)[]): ModelRun[] {
  if (actions.length === 0) return [run];
  return actions.flatMap((action, at) => {
    const acted = act(run, action);
    if (acted.status !== answers[at]) return [];
    const left = actions.filter((_, other) => other !== at);
    const leftAnswers = answers.filter((_, other) => other !== at);
    return onTheWay(acted.run).flatMap((next) => orders(next, left, leftAnswers));
  });
}

/** The owner of the runs. */
export const ownerOf = async (stack: TestStack): Promise<string> =>
  z.looseObject({ id: z.uuid() }).parse((await stack.call('GET', '/api/v1/auth/me')).body).id;
