/**
 * `npm run test:crewai`: builds generated crews with the real `crewai==0.121.1` and with us and compares verdict
 * and error type of each; then kicks crews off, their agents answering from a script, and compares what every
 * task was given and what came out. Needs Python 3.10 to 3.12; makes its own environment in the user's cache folder.
 *
 *   npm run test:crewai -- [--seed N] [--record]
 *
 * `--record` keeps the answers, for the ordinary suite to replay.
 */
import { parseArgs } from 'node:util';
import { compareAnswers } from './compare.ts';
import { fixedDifferences, strictDifferences, unexplainedFixes } from './compare-runs.ts';
import { generateGraphs } from './generate.ts';
import { generateRuns } from './generate-runs.ts';
import { askReal, realCrewAi } from './python.ts';
import { hashOf, realAnswer, runRecord, writeRecording } from './recorded.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '20261121' }, record: { type: 'boolean', default: false } },
});
const seed = Number(values.seed);
const python = realCrewAi();

const inLines = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort((one, other) => other[1] - one[1])
    .map(([name, count]) => `  ${String(count).padStart(5)} ${name}`)
    .join('\n');

/** @returns what nothing excuses. */
async function compareConstruction(): Promise<string[]> {
  const graphs = generateGraphs(seed);
  console.log(`building ${graphs.length} crews with the real package, seed ${seed}`);
  const asked = graphs.map(({ graph }) => ({ graph }));
  const answers = await askReal(python, 'construct.py', asked);
  const real = answers.map((answer) => realAnswer.parse(JSON.parse(answer)));
  const { accepted, errorTypes, verdicts, mismatches } = compareAnswers(graphs, real);
  console.log(`CrewAI accepts ${accepted}, refuses ${graphs.length - accepted}:\n${inLines(errorTypes)}`);
  console.log(`Compared with ours:\n${inLines(verdicts)}`);
  if (values.record) writeRecording('construct', { seed, hash: hashOf(graphs), answers });
  return mismatches;
}

/** @returns what nothing excuses. */
async function compareKickoffs(): Promise<string[]> {
  const runs = generateRuns(seed);
  console.log(`kicking ${runs.length} crews off with the real package`);
  const answers = await askReal(python, 'kickoff.py', runs);
  const found = runs.flatMap((run, index) => {
    const real = runRecord.parse(JSON.parse(answers[index] ?? ''));
    const strict = strictDifferences(run, real).map((difference) => `run ${index}, strict: ${difference}`);
    const fixed = fixedDifferences(run, real).map((difference) => `run ${index}, fixed: ${difference}`);
    const unexplained = unexplainedFixes(run).map((key) => `run ${index}: no listed fix explains ${key}`);
    return [...strict, ...fixed, ...unexplained];
  });
  console.log(`  ${found.length} differences`);
  if (values.record) writeRecording('kickoff', { seed, hash: hashOf(runs), answers });
  return found;
}

const mismatches = [...(await compareConstruction()), ...(await compareKickoffs())];
for (const mismatch of mismatches.slice(0, 50)) console.log(mismatch);
process.exitCode = mismatches.length === 0 ? 0 : 1;
