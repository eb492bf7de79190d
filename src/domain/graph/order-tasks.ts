/**
 * Topological order, ties by place: of all that is free to go, the one that stands first in the document.
 * What lies on a cycle, or behind one, comes last, by place. O((n + e) log n).
 *
 * @param count how many there are; they are meant by their place, 0 … count − 1.
 * @param followers for each its successors, doubles allowed.
 */
export function topologicalOrder(
  count: number,
  followers: readonly (readonly number[])[],
): { order: number[]; stuck: number[] } {
  const waitsFor = Array.from({ length: count }, () => 0);
  for (const list of followers) for (const place of list) waitsFor[place] = (waitsFor[place] ?? 0) + 1;
  const free = createHeap();
  for (let place = 0; place < count; place += 1) if (waitsFor[place] === 0) free.push(place);
  const order: number[] = [];
  for (let place = free.pop(); place !== undefined; place = free.pop()) {
    order.push(place);
    for (const next of followers[place] ?? []) {
      const left = (waitsFor[next] ?? 0) - 1;
      waitsFor[next] = left;
      if (left === 0) free.push(next);
    }
  }
  const done = new Set(order);
  const stuck: number[] = [];
  for (let place = 0; place < count; place += 1) if (!done.has(place)) stuck.push(place);
  return { order: [...order, ...stuck], stuck };
}

/**
 * One cycle among those that are stuck, in the order of its edges; empty when there is none.
 *
 * @param stuck what {@link topologicalOrder} could not place.
 */
export function findCycle(stuck: readonly number[], followers: readonly (readonly number[])[]): number[] {
  const among = new Set(stuck);
  // backwards along the edges, because whatever is stuck has a predecessor that is
  const before = new Map<number, number>();
  for (const place of stuck) {
    for (const next of followers[place] ?? []) if (among.has(next)) before.set(next, place);
  }
  const seen = new Map<number, number>();
  const path: number[] = [];
  let at = stuck[0];
  while (at !== undefined && !seen.has(at)) {
    seen.set(at, path.length);
    path.push(at);
    at = before.get(at);
  }
  return at === undefined ? [] : path.slice(seen.get(at)).toReversed();
}

interface Heap {
  push: (value: number) => void;
  pop: () => number | undefined;
}

/** A binary heap, least first. */
function createHeap(): Heap {
  const items: number[] = [];
  const at = (index: number): number => items[index] ?? Infinity;
  const swap = (one: number, other: number): void => {
    const kept = at(one);
    items[one] = at(other);
    items[other] = kept;
  };
  return {
    push: (value) => {
      items.push(value);
      for (let index = items.length - 1; index > 0;) {
        const parent = (index - 1) >> 1;
        if (at(parent) <= at(index)) break;
        swap(parent, index);
        index = parent;
      }
    },
    pop: () => {
      const first = items[0];
      const last = items.pop();
      if (items.length === 0 || last === undefined) return first;
      items[0] = last;
      for (let index = 0; ;) {
        const left = 2 * index + 1;
        const least = at(left + 1) < at(left) ? left + 1 : left;
        if (at(least) >= at(index)) break;
        swap(least, index);
        index = least;
      }
      return first;
    },
  };
}
