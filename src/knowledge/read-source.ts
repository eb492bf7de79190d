import { invalid } from '../domain/errors.ts';
import { brokenText } from '../domain/utf8-text.ts';
import { parseJson } from '../domain/json.ts';
import { tablePieces, textPieces } from '../domain/run/pieces.ts';
import { storableText } from '../domain/storable-text.ts';
import { readPdf } from './read-pdf.ts';

/** What a knowledge source may be made of. */
export const KNOWLEDGE_KINDS = ['text', 'pdf', 'csv', 'json'] as const;
export type KnowledgeKind = (typeof KNOWLEDGE_KINDS)[number];

/** Characters of text one source may hold, however it came. */
export const MOST_TEXT = 2_000_000;

/** A source in the pieces in which it is searched. @throws {MusterError} VALIDATION_FAILED when there is nothing to read, or too much. */
export async function readSource(kind: KnowledgeKind, content: string | Buffer): Promise<string[]> {
  const text = storableText(typeof content === 'string' ? content : await readPdf(content));
  const refuse = (message: string): never => {
    throw invalid('The knowledge source cannot be taken', [{ path: '/content', message }]);
  };
  const broken = typeof content === 'string' ? brokenText(content) : null;
  if (broken !== null) refuse(broken);
  if (text.length > MOST_TEXT) refuse(`it holds more than ${MOST_TEXT} characters of text; send it in parts`);
  const pieces = piecesOf(kind, text, refuse);
  if (pieces.length === 0)
    refuse('it holds no text; a scanned PDF has to be read by a text recognition first');
  return pieces;
}

function piecesOf(kind: KnowledgeKind, text: string, refuse: (message: string) => never): string[] {
  if (kind === 'csv') return tablePieces(text);
  if (kind !== 'json') return textPieces(text);
  const value = parseJson(text);
  return value === undefined ? refuse('it is not JSON') : textPieces(JSON.stringify(value, null, 1));
}
