/** The plainest graph there is that makes a crew; a test says what is different about its own. */
export const aGraph = (fields: Record<string, unknown> = {}) => ({
  name: 'Letters',
  description: 'Writes a letter',
  nodes: [
    {
      id: 'writer',
      type: 'agent',
      position: { x: 0, y: 0 },
      data: { role: 'Writer', goal: 'write letters', backstory: 'You write.' },
    },
    {
      id: 'letter',
      type: 'task',
      position: { x: 200, y: 0 },
      data: { description: 'Write a letter', expected_output: 'A letter' },
    },
  ],
  edges: [{ id: 'e1', source: 'writer', target: 'letter' }],
  ...fields,
});
