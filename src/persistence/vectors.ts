/** Vectors as they are kept (32-bit floats, little-endian) and compared. */

/** As base64, for `decode(…, 'base64')` in a statement. */
export const vectorText = (vector: readonly number[]): string =>
  Buffer.from(Float32Array.from(vector).buffer).toString('base64');

const readVector = (bytes: Buffer): Float32Array =>
  new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength - (bytes.byteLength % 4)),
  );

/** What is less alike than this is not about the same; CrewAI's own threshold. */
const LEAST_LIKENESS = 0.35;

/** The rows nearest to a vector by cosine, nearest first. Exact: every row is looked at, so callers bound them. */
export function nearest<Row extends { embedding: Buffer }>(
  rows: readonly Row[],
  to: readonly number[],
  most: number,
): Row[] {
  const wanted = Float32Array.from(to);
  return rows
    .map((row) => ({ row, likeness: cosine(readVector(row.embedding), wanted) }))
    .filter(({ likeness }) => likeness >= LEAST_LIKENESS)
    .sort((one, other) => other.likeness - one.likeness)
    .slice(0, most)
    .map(({ row }) => row);
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
