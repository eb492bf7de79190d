import { asInt, isJsonObject, isTruthy } from '../crewai/field-types.ts';
import type { JsonValue } from '../json.ts';
import { placeholders } from '../plan/interpolate.ts';
import { approvalProblems, readApprovals } from '../plan/tool-approvals.ts';
import { unknownTool } from '../plan/unknown-tool.ts';
import { waitProblem } from '../plan/wait-seconds.ts';
import { limitProblems } from '../plan/task-limits.ts';
import { schemaIssues } from '../run/json-schema-issues.ts';
import type { GraphSurroundings } from './graph-document.ts';
import { pointerStep, type Findings } from './graph-findings.ts';
import type { AgentModel, CrewModel, ModelNode, TaskModel } from './graph-model.ts';
import { checkKnowledge } from './read-knowledge.ts';
import { embedderAddresses, readEmbedder } from './read-embedder.ts';
import { addressProblem, readLlm } from './read-llm.ts';

/** Rules of single agents and tasks that go beyond the type of a field. */
export function checkNodes(crew: CrewModel, surroundings: GraphSurroundings, findings: Findings): void {
  const agents = crew.manager === null ? crew.agents : [...crew.agents, crew.manager];
  for (const agent of agents) checkAgent(agent, findings);
  for (const task of crew.tasks) checkTask(task, findings);
  for (const node of [...agents, ...crew.tasks, ...(crew.node === null ? [] : [crew.node])])
    checkApprovals(node, surroundings.offeredTools, findings);
  for (const node of crew.node === null ? agents : [...agents, crew.node])
    checkKnowledge(node, surroundings.knowledge, findings);
  if (crew.node !== null) checkCrewNode(crew.node, findings);
}

function checkAgent(agent: AgentModel, findings: Findings): void {
  checkLlm(agent, 'llm', findings);
  warnBelow(agent, 'max_rpm', 0, 'it is taken for no limit', findings);
  const { fallback_models: fallbacks, max_execution_time: seconds } = agent.data;
  const areNames =
    Array.isArray(fallbacks) && fallbacks.every((name) => typeof name === 'string' && name !== '');
  if (fallbacks !== undefined && fallbacks !== null && !areNames) {
    const message = 'fallback_models is a list of names of models';
    findings.error('graph_bad_llm', message, agent.pathOf('fallback_models'), agent.id);
  }
  warnBelow(agent, 'max_iter', 1, 'at least one turn is taken', findings);
  warnBelow(agent, 'max_tokens', 1, 'it is taken for no limit', findings);
  if (seconds !== undefined && seconds !== null && Number(asInt(seconds)) <= 0) {
    const message =
      'Max Execution time must be a positive integer greater than zero: CrewAI fails at kickoff';
    findings.startError('graph_bad_execution_time', message, agent.pathOf('max_execution_time'), agent.id);
  }
}

function checkCrewNode(node: ModelNode, findings: Findings): void {
  for (const field of ['manager_llm', 'planning_llm']) checkLlm(node, field, findings);
  warnBelow(node, 'max_rpm', 0, 'it is taken for no limit', findings);
  if (isTruthy(node.data.embedder) && readEmbedder(node.data.embedder) === null) {
    const message =
      'embedder wants a provider and the model in its config; without, memory and knowledge are found by words';
    findings.warn('graph_not_carried_out', message, node.pathOf('embedder'), node.id);
  }
  for (const name of embedderAddresses(node.data.embedder))
    findings.error(
      'graph_bad_llm',
      addressProblem(name),
      `${node.pathOf('embedder')}/config/${name}`,
      node.id,
    );
  checkSeconds(node, 'tool_approval_timeout_seconds', 'graph_bad_approval', findings);
  checkSeconds(node, 'remind_after_seconds', 'graph_bad_reminder', findings);
}

function checkSeconds(node: ModelNode, field: string, code: string, findings: Findings): void {
  const problem = waitProblem(node.data[field]);
  if (problem !== null) findings.error(code, `${field} ${problem}`, node.pathOf(field), node.id);
}

/** A tool that is misspelt here would be used without leave. */
function checkApprovals(node: ModelNode, offered: readonly string[], findings: Findings): void {
  for (const { below, message } of approvalProblems(node.data.tool_approvals))
    findings.error('graph_bad_approval', message, node.pathOf('tool_approvals') + below, node.id);
  for (const tool of Object.keys(readApprovals(node.data.tool_approvals))) {
    if (offered.includes(tool)) continue;
    const path = `${node.pathOf('tool_approvals')}/${pointerStep(tool)}`;
    findings.error('graph_unknown_tool', unknownTool(tool, offered), path, node.id);
  }
}

