/** Where each node of a drawing stands. */
export interface Place {
  x: number;
  y: number;
}

/** What leads from one node to another. */
export interface Arrow {
  id: string;
  source: string;
  target: string;
}

export const NODE_WIDTH = 220;
export const NODE_HEIGHT = 74;
const BETWEEN_COLUMNS = 60;
const BETWEEN_ROWS = 26;

/** Above so many nodes a plain grid by depth stands in for the careful drawing, which takes long. */
const MOST_FOR_ELK = 400;

/** From left to right, or downwards where there is room for one column only. */
export type Direction = 'RIGHT' | 'DOWN';

/** Places for all nodes. */
export const layOut = async (
  keys: readonly string[],
  arrows: readonly Arrow[],
  direction: Direction,
): Promise<Map<string, Place>> =>
  keys.length > MOST_FOR_ELK ? gridLayout(keys, arrows) : elkLayout(keys, arrows, direction);

/** Nodes by how many stand before them, in columns. @param keys each after those it hangs on */
function gridLayout(keys: readonly string[], arrows: readonly Arrow[]): Map<string, Place> {
  const before = Map.groupBy(arrows, ({ target }) => target);
  const depths = new Map<string, number>();
  const filled = new Map<number, number>();
  const places = new Map<string, Place>();
  for (const key of keys) {
    const depth = Math.max(0, ...(before.get(key) ?? []).map(({ source }) => (depths.get(source) ?? 0) + 1));
    const row = filled.get(depth) ?? 0;
    depths.set(key, depth);
    filled.set(depth, row + 1);
    places.set(key, { x: depth * (NODE_WIDTH + BETWEEN_COLUMNS), y: row * (NODE_HEIGHT + BETWEEN_ROWS) });
  }
  return places;
}

/** The careful drawing. The layouter is large and loaded when the first graph is drawn. */
async function elkLayout(
  keys: readonly string[],
  arrows: readonly Arrow[],
  direction: Direction,
): Promise<Map<string, Place>> {
  const [{ default: Elk }, { default: workerUrl }] = await Promise.all([
    import('elkjs/lib/elk-api.js'),
    import('elkjs/lib/elk-worker.min.js?url'),
  ]);
  const elk = new Elk({ workerUrl });
  try {
    const drawn = await elk.layout({
      id: 'drawing',
      layoutOptions: {
        'elk.algorithm': 'layered',
        'elk.direction': direction,
        'elk.layered.spacing.nodeNodeBetweenLayers': String(BETWEEN_COLUMNS),
        'elk.spacing.nodeNode': String(BETWEEN_ROWS),
      },
      children: keys.map((id) => ({ id, width: NODE_WIDTH, height: NODE_HEIGHT })),
      edges: arrows.map(({ id, source, target }) => ({ id, sources: [source], targets: [target] })),
    });
    return new Map((drawn.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
  } finally {
    elk.terminateWorker();
  }
}
