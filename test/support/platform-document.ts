/** What the platform's document prints: its commands and programs letter by letter, and its requests with their answers. */

/** The complete workflow example, step by step. */
export const CURL_COMMANDS = [
  String.raw`curl -X POST http://localhost:8000/api/v1/agents/ \
  -H "Content-Type: application/json" \
  -d '{
    "name": "Content Writer",
    "role": "Content Creator",
    "goal": "Create engaging content",
    "model": "llama-4-maverick-17b-128e-instruct"
  }'`,
  String.raw`curl -X POST http://localhost:8000/api/v1/workflows/ \
  -H "Content-Type: application/json" \
  -d '{
    "name": "Content Pipeline",
    "description": "Automated content creation",
    "workflow_type": "linear"
  }'`,
  String.raw`curl -X POST http://localhost:8000/api/v1/tasks/ \
  -H "Content-Type: application/json" \
  -d '{
    "workflow_id": 1,
    "agent_id": 1,
    "name": "Write Article",
    "description": "Write a blog article about AI",
    "task_type": "ai_task"
  }'`,
  String.raw`curl -X POST http://localhost:8000/api/v1/workflows/1/execute \
  -H "Content-Type: application/json" \
  -d '{
    "input_data": {
      "topic": "AI in Healthcare",
      "length": "1000 words"
    }
  }'`,
];

export const PYTHON = `import requests

# Get all agents
response = requests.get('http://localhost:8000/api/v1/agents/')
agents = response.json()

# Create new agent
agent_data = {
    "name": "Python Agent",
    "role": "Python Developer",
    "goal": "Write Python code",
    "model": "llama-4-maverick-17b-128e-instruct"
}
response = requests.post('http://localhost:8000/api/v1/agents/', json=agent_data)
`;

export const JAVASCRIPT = `// Get all agents
fetch('http://localhost:8000/api/v1/agents/')
  .then(response => response.json())
  .then(agents => console.log(agents));

// Create new agent
const agentData = {
  name: "JS Agent",
  role: "JavaScript Developer",
  goal: "Write JavaScript code",
  model: "llama-4-maverick-17b-128e-instruct"
};

fetch('http://localhost:8000/api/v1/agents/', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(agentData)
})
.then(response => response.json())
.then(agent => console.log(agent));
`;

/** A request, the status it is answered with, and the answer where the document shows one. */
export interface PrintedRequest {
  method: string;
  path: string;
  body?: unknown;
  status: number;
  shown?: unknown;
}

const AGENT = {
  id: 1,
  name: 'Researcher',
  role: 'Research Specialist',
  goal: 'Gather and analyze information from various sources',
  backstory: 'An expert researcher with years of experience...',
  model: 'llama-4-maverick-17b-128e-instruct',
  temperature: '0.6',
  max_tokens: 32_768,
  top_p: '0.9',
  is_active: true,
  created_at: '2024-01-15T10:30:00Z',
  updated_at: '2024-01-15T10:30:00Z',
  created_by: null,
  config: null,
  capabilities: ['Web Search', 'Data Analysis', 'Report Generation'],
  tools: ['search_tool', 'analysis_tool'],
};

const NEW_AGENT = {
  name: 'New Agent',
  role: 'Agent Role',
  goal: 'Agent goal description',
  backstory: 'Agent backstory (optional)',
  model: 'llama-4-maverick-17b-128e-instruct',
  temperature: '0.6',
  max_tokens: 32_768,
  top_p: '0.9',
  is_active: true,
  config: {},
  capabilities: ['Capability 1', 'Capability 2'],
  tools: ['tool1', 'tool2'],
};

const NEW_WORKFLOW = {
  name: 'New Workflow',
  description: 'Workflow description',
  workflow_type: 'linear',
  config: {},
  is_active: true,
};

const NEW_TASK = {
  workflow_id: 1,
  agent_id: 1,
  name: 'Task Name',
  description: 'Task description',
  task_type: 'ai_task',
  priority: 0,
  order: 0,
  input_data: {},
  config: {},
  dependencies: [],
  is_active: true,
};

const EXECUTION = {
  id: 1,
  workflow_id: 1,
  status: 'pending',
  started_at: '2024-01-15T10:30:00Z',
  completed_at: null,
  input_data: { key: 'value' },
  output_data: null,
  error_message: null,
  execution_log: null,
  created_by: null,
};

const STATS = {
  total_executions: 100,
  successful_executions: 95,
  failed_executions: 5,
  running_executions: 2,
  success_rate: 95.0,
  average_execution_time: 120.5,
  total_tokens_used: 50_000,
  executions_by_day: [{ date: '2024-01-15', count: 10, successful: 9, failed: 1 }],
  top_workflows: [{ workflow_id: 1, count: 50, successful: 48, failed: 2 }],
  error_breakdown: [{ error: 'Connection timeout', count: 3 }],
};

