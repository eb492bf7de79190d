/** The executions that the documentation shows. */

export const exampleExecution = {
  id: 1,
  execution_id: '550e8400-e29b-41d4-a716-446655440000',
  kind: 'crew',
  workflow_id: null,
  graph_id: null,
  flow_name: null,
  crew_name: 'research',
  thread_id: null,
  parent_execution_id: null,
  status: 'completed',
  pause_requested: false,
  input_data: { topic: 'AI in healthcare' },
  output_data: { raw: 'The report …', data: {}, tasks_output: [] },
  result: { raw: 'The report …', data: {}, tasks_output: [] },
  error: null,
  error_message: null,
  error_code: null,
  execution_log: null,
  priority: 0,
  tags: [],
  token_usage: { prompt_tokens: 1200, completion_tokens: 800, total_tokens: 2000 },
  cost_usd: null,
  model: 'openai/gpt-4o-mini',
  started_at: '2026-11-20T09:30:00.000Z',
  created_at: '2026-11-20T09:30:00.000Z',
  completed_at: '2026-11-20T09:31:12.000Z',
  updated_at: '2026-11-20T09:31:12.000Z',
  created_by: '6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a11',
  temporal: { workflow_id: 'crew-run/550e8400-e29b-41d4-a716-446655440000', run_id: null, url: null },
  mlflow: null,
};

export const exampleTask = {
  id: 1,
  key: 'research_task',
  name: 'research_task',
  status: 'running',
  attempts: 1,
  agent: 'Senior Researcher',
  output: null,
  error: null,
  error_code: null,
  token_usage: { prompt_tokens: 400, completion_tokens: 0, total_tokens: 400 },
  started_at: '2026-11-20T09:30:00.000Z',
  completed_at: null,
};

export const exampleEvent = {
  seq: 2,
  type: 'task_started',
  execution_id: '550e8400-e29b-41d4-a716-446655440000',
  id: 1,
  workflow_id: null,
  task_id: 1,
  task_key: 'research_task',
  agent_id: null,
  status: 'running',
  timestamp: '2026-11-20T09:30:00.000Z',
  data: { attempt: 1 },
};

export const exampleStats = {
  total_executions: 100,
  successful_executions: 95,
  failed_executions: 5,
  running_executions: 2,
  success_rate: 95.0,
  average_execution_time: 120.5,
  total_tokens_used: 50_000,
  executions_by_day: [{ date: '2026-11-20', count: 10, successful: 9, failed: 1 }],
  top_workflows: [{ workflow_id: 1, count: 50, successful: 48, failed: 2 }],
  error_breakdown: [{ error: 'MODEL_TIMEOUT', count: 3 }],
};

export const exampleLogEntry = {
  seq: 1,
  timestamp: '2026-11-20T09:30:00.000Z',
  level: 'info' as const,
  message: 'workflow started',
  data: {},
};

export const exampleMetrics = {
  id: 1,
  execution_id: '550e8400-e29b-41d4-a716-446655440000',
  status: 'completed' as const,
  queue_time: 0.02,
  execution_time: 72.1,
  model_time: 68.4,
  tool_time: 1.2,
  model_calls: 6,
  failed_model_calls: 1,
  tool_calls: 2,
  token_usage: { prompt_tokens: 1200, completion_tokens: 800, total_tokens: 2000 },
  tasks: { completed: 2 },
};
