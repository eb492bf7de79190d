import { extractText, getDocumentProxy } from 'unpdf';
import { invalid } from '../domain/errors.ts';

/**
 * The text of a PDF. Takes as long and as much memory as it takes: to be called in a computing process only.
 * @throws {MusterError} VALIDATION_FAILED when it cannot be read
 */
export async function readPdf(bytes: Uint8Array): Promise<string> {
  try {
    const document = await getDocumentProxy(Uint8Array.from(bytes), { isEvalSupported: false });
    const { text } = await extractText(document, { mergePages: false });
    return text.join('\n\n');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid('The PDF cannot be read', [
      { path: '', message: `it is damaged, encrypted or no PDF: ${why}` },
    ]);
  }
}
