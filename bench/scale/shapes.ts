import { AGENT, EXPECTED_OUTPUT, taskDescription } from '../task-text.ts';

/** Graphs of many tasks, as the visual builder sends them. What each task waits for is what its context names. */

/** `chain`: one after the other. `fan-out`: all of one. `layered`: ten side by side, each of three of the layer before. */
export const SHAPES = ['layered', 'fan-out', 'chain'] as const;
export type Shape = (typeof SHAPES)[number];

const WIDTH = 10;

/** Numbers, from 0, of the tasks whose outputs a task sees. */
function before(shape: Shape, number: number): number[] {
  if (number === 0) return [];
  switch (shape) {
    case 'chain':
      return [number - 1];
    case 'fan-out':
      return [0];
    case 'layered': {
      const layer = Math.floor(number / WIDTH) - 1;
      if (layer < 0) return [];
      return [0, 1, 2].map((step) => layer * WIDTH + ((number + step) % WIDTH));
    }
  }
}

/** The document of a graph whose tasks all name `{run}`. */
export function graphOf(shape: Shape, tasks: number): object {
  const numbers = Array.from({ length: tasks }, (_, number) => number);
  return {
    name: `${shape} of ${tasks}`,
    nodes: [
      { id: 'worker', type: 'agent', data: AGENT },
      { id: 'crew', type: 'crew', data: { process: 'graph' } },
      ...numbers.map((number) => ({
        id: `t${number}`,
        type: 'task',
        data: {
          agent: 'worker',
          description: taskDescription(number + 1, '{run}'),
          expected_output: EXPECTED_OUTPUT,
          // Said also where it is empty: without a word every task would see all outputs before it.
          ...(before(shape, number).length === 0 && { context: [] }),
        },
      })),
    ],
    edges: numbers.flatMap((number) =>
      before(shape, number).map((source) => ({ source: `t${source}`, target: `t${number}` })),
    ),
  };
}
