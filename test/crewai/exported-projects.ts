/**
 * Exports graphs, builds each project with the real `crewai==0.121.1`, kicks it off with a model that pretends,
 * and compares what ran with our own plan of the graph.
 *
 *   npm run test:crewai-exports
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { projectFromGraph } from '../../src/crews/transfer/project-from-graph.ts';
import { compileGraph } from '../../src/domain/graph/compile-graph.ts';
import { interpolate } from '../../src/domain/plan/interpolate.ts';
import { exportableGraphs, EXPORTED_TOOLS } from '../support/exportable-graphs.ts';
import type { ExportableGraph } from '../support/exportable-graphs.ts';
import { askReal, realCrewAi } from './python.ts';

const answerSchema = z.union([
  z.object({ error: z.string() }),
  z.object({
    agents: z.array(z.array(z.string())),
    tasks: z.array(z.array(z.string())),
    ran: z.array(z.string()),
    skipped: z.array(z.string()),
    contexts: z.array(z.int()),
    observed: z.array(z.string()),
    raw: z.array(z.string()),
    json: z.array(z.unknown()),
  }),
]);
type Answer = z.infer<typeof answerSchema>;

/** What an exported project should have done, by our own reading of the graph; each line a difference. */
function differences(graph: ExportableGraph, answer: Answer): string[] {
  const { document, skipped, inputs, fails } = graph;
  if ('error' in answer) return fails !== undefined && answer.error.includes(fails) ? [] : [answer.error];
  if (fails !== undefined) return [`it should have failed with: ${fails}`];
  const compiled = compileGraph(document, { offeredTools: EXPORTED_TOOLS });
  if (!compiled.ok) return ['the graph does not compile'];
  const { plan } = compiled;
  const filled = (text: string): string => (plan.inputs.length === 0 ? text : interpolate(text, inputs));
  const managed = plan.process === 'hierarchical';
  const agents = plan.agents.filter((_agent, at) => !managed || at < plan.agents.length - 1);
  const expected = {
    agents: agents.map(({ role, goal, backstory }) => [role, goal, backstory]),
    tasks: plan.tasks.map(({ name, description, expectedOutput }) => [name, description, expectedOutput]),
    ran: plan.tasks.filter(({ key }) => !skipped.includes(key)).map(({ name }) => filled(name)),
    skipped: plan.tasks.filter(({ key }) => skipped.includes(key)).map(({ name }) => name),
  };
  const found = { agents: answer.agents, tasks: answer.tasks, ran: answer.ran, skipped: answer.skipped };
  const unseen = (graph.observed ?? []).filter((text) => !answer.observed.some((one) => one.includes(text)));
  const json = answer.json.at(-1) ?? null;
  // what asynchronous tasks see differs by design, and an output that was skipped is empty
  const isPlain = skipped.length === 0 && !document.nodes.some(({ data }) => data.async_execution === true);
  const contexts = plan.tasks.map(({ context }, place) =>
    context.kind === 'unspecified' ? place : context.keys.length,
  );
  const wrong = [
    ...(isPlain && !isDeepStrictEqual(answer.contexts, contexts)
      ? [`contexts ${answer.contexts.join()}, not ${contexts.join()}`]
      : []),
    ...unseen.map((text) => `no tool answered ${text}`),
    ...(graph.json === undefined || isDeepStrictEqual(json, graph.json)
      ? []
      : [`json is ${JSON.stringify(json)}`]),
  ];
  return isDeepStrictEqual(found, expected)
    ? wrong
    : [...wrong, `expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`];
}

const python = realCrewAi();
const graphs = exportableGraphs();
const folder = mkdtempSync(join(tmpdir(), 'muster-exports-'));
const planted = join(tmpdir(), 'pwned');
rmSync(planted, { force: true });
const requests = graphs.map(({ document, inputs }, at) => {
  const project = projectFromGraph(document, { offeredTools: EXPORTED_TOOLS });
  if (!project.ok) throw new Error(JSON.stringify(project));
  const own = join(folder, String(at));
  mkdirSync(own);
  for (const [path, text] of project.files) writeFileSync(join(own, path), text);
  return { folder: own, inputs };
});
const started = performance.now();
const answers = (await askReal(python, 'run_exports.py', requests)).map((line) =>
  answerSchema.parse(JSON.parse(line)),
);
const seconds = Math.round((performance.now() - started) / 1_000);
let failures = 0;
for (const [at, graph] of graphs.entries()) {
  const answer = answers[at];
  const found = answer === undefined ? ['no answer'] : differences(graph, answer);
  failures += found.length > 0 ? 1 : 0;
  console.log(`${found.length === 0 ? 'ok  ' : 'FAIL'} ${JSON.stringify(graph.title)}`);
  for (const line of found) console.log(`  ${line}`);
}
if (existsSync(planted)) throw new Error('a text became code');
rmSync(folder, { recursive: true, force: true });
const tasks = answers.reduce((sum, answer) => sum + ('error' in answer ? 0 : answer.ran.length), 0);
console.log(`${graphs.length} projects, ${failures} not as planned; ${tasks} tasks ran in ${seconds} s`);
process.exitCode = failures === 0 ? 0 : 1;