function warnBelow(node: ModelNode, field: string, least: number, then: string, findings: Findings): void {
  const value = node.data[field];
  const number = value === undefined || value === null ? null : asInt(value);
  if (number !== null && number < least)
    findings.warn('graph_out_of_range', `${field} is below ${least}; ${then}`, node.pathOf(field), node.id);
}

function checkLlm(node: ModelNode, field: string, findings: Findings): void {
  const { problems, unknown } = readLlm(node.data[field]);
  for (const { message, below } of problems)
    findings.error('graph_bad_llm', message, node.pathOf(field) + below, node.id);
  for (const name of unknown) {
    const message = `${name} is not carried out; it has no effect`;
    findings.warn('graph_not_carried_out', message, `${node.pathOf(field)}/${name}`, node.id);
  }
}

function checkTask(task: TaskModel, findings: Findings): void {
  checkOutputs(task, findings);
  checkOutputFile(task, findings);
  checkGuardrail(task, findings);
  checkPlaceholders(task, findings);
  checkLimits(task, findings);
}

function checkLimits(task: TaskModel, findings: Findings): void {
  for (const { field, message } of limitProblems(task.data))
    findings.error('graph_bad_limit', message, task.pathOf(field), task.id);
}

/** T-3, and schemas where CrewAI has Python classes. */
function checkOutputs(task: TaskModel, findings: Findings): void {
  const given = (['output_json', 'output_pydantic'] as const).filter((field) => isSet(task.data[field]));
  for (const field of given) {
    const value = task.data[field] ?? null;
    if (isJsonObject(value)) checkSchema(value, task, field, findings);
    else findings.error('is_subclass_of', 'a JSON schema, as an object', task.pathOf(field), task.id);
  }
  if (given.length > 1) {
    const message = 'Only one output type can be set, either output_pydantic or output_json.';
    findings.error('output_type', message, task.pathOf('output_pydantic'), task.id);
  }
}

const isSet = (value: JsonValue | undefined): boolean => value !== undefined && value !== null;

function checkSchema(
  schema: { [key: string]: JsonValue },
  task: TaskModel,
  field: string,
  findings: Findings,
): void {
  for (const { path, message } of schemaIssues(schema))
    findings.error('graph_bad_schema', message, task.pathOf(field) + path, task.id);
}

/** T-4 … T-7. Only the first that is broken is CrewAI's error; all are worth knowing. */
function checkOutputFile(task: TaskModel, findings: Findings): void {
  const value = task.data.output_file;
  if (typeof value !== 'string') return;
  const refuse = (message: string): void =>
    findings.error('value_error', message, task.pathOf('output_file'), task.id);
  if (value.includes('..')) refuse('Path traversal attempts are not allowed in output_file paths');
  if (/^[~$]/.test(value)) refuse('Shell expansion characters are not allowed in output_file paths');
  if (/[|><&;]/.test(value)) refuse('Shell special characters are not allowed in output_file paths');
  for (const part of value.split('{').slice(1)) {
    const name = part.split('}')[0] ?? '';
    if (!PYTHON_IDENTIFIER.test(name)) refuse(`Invalid template variable name: ${name}`);
  }
}

const PYTHON_IDENTIFIER = /^[\p{XID_Start}_][\p{XID_Continue}]*$/u;

/** T-10; T-8 and T-9 are about Python functions, which a graph cannot hold. */
function checkGuardrail(task: TaskModel, findings: Findings): void {
  const { guardrail } = task.data;
  if (typeof guardrail === 'string') {
    if (task.agent === null) {
      const message = 'Agent is required to use an LLM guardrail';
      findings.error('assertion_error', message, task.pathOf('guardrail'), task.id);
    }
    if (guardrail.trim() === '') {
      findings.warn(
        'graph_empty_guardrail',
        'an empty guardrail checks nothing',
        task.pathOf('guardrail'),
        task.id,
      );
    }
  } else if (isJsonObject(guardrail)) {
    checkSchema(guardrail, task, 'guardrail', findings);
  }
  warnBelow(task, 'max_retries', 0, 'it is taken for 0', findings);
}

/** Variables are filled into descriptions and expected outputs; elsewhere they stay as they are. */
function checkPlaceholders(task: TaskModel, findings: Findings): void {
  for (const field of ['name', 'guardrail']) {
    const value = task.data[field];
    const names = typeof value === 'string' && isTruthy(value) ? placeholders([value]) : [];
    if (names.length === 0) continue;
    const message = `{${names.join('}, {')}}: no variables are filled in here`;
    findings.warn('graph_not_interpolated', message, task.pathOf(field), task.id);
  }
}
