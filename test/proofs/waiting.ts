import { parseArgs } from 'node:util';
import { runProof } from './proof-script.ts';
import { proveWaiting } from './prove-waiting.ts';

/** `npm run bench:waiting`: what runs cost that wait for a person or are paused. In full size it writes its section of bench/RESULTS.md. */

const { values } = parseArgs({
  options: {
    waiting: { type: 'string', default: '1000' },
    paused: { type: 'string', default: '5000' },
    report: { type: 'string' },
  },
});

await runProof({
  title: 'Runs that stand still',
  command: `npm run bench:waiting -- --waiting ${values.waiting} --paused ${values.paused}`,
  what:
    'One worker process that has seen 500 runs. First runs that are paused while they start; then, beside them, runs of one ' +
    'task whose agent asks a person: once all wait, Temporal is asked for the activities of a hundred of them (a worker slot is held by ' +
    'an activity), and single runs are timed beside them. Memory is what the system says of the worker (`VmRSS`), five seconds ' +
    'after the last change; it keeps the 500 workflows it has seen last.',
  report: values.report,
  // A short run must not overwrite the record of a long one.
  isBench: Number(values.waiting) >= 1_000 && Number(values.paused) >= 5_000,
  prove: () =>
    proveWaiting({
      waiting: Number(values.waiting),
      paused: Number(values.paused),
      say: (line) => console.error(line),
    }),
});
