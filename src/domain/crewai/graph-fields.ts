import type { FieldType } from './field-types.ts';
import type { FieldUse } from './yaml-fields.ts';

/** A field of one of CrewAI's models in a graph. */
export interface GraphField {
  type: FieldType;
  use: FieldUse;
  /** Absent is an error. */
  required?: boolean;
}

type Fields = ReadonlyMap<string, GraphField>;

/** `name:type` pairs of one use. */
const of = (
  use: FieldUse,
  pairs: string,
  types: Readonly<Record<string, FieldType>>,
): [string, GraphField][] =>
  pairs.split(' ').map((pair) => {
    const [name = '', type = ''] = pair.split(':');
    const fieldType = types[type];
    if (fieldType === undefined) throw new Error(`no such type: ${pair}`);
    return [name, { type: fieldType, use }];
  });

const SHORT: Readonly<Record<string, FieldType>> = {
  any: 'any',
  str: 'str',
  'str?': '?str',
  int: 'int',
  'int?': '?int',
  bool: 'bool',
  'bool?': '?bool',
  'dict?': '?dict',
  list: 'list',
  'list?': '?list',
  callables: 'callables',
  'strs?': '?strings',
  dicts: 'dicts',
  'boolstr?': '?bool|str',
  mode: 'code_execution_mode',
  'instance?': '?instance',
  model: 'model',
  'model?': '?model',
  'models?': '?models',
  'class?': '?class',
  'knowledge?': '?knowledge',
  id: 'id',
  'json?': '?json',
  'response?': '?response_template',
  'guardrail?': '?guardrail',
};

/**
 * @param since names of fields that have come into use since the recorded comparison with CrewAI was made: it goes by
 *   the order of the table, so they stay where they are
 */
const table = (
  used: string,
  ignored: string,
  notCarriedOut: string,
  required: readonly string[],
  since: readonly string[] = [],
): Fields => {
  const fields = new Map<string, GraphField>([
    ...of('used', used, SHORT),
    ...of('ignored', ignored, SHORT),
    ...of('not_carried_out', notCarriedOut, SHORT),
  ]);
  for (const name of since) {
    const field = fields.get(name);
    if (field === undefined) throw new Error(`no such field: ${name}`);
    fields.set(name, { ...field, use: 'used' });
  }
  for (const name of required) fields.set(name, { type: 'str', use: 'used', required: true });
  return fields;
};

/**
 * CrewAI 0.121.1's Agent. `llm`, `tools` and `fallback_models` (ours) have checks of their own.
 * Defaults: crewai-0.121.1, `agent.py` and `agents/agent_builder/base_agent.py`.
 */
export const GRAPH_AGENT_FIELDS: Fields = table(
  'llm:any tools:any fallback_models:any max_iter:int max_tokens:int? max_execution_time:int? tool_approvals:any allow_delegation:bool config:dict? id:id',
  'verbose:bool cache:bool step_callback:any callbacks:callables use_system_prompt:bool? respect_context_window:bool ' +
    'max_retry_limit:int code_execution_mode:mode date_format:str max_reasoning_attempts:int? security_config:model',
  'max_rpm:int? function_calling_llm:any system_template:str? prompt_template:str? response_template:response? ' +
    'allow_code_execution:bool? multimodal:bool inject_date:bool reasoning:bool embedder:dict? knowledge:knowledge? ' +
    'knowledge_sources:models? knowledge_storage:any knowledge_config:model? from_repository:str? adapted_agent:bool ' +
    'tools_results:dicts agent_ops_agent_name:str agent_ops_agent_id:str agent_knowledge_context:str? ' +
    'crew_knowledge_context:str? knowledge_search_query:str? cache_handler:instance?',
  ['role', 'goal', 'backstory'],
  ['respect_context_window', 'knowledge_sources', 'max_rpm'],
);

/** CrewAI 0.121.1's Task; `condition`, which makes it a ConditionalTask; and our limits, with checks of their own. */
export const GRAPH_TASK_FIELDS: Fields = table(
  'name:str? agent:any context:any tools:any async_execution:bool? human_input:bool? guardrail:guardrail? ' +
    'max_retries:int output_json:any output_pydantic:any condition:any max_tokens_total:any max_cost_usd:any tool_approvals:any config:dict? id:id',
  'callback:any security_config:model converter_cls:class? prompt_context:str?',
  'output_file:str? markdown:bool? used_tools:int tools_errors:int delegations:int retry_count:int',
  ['description', 'expected_output'],
);

/** CrewAI 0.121.1's Crew, and `compat`, which is ours. */
export const GRAPH_CREW_FIELDS: Fields = table(
  'name:str? process:any compat:any manager_llm:any manager_agent:any tool_approvals:any ' +
    'tool_approval_timeout_seconds:any remind_after_seconds:any config:json? id:id',
  'verbose:bool cache:bool share_crew:bool? step_callback:any task_callback:any output_log_file:boolstr? ' +
    'execution_logs:dicts security_config:model chat_llm:any planning_llm:any usage_metrics:model? ' +
    'task_execution_output_json_files:strs? before_kickoff_callbacks:callables after_kickoff_callbacks:callables',
  'memory:bool memory_config:dict? short_term_memory:instance? long_term_memory:instance? entity_memory:instance? ' +
    'user_memory:instance? external_memory:instance? embedder:dict? function_calling_llm:any planning:bool? ' +
    'max_rpm:int? prompt_file:str? knowledge_sources:models? knowledge:knowledge?',
  [],
  ['planning', 'planning_llm', 'memory', 'embedder', 'knowledge_sources', 'max_rpm'],
);
