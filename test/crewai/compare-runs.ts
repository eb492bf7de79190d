import { isDeepStrictEqual } from 'node:util';
import { compileGraph } from '../../src/domain/graph/compile-graph.ts';
import type { Compat, CrewPlan } from '../../src/domain/plan/crew-plan.ts';
import { TOOLS } from './generate.ts';
import type { GeneratedRun } from './generate-runs.ts';
import { simulatePlan, withoutEmpty } from './simulate-plan.ts';
import type { RunRecord, SeenTask } from './simulate-plan.ts';

/** The plan of a generated run, under either promise. */
export function planOf({ graph }: GeneratedRun, compat: Compat): CrewPlan {
  const nodes = graph.nodes.filter(({ type }) => type !== 'crew');
  const crew = graph.nodes.find(({ type }) => type === 'crew');
  const crewNode = { id: 'crew', type: 'crew', data: { ...crew?.data, compat } };
  const compiled = compileGraph({ ...graph, nodes: [...nodes, crewNode] }, { offeredTools: TOOLS });
  if (!compiled.ok) throw new Error(`does not compile: ${JSON.stringify(compiled.report.errors)}`);
  return compiled.plan;
}

/** What differs from the real run; empty when nothing does. A `strict` plan has no excuse but empty outputs. */
export function strictDifferences(run: GeneratedRun, real: RunRecord): string[] {
  return differences(simulatePlan(planOf(run, 'strict'), run.script), real, () => true);
}

/**
 * The same of a `fixed` plan, its two fixes apart: contexts are compared of tasks that no fix changes the
 * context of, outputs where none is lost.
 */
export function fixedDifferences(run: GeneratedRun, real: RunRecord): string[] {
  const strict = planOf(run, 'strict');
  const fixed = planOf(run, 'fixed');
  const loses = strict.hiddenOutputs.length > 0;
  const isSame = (key: string): boolean => isDeepStrictEqual(contextIn(strict, key), contextIn(fixed, key));
  const ours = simulatePlan(fixed, run.script);
  // which fix makes a difference is for the caller to see that it is one of the listed ones
  const excused = (key: string): boolean => !isSame(key);
  return differences(
    loses ? { ...ours, outputs: real.outputs, raw: real.raw, error: real.error } : ours,
    real,
    (key) => !excused(key),
  );
}

const contextIn = (plan: CrewPlan, key: string): unknown =>
  plan.tasks.find((task) => task.key === key)?.context;

/** Tasks whose context `fixed` changes, for which none of the listed fixes is the reason. */
export function unexplainedFixes(run: GeneratedRun): string[] {
  const strict = planOf(run, 'strict');
  const fixed = planOf(run, 'fixed');
  const isAsync = new Set(
    run.graph.nodes
      .filter(({ data }) => data.async_execution !== undefined && data.async_execution !== null)
      .map(({ id }) => id),
  );
  return strict.tasks
    .filter((task, place) => {
      if (isDeepStrictEqual(task.context, fixed.tasks[place]?.context)) return false;
      const afterAsync = strict.tasks.slice(0, place).some(({ key }) => isAsync.has(key));
      return !isAsync.has(task.key) && !afterAsync;
    })
    .map(({ key }) => key);
}

function differences(ours: RunRecord, real: RunRecord, compareContext: (key: string) => boolean): string[] {
  const found: string[] = [];
  const compare = (what: string, one: unknown, other: unknown): void => {
    if (!isDeepStrictEqual(one, other))
      found.push(`${what}: CrewAI ${JSON.stringify(other)}; ours ${JSON.stringify(one)}`);
  };
  compare('error', ours.error, real.error);
  compare('tasks that ran', Object.keys(ours.seen).toSorted(), Object.keys(real.seen).toSorted());
  for (const [key, seen] of Object.entries(ours.seen)) {
    const other = real.seen[key];
    if (other === undefined) continue;
    const plain = ({ agent, attempts, coworkers, tools }: SeenTask): unknown => [
      agent,
      attempts,
      coworkers,
      tools,
    ];
    compare(key, plain(seen), plain(other));
    if (compareContext(key)) compare(`context of ${key}`, seen.context, withoutEmpty(other.context));
  }
  compare('outputs', ours.outputs, real.outputs);
  compare('raw', ours.raw, real.raw);
  return found;
}

/**
 * What differs between a run of the engine and the real one. Tools are left out: a test has none of the generated
 * names to offer. Of a run that failed only the error is compared: tasks side by side may or may not have begun.
 */
export function recordDifferences(ours: RunRecord, real: RunRecord): string[] {
  const bare = (record: RunRecord): RunRecord => ({
    ...record,
    seen:
      real.error === undefined
        ? Object.fromEntries(Object.entries(record.seen).map(([key, seen]) => [key, { ...seen, tools: [] }]))
        : {},
  });
  return differences(bare(ours), bare(real), () => true);
}
