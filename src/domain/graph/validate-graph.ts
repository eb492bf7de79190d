import { placeholders } from '../plan/interpolate.ts';
import { checkCrew } from './crew-rules.ts';
import { warnOfCrew } from './crew-warnings.ts';
import type { GraphDocument, GraphFinding, GraphReport, GraphSurroundings } from './graph-document.ts';
import { createFindings } from './graph-findings.ts';
import type { Findings } from './graph-findings.ts';
import type { AgentModel, CrewModel } from './graph-model.ts';
import { checkNodes } from './node-rules.ts';
import { readGraph } from './read-graph.ts';

/**
 * Says everything that is wrong with a graph, at once, and in CrewAI's own words where it has some. On crews
 * that both can express, `valid` is what `crewai==0.121.1` says (docs/crewai-compatibility.md). What CrewAI
 * accepts here and fails over at kickoff is a warning. Pure; linear in nodes and edges.
 */
export function validateGraph(document: GraphDocument, surroundings: GraphSurroundings): GraphReport {
  const findings = createFindings();
  const crew = examineGraph(document, surroundings, findings);
  return reportOf(crew, findings.errors, [...findings.startErrors, ...findings.warnings]);
}

/** Reads a graph as a crew and applies every rule to it. */
export function examineGraph(
  document: GraphDocument,
  surroundings: GraphSurroundings,
  findings: Findings,
): CrewModel {
  const crew = readGraph(document, surroundings, findings);
  checkNodes(crew, surroundings, findings);
  checkCrew(crew, findings);
  warnOfCrew(crew, findings);
  return crew;
}

export const reportOf = (
  crew: CrewModel,
  errors: readonly GraphFinding[],
  warnings: readonly GraphFinding[],
): GraphReport => ({
  valid: errors.length === 0,
  errors: [...errors],
  warnings: [...warnings],
  crewai_version: '0.121.1',
  execution_order: crew.tasks.map(({ id }) => id),
  inputs: crewInputs(crew),
});

/** Names of the variables in the texts that are filled in: of tasks, of the crew's agents, of its manager. */
export function crewInputs(crew: CrewModel): string[] {
  const managers = crew.process === 'hierarchical' && crew.compat === 'fixed' ? [crew.manager] : [];
  const agents: (AgentModel | null)[] = [...crew.agents, ...managers];
  const texts = [
    ...agents.flatMap((agent) => [agent?.data.role, agent?.data.goal, agent?.data.backstory]),
    ...crew.tasks.flatMap((task) => [task.data.description, task.data.expected_output]),
  ];
  return placeholders(texts.filter((text) => typeof text === 'string'));
}
