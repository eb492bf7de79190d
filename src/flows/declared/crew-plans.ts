import type { GraphDocumentBody } from '../../contracts/graph.ts';
import { graphFromJsonc } from '../../crews/transfer/graph-from-jsonc.ts';
import { MusterError, type Issue } from '../../domain/errors.ts';
import { compileGraph } from '../../domain/graph/compile-graph.ts';
import { pointerStep } from '../../domain/graph/graph-findings.ts';
import type { GraphDocument } from '../../domain/graph/graph-document.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import { agentCrew } from '../agent-crew.ts';
import type { AgentAction, CrewAction, FlowDefinition, LlmSetting } from './definition.ts';
import type { FlowSnapshot } from './snapshot.ts';

/** What a definition names beside itself. */
export interface FlowSurroundings {
  offeredTools: readonly string[];
  /** Graphs that the owner has, by id. */
  graphs: ReadonlyMap<string, GraphDocumentBody>;
}

export type Prepared =
  { ok: true; snapshot: FlowSnapshot; warnings: Issue[] } | { ok: false; issues: Issue[] };

/** Ids of the graphs that a definition runs as crews. */
export const graphIdsOf = ({ methods }: FlowDefinition): string[] =>
  Object.values(methods).flatMap(({ do: action }) =>
    action.call === 'crew' ? (action.from_declaration ?? []) : [],
  );

/** Makes plans of the crews of a definition, and looks whether the tools it names are there. */
export function prepareFlow(definition: FlowDefinition, surroundings: FlowSurroundings): Prepared {
  const issues: Issue[] = [];
  const warnings: Issue[] = [];
  const crews: Record<string, CrewPlan> = {};
  for (const [name, { do: action }] of Object.entries(definition.methods)) {
    const path = `/methods/${name}/do`;
    issues.push(...toolIssues(action, path, surroundings.offeredTools));
    if (action.call === 'agent' && needsCrew(action)) crews[name] = agentPlan(name, action);
    if (action.call !== 'crew') continue;
    const made = crewPlan(name, action, path, surroundings);
    if (made.ok) crews[name] = made.plan;
    issues.push(...made.issues);
    warnings.push(...made.warnings);
  }
  return issues.length > 0 ? { ok: false, issues } : { ok: true, snapshot: { definition, crews }, warnings };
}

/** An agent that uses tools, or waits for its next call of its model, is a crew; any other is one question to its model. */
const needsCrew = ({ with: agent }: AgentAction): boolean =>
  agent.tools.length > 0 || typeof agent.max_rpm === 'number';

type Action = FlowDefinition['methods'][string]['do'];

function toolIssues(action: Action, path: string, offered: readonly string[]): Issue[] {
  if (action.call === 'each')
    return action.do.flatMap(({ action: inner }, place) => {
      const at = `${path}/do/${place}/action`;
      return inner.call === 'agent' ? innerAgentIssues(inner, at) : toolIssues(inner, at, offered);
    });
  const unknown = (name: string): string =>
    `there is no tool "${name}" here; there are: ${offered.join(', ')}`;
  if (action.call === 'tool') {
    if (action.ref === 'ask_human')
      return [{ path: `${path}/ref`, message: 'people are asked by `human_feedback`' }];
    return offered.includes(action.ref) ? [] : [{ path: `${path}/ref`, message: unknown(action.ref) }];
  }
  if (action.call !== 'agent') return [];
  const named = [
    ...action.with.tools.map((name, place) => ({ name, below: `tools/${place}` })),
    ...Object.keys(action.with.tool_approvals).map((name) => ({
      name,
      below: `tool_approvals/${pointerStep(name)}`,
    })),
  ];
  return named.flatMap(({ name, below }) =>
    offered.includes(name) ? [] : [{ path: `${path}/with/${below}`, message: unknown(name) }],
  );
}

