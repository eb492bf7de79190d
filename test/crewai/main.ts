/**
 * `npm run test:crewai`: builds generated crews with the real `crewai==0.121.1` and with us, and compares
 * verdict and error type of each. Needs Python 3.10 to 3.12; makes its own environment in the user's cache folder.
 *
 *   npm run test:crewai -- [--seed N] [--record]
 *
 * `--record` keeps the answers, for the ordinary suite to replay.
 */
import { parseArgs } from 'node:util';
import { compareAnswers } from './compare.ts';
import { generateGraphs } from './generate.ts';
import { askReal, realCrewAi } from './python.ts';
import { hashOf, realAnswer, writeRecording } from './recorded.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '20261121' }, record: { type: 'boolean', default: false } },
});
const seed = Number(values.seed);
const python = realCrewAi();
const graphs = generateGraphs(seed);
console.log(`building ${graphs.length} crews with the real package, seed ${seed}`);
const answers = await askReal(
  python,
  'construct.py',
  graphs.map(({ graph }) => ({ graph })),
);
const comparison = compareAnswers(
  graphs,
  answers.map((answer) => realAnswer.parse(JSON.parse(answer))),
);
console.log(`CrewAI accepts ${comparison.accepted}, refuses ${graphs.length - comparison.accepted}:`);
for (const [type, count] of [...comparison.errorTypes].sort((one, other) => other[1] - one[1]))
  console.log(`  ${String(count).padStart(5)} ${type}`);
console.log('Compared with ours:');
for (const [name, count] of comparison.verdicts) console.log(`  ${String(count).padStart(5)} ${name}`);
for (const mismatch of comparison.mismatches.slice(0, 50)) console.log(mismatch);
if (values.record) {
  writeRecording('construct', { seed, hash: hashOf(graphs), answers });
  console.log('recorded');
}
process.exitCode = comparison.mismatches.length === 0 ? 0 : 1;
