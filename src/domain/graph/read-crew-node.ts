import { isTruthy } from '../crewai/field-types.ts';
import type { Compat, CrewProcess } from '../plan/crew-plan.ts';
import type { Findings } from './graph-findings.ts';
import type { AgentModel, ModelNode } from './graph-model.ts';
import { notAnInstance } from './read-references.ts';

/** What the crew node decides about the crew. */
export interface CrewChoices {
  name: string | null;
  process: CrewProcess;
  compat: Compat;
  manager: AgentModel | null;
}

/** Reads the crew node's own fields; types were checked before. */
export function readCrewNode(
  node: ModelNode | null,
  agents: ReadonlyMap<string, AgentModel>,
  findings: Findings,
): CrewChoices {
  if (node === null) return { name: null, process: 'sequential', compat: 'fixed', manager: null };
  const { name } = node.data;
  return {
    name: typeof name === 'string' && name !== '' ? name : null,
    process: readProcess(node, findings),
    compat: readCompat(node, findings),
    manager: readManager(node, agents, findings),
  };
}

function readProcess(node: ModelNode, findings: Findings): CrewProcess {
  const { process = 'sequential' } = node.data;
  if (process === 'sequential' || process === 'hierarchical' || process === 'graph') return process;
  findings.error(
    'enum',
    "Input should be 'sequential' or 'hierarchical', or, for Muster alone, 'graph'",
    node.pathOf('process'),
    node.id,
  );
  return 'sequential';
}

function readCompat(node: ModelNode, findings: Findings): Compat {
  const { compat = 'fixed' } = node.data;
  if (compat === 'fixed' || compat === 'strict') return compat;
  findings.error('graph_bad_compat', "compat is 'fixed' or 'strict'", node.pathOf('compat'), node.id);
  return 'fixed';
}

function readManager(
  node: ModelNode,
  agents: ReadonlyMap<string, AgentModel>,
  findings: Findings,
): AgentModel | null {
  const { manager_agent: manager } = node.data;
  if (manager === undefined || manager === null || manager === '') return null;
  const path = node.pathOf('manager_agent');
  if (typeof manager !== 'string') {
    findings.error(notAnInstance(manager), 'manager_agent is the id of an agent node', path, node.id);
    return null;
  }
  const agent = agents.get(manager);
  if (agent === undefined)
    findings.error('graph_unknown_agent', `no agent node has the id "${manager}"`, path, node.id);
  return agent ?? null;
}

/** True when something is there to manage: CrewAI takes an empty `manager_llm` for none. */
export const hasManagerModel = (node: ModelNode | null): boolean => isTruthy(node?.data.manager_llm);
