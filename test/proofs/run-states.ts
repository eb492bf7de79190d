import { parseArgs } from 'node:util';
import { runProof } from './proof-script.ts';
import { proveRunStates } from './prove-run-states.ts';

/** `npm run test:runs`: thousands of runs under random commands, each compared with a model of their states. */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '15' },
    'at-once': { type: 'string', default: '12' },
    report: { type: 'string' },
  },
});

await runProof({
  title: 'Runs under random commands against a model of their states',
  command: `npm run test:runs -- --seed ${values.seed} --runs ${values.runs} --minutes ${values.minutes}`,
  what:
    'A run is a graph of one to four tasks with one of the three policies of failure. Up to ten times it is paused, resumed, ' +
    'cancelled, retried, a task is skipped, edited or retried, a question answered, a model call answered, failed or made to ' +
    'ask; two of five times two or three of these at once, some twice. Every answer (202 or 409) and every state the run comes ' +
    'to rest in must be one that the model allows for some order of them; then the log must be without gap, of legal steps, ' +
    'with one final event for each end, the last one last. A run that fails is named with its seed: ' +
    '`npm run test:runs -- --runs 1 --seed <it>` shows it again.',
  report: values.report,
  prove: () =>
    proveRunStates({
      runs: Number(values.runs),
      seed: Number(values.seed),
      atOnce: Number(values['at-once']),
      giveUpMs: Number(values.minutes) * 60_000,
      say: (line) => console.error(line),
    }),
});
