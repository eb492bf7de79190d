import { asBool, isJsonObject, isTruthy, typeProblem } from '../crewai/field-types.ts';
import { insteadOfCallback } from '../crewai/callbacks.ts';
import type { GraphField } from '../crewai/graph-fields.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { GraphNode } from './graph-document.ts';
import { pointerStep } from './graph-findings.ts';
import type { Findings } from './graph-findings.ts';
import type { ModelNode } from './graph-model.ts';

type Fields = ReadonlyMap<string, GraphField>;

/** These words are ours: CrewAI would drop them, and does not take them from `config` either. */
const OUR_FIELDS: ReadonlySet<string> = new Set([
  'condition',
  'fallback_models',
  'compat',
  'max_tokens_total',
  'max_cost_usd',
  'tool_approvals',
  'tool_approval_timeout_seconds',
  'remind_after_seconds',
]);

/** A node, its `config` merged in: what stands beside it wins unless it is null, and only CrewAI's fields count. */
export function modelNode(node: GraphNode, place: number, fields: Fields): ModelNode {
  const path = `/nodes/${place}`;
  const own = node.data;
  const config = own.config;
  if (!isJsonObject(config) || Object.keys(config).length === 0) {
    return { id: node.id, place, path, data: own, pathOf: (field) => `${path}/data/${pointerStep(field)}` };
  }
  const fromConfig = new Set(
    Object.keys(config).filter(
      (field) => fields.has(field) && !OUR_FIELDS.has(field) && (own[field] ?? null) === null,
    ),
  );
  const data: JsonObject = { ...own };
  delete data.config;
  for (const field of fromConfig) data[field] = config[field] ?? null;
  const below = (field: string): string => (fromConfig.has(field) ? 'data/config' : 'data');
  return {
    id: node.id,
    place,
    path,
    data,
    pathOf: (field) => `${path}/${below(field)}/${pointerStep(field)}`,
  };
}

/** Required fields, pydantic's types, and what CrewAI or we would not heed. */
export function checkFields(node: ModelNode, fields: Fields, findings: Findings): void {
  for (const [name, field] of fields) {
    if (field.required === true && !Object.hasOwn(node.data, name))
      findings.error('missing', 'Field required', node.pathOf(name), node.id);
  }
  for (const [name, value] of Object.entries(node.data)) {
    const field = fields.get(name);
    if (field === undefined)
      findings.warn('graph_unknown_field', unknown(name, fields), node.pathOf(name), node.id);
    else checkField(node, name, field, value, findings);
  }
}

function unknown(name: string, fields: Fields): string {
  if (name === 'callbacks')
    return `callbacks is no field of a task in CrewAI 0.121.1 (callback is); it has no effect: ${insteadOfCallback(name)}`;
  if (fields.has('manager_agent') && (name === 'agents' || name === 'tasks'))
    return `the nodes of the graph are its ${name}; this has no effect`;
  return `${name} is no field that CrewAI 0.121.1 knows here; it has no effect`;
}

function checkField(
  node: ModelNode,
  name: string,
  field: GraphField,
  value: JsonValue,
  findings: Findings,
): void {
  const found = typeProblem(field.type, value);
  if (found !== null) {
    findings.error(found.code, found.message, node.pathOf(name) + found.below, node.id);
  } else if (field.use === 'ignored' && isTruthy(value)) {
    const instead = insteadOfCallback(name);
    if (instead === null) return;
    const message = `${name} is Python and is not called: ${instead}`;
    findings.warn('graph_not_carried_out', message, node.pathOf(name), node.id);
  } else if (field.use === 'not_carried_out') {
    const isSet = field.type === 'bool' || field.type === '?bool' ? asBool(value) : isTruthy(value);
    if (isSet) {
      findings.warn(
        'graph_not_carried_out',
        `${name} is not carried out; it has no effect`,
        node.pathOf(name),
        node.id,
      );
    }
  }
}