/**
 * Every request of the document after its complete example, which makes agent, workflow, task and execution 1. Those
 * that delete name what is made just before; steering a workflow needs live executions and is tested by itself.
 */
export const PRINTED_REQUESTS: PrintedRequest[] = [
  { method: 'GET', path: '/api/v1/agents/', status: 200, shown: [AGENT] },
  { method: 'GET', path: '/api/v1/agents/?skip=0&limit=100&active_only=true', status: 200, shown: [AGENT] },
  { method: 'GET', path: '/api/v1/agents/1', status: 200, shown: AGENT },
  { method: 'POST', path: '/api/v1/agents/', body: NEW_AGENT, status: 201, shown: AGENT },
  { method: 'PUT', path: '/api/v1/agents/1', body: NEW_AGENT, status: 200, shown: AGENT },
  { method: 'PUT', path: '/api/v1/agents/1', body: { name: 'Renamed' }, status: 200, shown: AGENT },
  {
    method: 'POST',
    path: '/api/v1/agents/1/test',
    body: { input: 'Test input for the agent', context: { additional: 'context data' } },
    status: 200,
    shown: {
      agent_id: 1,
      input: 'Test input for the agent',
      output: 'Agent response',
      execution_time: 1.23,
      tokens_used: 150,
      success: true,
      error: null,
    },
  },
  { method: 'GET', path: '/api/v1/workflows/', status: 200, shown: [NEW_WORKFLOW] },
  { method: 'GET', path: '/api/v1/workflows/?skip=0&limit=100&active_only=true', status: 200 },
  { method: 'GET', path: '/api/v1/workflows/1', status: 200, shown: NEW_WORKFLOW },
  { method: 'POST', path: '/api/v1/workflows/', body: NEW_WORKFLOW, status: 201, shown: NEW_WORKFLOW },
  { method: 'PUT', path: '/api/v1/workflows/1', body: NEW_WORKFLOW, status: 200, shown: NEW_WORKFLOW },
  {
    method: 'POST',
    path: '/api/v1/workflows/1/execute',
    body: { input_data: { key: 'value' }, config: { additional: 'configuration' } },
    status: 202,
    shown: EXECUTION,
  },
  { method: 'GET', path: '/api/v1/workflows/1/executions', status: 200, shown: [EXECUTION] },
  { method: 'GET', path: '/api/v1/tasks/', status: 200, shown: [NEW_TASK] },
  {
    method: 'GET',
    path: '/api/v1/tasks/?skip=0&limit=100&workflow_id=1&agent_id=1&status=completed',
    status: 200,
    shown: [NEW_TASK],
  },
  { method: 'GET', path: '/api/v1/tasks/1', status: 200, shown: NEW_TASK },
  { method: 'POST', path: '/api/v1/tasks/', body: NEW_TASK, status: 201, shown: NEW_TASK },
  { method: 'PUT', path: '/api/v1/tasks/1', body: NEW_TASK, status: 200, shown: NEW_TASK },
  { method: 'POST', path: '/api/v1/tasks/1/execute', status: 202, shown: EXECUTION },
  { method: 'GET', path: '/api/v1/tasks/1/executions', status: 200 },
  { method: 'POST', path: '/api/v1/tasks/1/retry', status: 409 },
  { method: 'GET', path: '/api/v1/tasks/workflow/1', status: 200, shown: [NEW_TASK] },
  { method: 'GET', path: '/api/v1/executions/', status: 200, shown: [EXECUTION] },
  {
    method: 'GET',
    path: '/api/v1/executions/?skip=0&limit=100&workflow_id=1&status=completed',
    status: 200,
    shown: [EXECUTION],
  },
  { method: 'GET', path: '/api/v1/executions/1', status: 200, shown: EXECUTION },
  { method: 'GET', path: '/api/v1/executions/stats', status: 200, shown: STATS },
  { method: 'GET', path: '/api/v1/executions/stats?workflow_id=1&days=30', status: 200, shown: STATS },
  { method: 'GET', path: '/api/v1/executions/1/logs', status: 200 },
  { method: 'GET', path: '/api/v1/executions/1/status', status: 200 },
  { method: 'POST', path: '/api/v1/executions/1/cancel', status: 409 },
  { method: 'DELETE', path: '/api/v1/tasks/2', status: 200 },
  { method: 'DELETE', path: '/api/v1/workflows/2', status: 200 },
  { method: 'DELETE', path: '/api/v1/agents/2', status: 200 },
];
