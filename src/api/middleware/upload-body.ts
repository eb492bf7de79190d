import type { IncomingMessage } from 'node:http';
import { MusterError } from '../../domain/errors.ts';
import type { UploadSpec } from '../define-route.ts';
import { DRAIN_LIMIT, readBodyBytes, tooLarge } from '../../http/body-bytes.ts';

/** Whether a request brings the file that a route takes in place of JSON. */
export function bringsUpload(request: IncomingMessage, { contentType }: UploadSpec): boolean {
  const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  return type.trim() === contentType;
}

/** The bytes of a file that is the body. @throws {MusterError} 413 above the limit, 415 when it is compressed once more. */
export async function readUpload(request: IncomingMessage, { limitBytes }: UploadSpec): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > DRAIN_LIMIT) throw tooLarge(limitBytes);
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new MusterError('UNSUPPORTED_MEDIA_TYPE', 'Send the file as it is, without a content encoding');
  return readBodyBytes(request, limitBytes);
}
