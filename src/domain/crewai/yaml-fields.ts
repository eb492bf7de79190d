/**
 * What CrewAI 0.121.1 knows in `agents.yaml` and `tasks.yaml`, with our `tool_approvals`, and what becomes of it here:
 * `used` makes it into the plan, `ignored` changes nothing that could be seen (verbosity, caches, Python
 * hooks' defaults), `not_carried_out` would change the outcome and therefore warns when it is set.
 */
export type FieldUse = 'used' | 'ignored' | 'not_carried_out';

const fields = (used: string, ignored: string, notCarriedOut: string): ReadonlyMap<string, FieldUse> =>
  new Map<string, FieldUse>([
    ...used.split(' ').map((name): [string, FieldUse] => [name, 'used']),
    ...ignored.split(' ').map((name): [string, FieldUse] => [name, 'ignored']),
    ...notCarriedOut.split(' ').map((name): [string, FieldUse] => [name, 'not_carried_out']),
  ]);

export const AGENT_FIELDS = fields(
  'role goal backstory llm tools tool_approvals max_iter max_tokens max_rpm',
  'verbose cache step_callback callbacks use_system_prompt respect_context_window max_retry_limit ' +
    'code_execution_mode date_format max_reasoning_attempts security_config cache_handler',
  'allow_delegation max_execution_time function_calling_llm system_template prompt_template ' +
    'response_template allow_code_execution multimodal inject_date reasoning embedder knowledge ' +
    'knowledge_sources knowledge_storage knowledge_config from_repository adapted_agent config',
);

export const TASK_FIELDS = fields(
  'description expected_output agent context tools tool_approvals name',
  'callback callbacks max_retries security_config converter_cls verbose',
  'output_file async_execution human_input guardrail markdown output_json output_pydantic config',
);

/** CrewAI's default of `max_iter`. */
export const DEFAULT_MAX_ITER = 25;
