import { invalid } from '../../../domain/errors.ts';
import { createPayloadCodec } from '../../../temporal/payload-codec.ts';
import { payloadsSchema, throughCodec } from '../../../temporal/payload-json.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';

const plain = {
  payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'eyJnZW5lcmF0aW9uIjoxfQ==' }],
};

/** The codec server of Temporal's Web UI and CLI, for admins: shows what PAYLOAD_ENCRYPTION_KEYS has encrypted. */
export function codecRoutes({ settings }: Pick<ApiServices, 'settings'>): AnyRoute[] {
  const codec = createPayloadCodec(settings);
  const route = (direction: 'encode' | 'decode', words: { summary: string; description: string }): AnyRoute =>
    defineRoute(
      {
        method: 'POST',
        path: `/codec/${direction}`,
        operationId: `${direction}Payloads`,
        tags: ['System'],
        ...words,
        access: 'admin',
        scopes: ['admin'],
        idempotent: false,
        body: payloadsSchema,
        example: plain,
        responses: {
          200: { description: 'The payloads, in their order', schema: payloadsSchema, example: plain },
        },
      },
      async ({ body, respond }) => {
        const answer = await throughCodec(codec, direction, body);
        if (answer !== null) return respond(200, answer);
        throw invalid('These payloads cannot be decrypted', [
          { path: '/payloads', message: 'encrypted with a key that is not in PAYLOAD_ENCRYPTION_KEYS' },
        ]);
      },
    );
  return [
    route('decode', {
      summary: 'Decrypt payloads, for Temporal’s Web UI and CLI',
      description:
        'What is not encrypted comes back as it is. Pages of TEMPORAL_UI_URL may call it (CORS); give the Web UI the ' +
        'address `…/codec` as its codec server, and Temporal’s CLI `--codec-endpoint …/codec --codec-auth "Bearer <key>"`.',
    }),
    route('encode', {
      summary: 'Encrypt payloads, for Temporal’s Web UI and CLI',
      description: 'With the first of PAYLOAD_ENCRYPTION_KEYS; without any they come back as they are.',
    }),
  ];
}
