import { parseArgs } from 'node:util';
import { proveCancels } from './prove-cancels.ts';
import { runProof } from './proof-script.ts';

/** `npm run test:controls`: runs that are cancelled at random instants. */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '500' },
    'under-kills': { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '15' },
    'at-once': { type: 'string', default: '6' },
    report: { type: 'string' },
  },
});
/** What the contract promises. */
const P99_MS = 5_000;

await runProof({
  title: 'Runs that are cancelled at random instants',
  command: `npm run test:controls -- --seed ${values.seed} --runs ${values.runs} --under-kills ${values['under-kills']} --at-once ${values['at-once']}`,
  what:
    'Graphs of one to five tasks with up to two tool calls each, started over HTTP and cancelled over HTTP up to two seconds later, on ' +
    'two workers; the last of them while a worker is killed with `kill -9` and started again. Model and outside world write down when ' +
    'each call arrives. No call may arrive after the moment of `workflow_cancelled`, the log must be whole with that as its ' +
    'last event, no call may be left open in the books, and of the runs whose workers were left alone 99 of 100 must be cancelled within ' +
    '5 s of the request.',
  report: values.report,
  prove: async () => {
    const cancels = await proveCancels({
      runs: Number(values.runs),
      underKills: Number(values['under-kills']),
      seed: Number(values.seed),
      atOnce: Number(values['at-once']),
      giveUpMs: Number(values.minutes) * 60_000,
      say: (line) => console.error(line),
    });
    if (cancels.p99Ms > P99_MS) cancels.failures.push(`p99 is ${cancels.p99Ms} ms`);
    return cancels;
  },
});
