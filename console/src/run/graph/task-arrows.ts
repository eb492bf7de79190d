import type { TaskRunSchema } from '../../api/client.ts';
import type { Arrow } from '../../drawing/layout.ts';

/** What hands what on: where a task waits for others, an arrow from each. */
export function taskArrows(tasks: readonly TaskRunSchema[]): Arrow[] {
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
