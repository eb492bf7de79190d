import { parseArgs } from 'node:util';
import { proveChaos } from './prove-chaos.ts';
import { runProof } from './proof-script.ts';

/** `npm run test:chaos`: runs of random crews while worker and API are killed. */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '25' },
    'at-once': { type: 'string', default: '10' },
    'least-life': { type: 'string', default: '2000' },
    report: { type: 'string' },
  },
});

await runProof({
  title: 'Runs under kills of worker and API',
  command: `npm run test:chaos -- --seed ${values.seed} --runs ${values.runs} --kills ${values.kills} --minutes ${values.minutes}`,
  what:
    'Graphs of one to five tasks with up to two tool calls each that change an outside world, started over HTTP, while two workers ' +
    'and the API, each by itself, are killed with `kill -9` at random instants and started again. Every run must be there once and complete, no turn ' +
    'may be settled twice, no tool may have changed the world twice, no event may be missing or doubled, and tokens and money must be those of ' +
    "the model's own ledger but for the calls marked `lost`, which are charged at their reserve and listed below. Where nobody knows the outcome of a tool call a person is asked, and says that " +
    'it was done.',
  report: values.report,
  prove: () =>
    proveChaos({
      runs: Number(values.runs),
      kills: Number(values.kills),
      seed: Number(values.seed),
      atOnce: Number(values['at-once']),
      leastLifeMs: Number(values['least-life']),
      giveUpMs: Number(values.minutes) * 60_000,
      say: (line) => console.error(line),
    }),
});