/** One question to its model is all that an agent is inside `each`. */
function innerAgentIssues({ with: agent }: AgentAction, path: string): Issue[] {
  const refused: [string, boolean, string][] = [
    ['tools', agent.tools.length > 0, 'has no tools: use a method of its own, or `call: tool`'],
    ['tool_approvals', Object.keys(agent.tool_approvals).length > 0, 'has no tools'],
    ['max_rpm', typeof agent.max_rpm === 'number', 'does not wait: use a method of its own'],
  ];
  return refused.flatMap(([field, is, why]) =>
    is ? [{ path: `${path}/with/${field}`, message: `inside \`each\` an agent ${why}` }] : [],
  );
}

/** What an agent is asked by, in its crew. */
export const AGENT_INPUT = 'input';

export const llmOf = ({
  llm,
  settings,
}: AgentAction['with']): { model: string | undefined; temperature?: number; maxTokens?: number } =>
  llmSetting(llm ?? settings?.llm);

export function llmSetting(setting: LlmSetting | null | undefined): ReturnType<typeof llmOf> {
  if (setting === null || setting === undefined) return { model: undefined };
  if (typeof setting === 'string') return { model: setting };
  const { model, temperature, max_tokens: maxTokens } = setting;
  return {
    model,
    ...(temperature !== undefined && { temperature }),
    ...(typeof maxTokens === 'number' && { maxTokens }),
  };
}

function agentPlan(name: string, { with: agent }: AgentAction): CrewPlan {
  const { model, temperature, maxTokens } = llmOf(agent);
  const {
    role,
    goal,
    backstory,
    tools,
    max_iter: maxIter,
    max_rpm: maxRpm,
    tool_approvals: approvals,
  } = agent;
  const plan = agentCrew(name, {
    role,
    goal,
    backstory,
    ...(model !== undefined && { llm: model }),
    tools: [...new Set(tools)],
    description: `{${AGENT_INPUT}}`,
    expected_output: 'A complete answer.',
  });
  const agents = plan.agents.map((one) => ({
    ...one,
    maxIter: maxIter ?? one.maxIter,
    temperature: temperature ?? null,
    maxTokens: maxTokens ?? null,
    ...(typeof maxRpm === 'number' && { maxRpm }),
    ...(Object.keys(approvals).length > 0 && { toolApprovals: approvals }),
  }));
  return { ...plan, agents };
}

type MadePlan =
  | { ok: true; plan: CrewPlan; issues: []; warnings: Issue[] }
  | { ok: false; issues: Issue[]; warnings: Issue[] };

function crewPlan(name: string, action: CrewAction, path: string, surroundings: FlowSurroundings): MadePlan {
  const refused = (issues: Issue[]): MadePlan => ({ ok: false, issues, warnings: [] });
  const warnings: Issue[] = [];
  let document: GraphDocument;
  if (typeof action.from_declaration === 'string') {
    const graph = surroundings.graphs.get(action.from_declaration);
    const place = `${path}/from_declaration`;
    if (graph === undefined) return refused([{ path: place, message: 'you have no graph with this id' }]);
    document = graph;
  } else {
    const { inputs: _, ...crew } = action.with ?? {};
    try {
      const imported = graphFromJsonc({ path: 'crew', text: JSON.stringify(crew) }, new Map(), {});
      warnings.push(...imported.warnings.map(({ message }) => ({ path: `${path}/with`, message })));
      document = imported.document;
    } catch (error) {
      if (!(error instanceof MusterError)) throw error;
      return refused(error.issues.map(({ message }) => ({ path: `${path}/with`, message })));
    }
  }
  const compiled = compileGraph(document, {
    offeredTools: surroundings.offeredTools,
    name: crewName(action, name),
  });
  const toIssue = ({ path: at, code, message }: { path: string; code: string; message: string }): Issue => ({
    path: `${path}/with`,
    message: `${code}: ${message} (${at})`,
  });
  if (!compiled.ok) return refused(compiled.report.errors.map(toIssue));
  return {
    ok: true,
    plan: compiled.plan,
    issues: [],
    warnings: [...warnings, ...compiled.warnings.map(toIssue)],
  };
}

const crewName = (action: CrewAction, method: string): string => {
  const given = action.with?.['name'];
  return typeof given === 'string' && given !== '' ? given : method;
};
