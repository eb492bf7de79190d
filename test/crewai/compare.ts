import { validateGraph } from '../../src/domain/graph/validate-graph.ts';
import { verdict } from './deviations.ts';
import type { RealAnswer } from './deviations.ts';
import { TOOLS } from './generate.ts';
import type { GeneratedGraph } from './generate.ts';

export interface Comparison {
  accepted: number;
  /** How many of each verdict: `agrees`, and the names of deviations. */
  verdicts: Map<string, number>;
  /** Those without an excuse, for a person. */
  mismatches: string[];
  /** What the real package refused with, and how often. */
  errorTypes: Map<string, number>;
}

/** Holds our answers against the real ones, graph by graph. */
export function compareAnswers(
  graphs: readonly GeneratedGraph[],
  answers: readonly RealAnswer[],
): Comparison {
  const comparison: Comparison = { accepted: 0, verdicts: new Map(), mismatches: [], errorTypes: new Map() };
  const count = (map: Map<string, number>, key: string): unknown => map.set(key, (map.get(key) ?? 0) + 1);
  for (const [index, { about, graph }] of graphs.entries()) {
    const real = answers[index];
    if (real === undefined) throw new Error(`no answer to graph ${index}`);
    const ours = validateGraph(graph, { offeredTools: TOOLS });
    if (real.ok === true) comparison.accepted += 1;
    else count(comparison.errorTypes, real.error);
    const found = verdict(real, ours, graph);
    count(comparison.verdicts, found ?? 'disagrees');
    if (found === null) {
      const codes = ours.errors.map(({ code, path }) => `${code} at ${path}`).join(', ') || 'valid';
      comparison.mismatches.push(`${index} (${about}): CrewAI ${JSON.stringify(real)}; ours: ${codes}`);
    }
  }
  return comparison;
}
