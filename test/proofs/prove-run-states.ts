import { createRandom } from '../crewai/random.ts';
import { startTestStack } from '../support/test-stack.ts';
import { driveRun, ownerOf, type Driven } from './drive-run.ts';
import { startGatedModel } from './gated-model.ts';

/** Sums over all runs, and what failed, each with the seed that shows it again. */
export interface ProvenStates extends Driven {
  runs: number;
  seconds: number;
  failures: string[];
}

/** Drives so many runs, several at once, until they are through or the time is up. Needs the services of the tests. */
export async function proveRunStates(options: {
  runs: number;
  /** Run n is made of seed + n. */
  seed: number;
  atOnce: number;
  giveUpMs: number;
  say: (line: string) => void;
}): Promise<ProvenStates> {
  const model = await startGatedModel();
  const stack = await startTestStack({
    settings: {
      OPENAI_BASE_URL: model.url,
      MAX_ACTIVE_EXECUTIONS_PER_USER: '0',
      USER_LIMITS: 'open_executions=0,queued_executions=0',
      LOG_LEVEL: 'silent',
      // A busy machine takes longer for all of them than a login is good for.
      ACCESS_TOKEN_TTL: '12h',
    },
  });
  const begunAt = performance.now();
  const sum: ProvenStates = {
    runs: 0,
    commands: 0,
    refused: 0,
    races: 0,
    generations: 0,
    events: 0,
    seconds: 0,
    failures: [],
  };
  try {
    await stack.startWorker();
    const proof = { stack, model, ownerId: await ownerOf(stack) };
    let next = 0;
    const drive = async (): Promise<void> => {
      while (
        next < options.runs &&
        performance.now() - begunAt < options.giveUpMs &&
        sum.failures.length < 20
      ) {
        const seed = options.seed + next;
        next += 1;
        try {
          const driven = await driveRun(proof, createRandom(seed), `s${seed}`);
          sum.runs += 1;
          for (const key of ['commands', 'refused', 'races', 'generations', 'events'] as const)
            sum[key] += driven[key];
          if (sum.runs % 100 === 0) options.say(`${sum.runs} runs, ${sum.commands} commands`);
        } catch (error) {
          const failure = `seed ${seed}: ${error instanceof Error ? error.message : String(error)}`;
          sum.failures.push(failure);
          options.say(failure);
        }
      }
    };
    await Promise.all(Array.from({ length: options.atOnce }, drive));
  } finally {
    await stack.close();
    await model.close();
  }
  sum.seconds = Math.round((performance.now() - begunAt) / 1000);
  return sum;
}
