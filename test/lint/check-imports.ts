import { fileURLToPath } from 'node:url';
import { problemWith, readImports } from './import-rules.ts';

/** `npm run lint` ends with this: imports between folders that may not know each other. */

const problems = readImports(fileURLToPath(new URL('../../', import.meta.url))).flatMap((one) => {
  const problem = problemWith(one);
  return problem === undefined ? [] : [`${one.from}: imports ${one.to}: ${problem}`];
});
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`${problems.length} imports break the rules in test/lint/import-rules.ts`);
  process.exitCode = 1;
}
