/** Characters of one piece, about a long paragraph, and how many a piece shares with the one before. */
const PIECE_CHARS = 1_200;
const OVERLAP_CHARS = 150;

/** A text in pieces that end at a paragraph, a line, a sentence or a word where one is near. Pure. */
export function textPieces(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (from < text.length) {
    const to = from + PIECE_CHARS >= text.length ? text.length : goodEnd(text, from);
    const piece = text.slice(from, to).toWellFormed().trim();
    if (piece !== '') pieces.push(piece);
    if (to === text.length) break;
    from = Math.max(to - OVERLAP_CHARS, from + 1);
  }
  return pieces;
}

/** The last good place to cut in the second half of a piece. */
function goodEnd(text: string, from: number): number {
  const most = from + PIECE_CHARS;
  for (const mark of ['\n\n', '\n', '. ', ' ']) {
    const at = text.lastIndexOf(mark, most - mark.length);
    if (at > from + PIECE_CHARS / 2) return at + mark.length;
  }
  return most;
}

/** Rows of a CSV in pieces, each under the heading of the table. Pure. */
export function tablePieces(text: string): string[] {
  const [heading = '', ...rows] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const pieces: string[] = [];
  let current = '';
  for (const row of rows) {
    if (current !== '' && current.length + row.length > PIECE_CHARS) {
      pieces.push(current);
      current = '';
    }
    current = current === '' ? row : `${current}\n${row}`;
  }
  if (current !== '') pieces.push(current);
  const whole = pieces.length === 0 ? [heading] : pieces.map((piece) => `${heading}\n${piece}`);
  return whole
    .filter((piece) => piece !== '')
    .flatMap((piece) => (piece.length > 4 * PIECE_CHARS ? textPieces(piece) : [piece]));
}
