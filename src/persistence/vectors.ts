/** Vectors as they are kept (32-bit floats, little-endian) and compared. */

/** As base64, for `decode(…, 'base64')` in a statement. */
export const vectorText = (vector: readonly number[]): string =>
  Buffer.from(Float32Array.from(vector).buffer).toString('base64');

const readVector = (bytes: Buffer): Float32Array =>
  new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength - (bytes.byteLength % 4)),
  );

/** What is less alike than this is not about the same; CrewAI's own threshold. */
export const LEAST_LIKENESS = 0.35;

/** Of rows that are shown to it, some at a time, those nearest to a vector by cosine. Exact: every row counts. */
export interface Nearest<Row> {
  see(rows: readonly Row[]): void;
  /** Nearest first. */
  found(): Row[];
}

export function nearestTo<Row extends { embedding: Buffer }>(
  vector: readonly number[],
  most: number,
): Nearest<Row> {
  const wanted = Float32Array.from(vector);
  let best: { row: Row; likeness: number }[] = [];
  return {
    see(rows) {
      const near = rows
        .map((row) => ({ row, likeness: cosine(readVector(row.embedding), wanted) }))
        .filter(({ likeness }) => likeness >= LEAST_LIKENESS);
      best = [...best, ...near].sort((one, other) => other.likeness - one.likeness).slice(0, most);
    },
    found: () => best.map(({ row }) => row),
  };
}

function cosine(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return 0;
  let dot = 0;
  let ones = 0;
  let others = 0;
  for (let at = 0; at < one.length; at += 1) {
    const a = one[at] ?? 0;
    const b = other[at] ?? 0;
    dot += a * b;
    ones += a * a;
    others += b * b;
  }
  return ones === 0 || others === 0 ? 0 : dot / Math.sqrt(ones * others);
}

/** The words of a text, as `websearch_to_tsquery` finds any of them. Empty when there is nothing to look for. */
export function anyWord(text: string): string {
  const words = new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).filter((word) => word !== 'and'),
  );
  return [...words].slice(0, 64).join(' or ');
}
