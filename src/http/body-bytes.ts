import type { IncomingMessage } from 'node:http';
import { MusterError } from '../domain/errors.ts';

const MEGABYTE = 1024 * 1024;
/** Bytes read and thrown away of a body that is too long, so that its sender gets to read the answer. */
export const DRAIN_LIMIT = 16 * MEGABYTE;

export const tooLarge = (limitBytes: number): MusterError =>
  new MusterError('PAYLOAD_TOO_LARGE', `The body is larger than ${limitBytes / MEGABYTE} MB`, {
    details: { limit_bytes: limitBytes },
  });

/** The whole of a body. @throws {MusterError} 413 above the limit, 400 when it broke off. */
export async function readBodyBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) throw new Error('the request stream must yield bytes');
      length += chunk.length;
      if (length <= limitBytes) chunks.push(chunk);
      else if (length > DRAIN_LIMIT) throw tooLarge(limitBytes);
    }
  } catch (error) {
    if (error instanceof MusterError) throw error;
    throw new MusterError('INVALID_JSON', 'The body broke off', { cause: error });
  }
  if (length > limitBytes) throw tooLarge(limitBytes);
  return Buffer.concat(chunks);
}
