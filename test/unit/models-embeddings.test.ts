import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmbedder } from '../../src/models/embeddings.ts';
import { garbage, startScriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';

let server: ScriptedModel;
beforeEach(async () => {
  server = await startScriptedModel();
});
afterEach(() => server.close());

const signal = new AbortController().signal;

describe('embeddings', () => {
  const embed = (body: unknown, contentType = 'application/json') => {
    server.answerEmbeddings(garbage(typeof body === 'string' ? body : JSON.stringify(body), contentType));
    const endpoint = { provider: 'openai', model: 'm', baseUrl: server.url, apiKey: undefined } as const;
    return createEmbedder({ ...endpoint, timeoutMs: 20_000 }).embed(['a', 'b'], signal);
  };

  it('are put into their order, whatever is beside them', async () => {
    const data = [
      { index: 1, embedding: [2, 2] },
      { index: '0', embedding: [1, 1], object: 5 },
    ];
    expect(await embed({ data, model: null, usage: { total_tokens: 7 } })).toEqual({
      vectors: [
        [1, 1],
        [2, 2],
      ],
      tokens: 7,
    });
  });

  it('may come as bytes', async () => {
    const bytes = Buffer.from(new Float32Array([1, 0.5]).buffer).toString('base64');
    expect((await embed({ data: [{ embedding: bytes }, { embedding: [3, 4] }] })).vectors).toEqual([
      [1, 0.5],
      [3, 4],
    ]);
  });

  it.each<[string, unknown, string]>([
    ['an object', { error: { message: 'the pool is drained' } }, 'application/json'],
    ['a list', [{ error: { message: 'the pool is drained' } }], 'application/json'],
    ['a text', 'the pool is drained', 'text/plain'],
  ])('may be an error inside of a 200: %s', async (_form, body, type) => {
    await expect(embed(body, type)).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('the pool is drained'),
    });
  });
});
