/** The graphs that the documentation shows. */

const exampleNodes = [
  {
    id: 'researcher',
    type: 'agent',
    position: { x: 0, y: 0 },
    data: {
      role: 'Senior Researcher',
      goal: 'Find what is new in {topic}',
      backstory: 'You read everything.',
    },
  },
  {
    id: 'research',
    type: 'task',
    position: { x: 240, y: 0 },
    data: { description: 'Research {topic}', expected_output: 'Ten findings' },
  },
];
const exampleEdges = [{ id: 'e1', source: 'researcher', target: 'research' }];

export const exampleDocument = {
  name: 'Research',
  description: 'Finds what is new',
  nodes: exampleNodes,
  edges: exampleEdges,
};

export const exampleGraphSummary = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e61',
  owner_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  name: 'Research',
  description: 'Finds what is new',
  version: 1,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
};

export const exampleGraph = {
  ...exampleGraphSummary,
  nodes: exampleNodes,
  edges: exampleEdges,
  viewport: null,
};

export const exampleGraphVersion = {
  graph_id: exampleGraphSummary.id,
  version: 1,
  created_at: '2026-11-20T09:30:00.000Z',
  created_by: exampleGraphSummary.owner_id,
};

export const exampleValidation = {
  valid: true,
  errors: [],
  warnings: [],
  crewai_version: '0.121.1',
  execution_order: ['research'],
  inputs: ['topic'],
};
