import { fileURLToPath } from 'node:url';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Settings } from '../config.ts';
import { createKeyRing, type KeyRing, SecretLost } from '../security/key-ring.ts';

/**
 * Encrypts what Temporal keeps of us: arguments, results, memos, signals, queries, summaries, and the messages and
 * stacks of failures. Search attributes stay readable: the server finds runs by them.
 */

/** As Temporal's own samples name it. */
const ENCRYPTED = 'binary/encrypted';
const LABEL = 'muster payloads in temporal';
const { Payload: wire } = proto.temporal.api.common.v1;
const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('utf8');
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);

/** Hides messages and stacks of failures in a payload, where the codec finds them. For the worker, and its bundle. */
const HIDDEN_FAILURES = fileURLToPath(new URL('./hidden-failures.cjs', import.meta.url));

/** What decides about encryption. */
export type CodecSettings = Pick<Settings, 'PAYLOAD_ENCRYPTION_KEYS'>;

/** Whether payloads are encrypted. */
export const encrypts = ({ PAYLOAD_ENCRYPTION_KEYS: keys }: CodecSettings): boolean => keys.length > 0;

/** Decrypts with every key of the ring, encrypts with the first one; what is not encrypted passes as it is. */
export function createPayloadCodec({ PAYLOAD_ENCRYPTION_KEYS: keys }: CodecSettings): PayloadCodec {
  const ring = createKeyRing(keys, LABEL);
  return {
    encode: async (payloads) =>
      ring.present === null ? payloads : payloads.map((payload) => encrypted(ring, payload)),
    decode: async (payloads) => payloads.map((payload) => decrypted(ring, payload)),
  };
}

function encrypted(ring: KeyRing, payload: Payload): Payload {
  const { keyId, sealed } = ring.seal(wire.encode(payload).finish(), ENCRYPTED);
  return {
    metadata: { encoding: bytes(ENCRYPTED), 'encryption-key-id': bytes(keyId) },
    data: new Uint8Array(sealed),
  };
}

function decrypted(ring: KeyRing, payload: Payload): Payload {
  const { metadata, data } = payload;
  if (text(metadata?.['encoding']) !== ENCRYPTED) return payload;
  if (data === null || data === undefined) throw new SecretLost('an encrypted payload is empty');
  return wire.decode(ring.open(text(metadata?.['encryption-key-id']), data, ENCRYPTED));
}

/** For clients: they read and write payloads, and make no failures. */
export const clientDataConverter = (settings: CodecSettings): DataConverter => ({
  payloadCodecs: [createPayloadCodec(settings)],
});

/** For workers and replay. */
export const workerDataConverter = (settings: CodecSettings): DataConverter => ({
  ...clientDataConverter(settings),
  ...failuresOf(settings),
});

/** For the bundle of workflows, which makes failures inside its sandbox. */
export const failuresOf = (settings: CodecSettings): { failureConverterPath?: string } =>
  encrypts(settings) ? { failureConverterPath: HIDDEN_FAILURES } : {};
