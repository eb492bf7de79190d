import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { SecretLost } from '../security/key-ring.ts';

/** What Temporal's Web UI and CLI send to a codec server and want back: payloads in protobuf's JSON. */

const base64 = z.base64('bytes in base64');
const payloadSchema = z.object({
  metadata: z.record(z.string(), base64).default({}).meta({ description: 'Name → value in base64' }),
  data: base64.default('').meta({ description: 'The payload in base64' }),
});
export const payloadsSchema = z
  .object({ payloads: payloadSchema.array().max(10_000) })
  .meta({ id: 'TemporalPayloads' });
export type PayloadsJson = z.output<typeof payloadsSchema>;

const toText = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64');
const fromText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

const toPayload = ({ metadata, data }: PayloadsJson['payloads'][number]): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, fromText(value)])),
  data: fromText(data),
});
const toJson = ({ metadata, data }: Payload): PayloadsJson['payloads'][number] => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, toText(value)])),
  data: toText(data),
});

/** @returns null when the keys of this process do not open one of them */
export async function throughCodec(
  codec: PayloadCodec,
  direction: 'encode' | 'decode',
  { payloads }: PayloadsJson,
): Promise<PayloadsJson | null> {
  try {
    return { payloads: (await codec[direction](payloads.map(toPayload))).map(toJson) };
  } catch (error) {
    if (error instanceof SecretLost) return null;
    throw error;
  }
}
