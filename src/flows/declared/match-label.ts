/** As it is compared: letters and digits in lower case, one `_` for all that lies between. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');

/**
 * Which of some labels an answer of a model or a person means: the very one, else the only one that differs in case, white
 * space or punctuation, so that `Needs work.` is `needs_work`.
 *
 * @returns undefined when it is none, or could be several
 */
export function matchLabel(labels: readonly string[], answer: string): string | undefined {
  const text = answer.trim();
  if (labels.includes(text)) return text;
  const wanted = plain(text);
  const alike = wanted === '' ? [] : labels.filter((label) => plain(label) === wanted);
  return alike.length === 1 ? alike[0] : undefined;
}
