import type { IncomingHttpHeaders } from 'node:http';
import {
  isInitializeRequest,
  JSONRPCMessageSchema,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/sdk/types.js';
import { invalid, MusterError } from '../../../domain/errors.ts';

/** As many as the SDK takes in one batch. */
const MOST_MESSAGES = 100;
const ANSWERS = ['application/json', 'text/event-stream'];

/** Whether a client takes a type; without the header, and with a range for everything, it takes what there is. */
function takes(accept: string | undefined, type: string): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  const ranges = [type, `${type.split('/')[0] ?? ''}/*`, '*/*'];
  return accept.split(',').some((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    return ranges.includes(range) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/**
 * What the SDK's transport would refuse in words of its own is refused in ours, before it sees the request: every error of
 * this API looks alike.
 * @throws {MusterError} NOT_ACCEPTABLE, MALFORMED_REQUEST, VALIDATION_FAILED
 */
export function refuseUnfit(headers: IncomingHttpHeaders, body: unknown): void {
  if (!ANSWERS.every((type) => takes(headers.accept, type)))
    throw new MusterError('NOT_ACCEPTABLE', `MCP clients send Accept: ${ANSWERS.join(', ')}`);
  const version = headers['mcp-protocol-version'];
  if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(String(version))) {
    throw new MusterError(
      'MALFORMED_REQUEST',
      `MCP-Protocol-Version may be one of ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')}`,
    );
  }
  const messages: unknown[] = Array.isArray(body) ? body : [body];
  const pathOf = (index: number): string => (Array.isArray(body) ? `/${index}` : '');
  const issues = messages.flatMap((message, index) =>
    JSONRPCMessageSchema.safeParse(message).success
      ? []
      : [{ path: pathOf(index), message: 'is no JSON-RPC 2.0 message' }],
  );
  if (messages.length > MOST_MESSAGES)
    issues.push({ path: '', message: `has more than ${MOST_MESSAGES} messages` });
  if (messages.length > 1 && messages.some(isInitializeRequest))
    issues.push({ path: '', message: 'initialize comes alone' });
  if (issues.length > 0) throw invalid('The request does not fit', issues);
}
