import { asBool, asInt } from '../../src/domain/crewai/field-types.ts';
import { compileGraph } from '../../src/domain/graph/compile-graph.ts';
import type { GraphDocument, GraphNode } from '../../src/domain/graph/graph-document.ts';
import { aGraph, TOOLS } from './generate.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';

/** A crew to run, and what its agents answer. */
export interface GeneratedRun {
  graph: GraphDocument;
  /** By task id, the answers of its first, second … attempt; the last one stands for all that follow. */
  script: Record<string, string[]>;
}

/** Crews that start; descriptions and roles are ids, so that what the real package says can be told apart. */
export function generateRuns(seed: number, count = 300): GeneratedRun[] {
  const random = createRandom(seed);
  const runs: GeneratedRun[] = [];
  while (runs.length < count) {
    const graph = aGraph(random);
    const script: Record<string, string[]> = {};
    for (const node of graph.nodes) plain(node, random, script);
    if (compileGraph(graph, { offeredTools: TOOLS }).ok) runs.push({ graph, script });
  }
  return runs;
}

function plain(node: GraphNode, random: Random, script: Record<string, string[]>): void {
  const { data } = node;
  if (node.type === 'agent') {
    delete data.config;
    Object.assign(data, { role: node.id, goal: 'g', backstory: 'b' });
  } else if (node.type === 'task') {
    data.description = `do ${node.id}`;
    delete data.output_file;
    delete data.output_json;
    delete data.output_pydantic;
    if (typeof data.guardrail === 'string') data.guardrail = { type: 'object' };
    if (data.guardrail !== undefined && random.chance(0.5)) data.max_retries = random.below(3);
    if (data.condition !== undefined && random.chance(0.4)) data.condition = { not_contains: 'yes' };
    script[node.id] = answers(node, random);
  }
}

function answers(node: GraphNode, random: Random): string[] {
  const text = random.chance(0.5) ? `yes from ${node.id}` : `text of ${node.id}`;
  if (node.data.guardrail === undefined) return random.chance(0.1) ? [''] : [text];
  // an asynchronous task that fails makes the real kickoff wait for ever
  const bound = asBool(node.data.async_execution) ? (asInt(node.data.max_retries) ?? 3) + 1 : 4;
  const failures = Array.from({ length: random.below(bound) }, () => `bad ${text}`);
  return !asBool(node.data.async_execution) && random.chance(0.05) ? ['bad'] : [...failures, `good ${text}`];
}
