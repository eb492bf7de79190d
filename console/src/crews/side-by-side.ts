/** Lines that two texts share, or that one of them has. */
export interface Change {
  value: string;
  added: boolean;
  removed: boolean;
}

/** One line of both texts; null where a text has none. */
export interface Row {
  left: string | null;
  right: string | null;
  isSame: boolean;
}

/** Lines kept around what has changed; the others are left out and said so. */
const AROUND = 3;

/** Changes in rows: what was beside what is, with a few lines around. */
export function sideBySide(changes: readonly Change[]): Row[] {
  return changes.flatMap((change, index): Row[] => {
    const lines = change.value.replace(/\n$/, '').split('\n');
    if (!change.added && !change.removed) return shortened(lines, index === 0, index === changes.length - 1);
    const next = changes[index + 1];
    const previous = changes[index - 1];
    if (change.removed && next?.added === true)
      return paired(lines, next.value.replace(/\n$/, '').split('\n'));
    // What came in for something stands beside it already.
    if (change.added && previous?.removed === true) return [];
    return lines.map((line) =>
      change.added ? { left: null, right: line, isSame: false } : { left: line, right: null, isSame: false },
    );
  });
}

const paired = (left: readonly string[], right: readonly string[]): Row[] =>
  Array.from({ length: Math.max(left.length, right.length) }, (_, at) => ({
    left: left[at] ?? null,
    right: right[at] ?? null,
    isSame: false,
  }));

const same = (line: string): Row => ({ left: line, right: line, isSame: true });

function shortened(lines: readonly string[], isFirst: boolean, isLast: boolean): Row[] {
  const head = isFirst ? 0 : AROUND;
  const tail = isLast ? 0 : AROUND;
  const left = lines.length - head - tail;
  if (left <= 1) return lines.map(same);
  return [
    ...lines.slice(0, head).map(same),
    same(`… ${left} lines alike …`),
    ...lines.slice(lines.length - tail).map(same),
  ];
}
