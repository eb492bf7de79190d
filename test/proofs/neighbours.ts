import { parseArgs } from 'node:util';
import { proveNeighbours } from './prove-neighbours.ts';
import { runProof } from './proof-script.ts';

/** `npm run test:neighbours`: one user does the worst through every door, and another one lives beside it. */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    'at-once': { type: 'string', default: '3' },
    only: { type: 'string' },
    report: { type: 'string' },
  },
});

/** Of the quiet stretch of the same run. */
const MOST_TIMES = 2;
const MOST_DELAY_MS = 100;

await runProof({
  title: 'What a user notices of another one’s worst',
  command: `npm run test:neighbours -- --seconds ${values.seconds} --at-once ${values['at-once']}`,
  what:
    'One API process and one worker process. One user sends the worst there is through each door that makes the program compute, ' +
    `${values['at-once']} at once for ${values.seconds} s, then through all of them together. Beside it another user starts a crew of one task, lists ` +
    'executions and cancels a run whose model is being asked, one after the other. Rate limits are the usual ones, and each user has an address of its own in each scene. Times are 95th percentiles in milliseconds; ' +
    '“loop” is the 99th percentile of how late the event loop was.',
  report: values.report,
  prove: async () => {
    const { scenes, failures } = await proveNeighbours({
      seconds: Number(values.seconds),
      atOnce: Number(values['at-once']),
      each: true,
      only: values.only,
      say: (line) => console.error(line),
    });
    const quiet = scenes.find(({ name }) => name === 'quiet');
    const figures: Record<string, string> = {};
    for (const scene of scenes) {
      figures[scene.name] =
        `crew ${scene.crewMs}, list ${scene.listMs}, cancel ${scene.cancelMs}, livez at most ${scene.livezMs}, ` +
        `loop of the API ${scene.apiDelayMs} and the worker ${scene.workerDelayMs} ms, n ${scene.samples}`;
      if (quiet === undefined) continue;
      for (const key of ['crewMs', 'listMs', 'cancelMs'] as const)
        if (scene[key] > quiet[key] * MOST_TIMES)
          failures.push(`${scene.name}: ${key} ${scene[key]}, quiet ${quiet[key]}`);
      for (const key of ['apiDelayMs', 'workerDelayMs'] as const)
        if (scene[key] > MOST_DELAY_MS) failures.push(`${scene.name}: ${key} ${scene[key]}`);
    }
    return { ...figures, failures };
  },
});
