/** Examples for the documentation of flows. */

export const exampleDefinition = [
  'schema: crewai.flow/v1',
  'name: SummaryFlow',
  'state: {type: dict, default: {topic: otters}}',
  'methods:',
  '  summarize:',
  '    start: true',
  '    do:',
  '      call: agent',
  '      with: {role: Analyst, goal: Summarize, input: "Say what matters about ${state.topic}."}',
  '',
].join('\n');

export const exampleFlow = {
  kind: 'declarative' as const,
  name: 'summary_flow',
  path: 'summary-flow',
  summary: 'SummaryFlow',
  description: '',
  execute_url: '/api/v1/summary-flow/execute',
  steps: [{ name: 'summarize', kind: 'start' as const, listens_to: null, labels: [] }],
  definition: { schema: 'crewai.flow/v1', name: 'SummaryFlow', methods: {} },
  source: exampleDefinition,
  created_at: '2025-10-26T10:30:00.000Z',
  updated_at: '2025-10-26T10:30:00.000Z',
};
