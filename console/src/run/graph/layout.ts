import type { TaskRunSchema } from '../../api/client.ts';

/** Where each task stands in the drawing. */
export interface Place {
  x: number;
  y: number;
}

export interface TaskEdge {
  id: string;
  source: string;
  target: string;
}

export const NODE_WIDTH = 220;
export const NODE_HEIGHT = 74;

/** Above so many tasks a plain grid by depth stands in for the careful drawing, which takes long. */
export const MOST_FOR_ELK = 400;

/** What hands what on: where a task waits for others, an arrow from each. */
export function taskEdges(tasks: readonly TaskRunSchema[]): TaskEdge[] {
  const known = new Set(tasks.map(({ key }) => key));
  return tasks.flatMap(({ key, depends_on: before, context }) =>
    // The context alone is drawn where it is told: waiting for everything before is no more than the order.
    nearest(before, context)
      .filter((source) => known.has(source))
      .map((source) => ({ id: `${source}→${key}`, source, target: key })),
  );
}

/** A task without a context of its own waits for all before it: one arrow, from the last, says it. */
function nearest(before: readonly string[], context: readonly string[] | null): readonly string[] {
  const last = before.at(-1);
  if (context === null) return last === undefined ? [] : [last];
  const told = context.filter((key) => before.includes(key));
  return told.length > 0 ? told : before.slice(-1);
}

/** Tasks by how many stand before them, in columns. */
export function gridLayout(tasks: readonly TaskRunSchema[], edges: readonly TaskEdge[]): Map<string, Place> {
  const before = Map.groupBy(edges, ({ target }) => target);
  const depths = new Map<string, number>();
  const filled = new Map<number, number>();
  const places = new Map<string, Place>();
  for (const { key } of tasks) {
    const depth = Math.max(0, ...(before.get(key) ?? []).map(({ source }) => (depths.get(source) ?? 0) + 1));
    const row = filled.get(depth) ?? 0;
    depths.set(key, depth);
    filled.set(depth, row + 1);
    places.set(key, { x: depth * (NODE_WIDTH + 60), y: row * (NODE_HEIGHT + 26) });
  }
  return places;
}

/** The careful drawing. The layouter is large and loaded when the first graph is drawn. */
export async function elkLayout(
  tasks: readonly { key: string }[],
  edges: readonly TaskEdge[],
): Promise<Map<string, Place>> {
  const [{ default: Elk }, { default: workerUrl }] = await Promise.all([
    import('elkjs/lib/elk-api.js'),
    import('elkjs/lib/elk-worker.min.js?url'),
  ]);
  const elk = new Elk({ workerUrl });
  try {
    const drawn = await elk.layout({
      id: 'run',
      layoutOptions: {
        'elk.algorithm': 'layered',
        'elk.direction': 'RIGHT',
        'elk.layered.spacing.nodeNodeBetweenLayers': '60',
        'elk.spacing.nodeNode': '26',
      },
      children: tasks.map(({ key }) => ({ id: key, width: NODE_WIDTH, height: NODE_HEIGHT })),
      edges: edges.map(({ id, source, target }) => ({ id, sources: [source], targets: [target] })),
    });
    return new Map((drawn.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
  } finally {
    elk.terminateWorker();
  }
}
