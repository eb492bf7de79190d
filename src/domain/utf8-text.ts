/** How every text of a user's file is read: as UTF-8, with or without a byte order mark, and never guessed at. */
export type DecodedText = { ok: true; text: string } | { ok: false; reason: string };

const MEND = 'save it as UTF-8 and send it again';

/** @returns the text without its byte order mark, or why the bytes are none, and how to mend that */
export function decodeUtf8(bytes: Uint8Array): DecodedText {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { ok: false, reason: `it is UTF-16, not UTF-8: ${MEND}` };
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, reason: `not a text in UTF-8 (${placeOfFault(bytes)}): ${MEND}` };
  }
}

/** The line with the first byte that cannot be read. A line break is never part of another character. */
function placeOfFault(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    const part = bytes.subarray(start, end === -1 ? bytes.length : end);
    try {
      decoder.decode(part);
    } catch {
      return `line ${line}`;
    }
    if (end === -1) return `line ${line}`;
    start = end + 1;
    line += 1;
  }
}

/** The sign by which programs replace bytes they could not read. */
const REPLACEMENT = '\uFFFD';

/** What is wrong with a text that somebody else has decoded; null when nothing is. */
export const brokenText = (text: string): string | null =>
  text.includes(REPLACEMENT)
    ? `it holds the character U+FFFD, which stands for bytes that could not be read: ${MEND}`
    : null;
