import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readSettings } from '../../src/config.ts';
import { createModels } from '../../src/models/create-models.ts';
import { ModelFailure } from '../../src/models/model.ts';
import { hangs, says, startScriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';

const models = (env: Record<string, string>) => createModels(readSettings(env));

const failureOf = (work: () => unknown): ModelFailure => {
  try {
    work();
  } catch (error) {
    if (error instanceof ModelFailure) return error;
    throw error;
  }
  throw new Error('nothing failed');
};

describe('a model’s name', () => {
  const all = models({
    OPENAI_API_KEY: 'k',
    ANTHROPIC_API_KEY: 'k',
    GEMINI_API_KEY: 'k',
    CEREBRAS_API_KEY: 'k',
    GROQ_API_KEY: 'k',
    OLLAMA_BASE_URL: 'http://127.0.0.1:1/v1',
    AZURE_API_KEY: 'k',
    AZURE_BASE_URL: 'http://127.0.0.1:1/v1',
    OPENAI_COMPATIBLE_BASE_URL: 'http://127.0.0.1:1/v1',
    DEFAULT_MODEL: 'groq/some-default',
  });

  it.each([
    ['openai/gpt-4o', 'openai/gpt-4o'],
    ['Anthropic/claude-x', 'anthropic/claude-x'],
    ['azure/my-deployment', 'azure/my-deployment'],
    ['ollama/llama3:8b', 'ollama/llama3:8b'],
    ['openai_compatible/org/model-1', 'openai_compatible/org/model-1'],
    ['demo/any', 'demo/any'],
    ['llama-4-maverick-17b-128e-instruct', 'cerebras/llama-4-maverick-17b-128e-instruct'],
    ['gpt-4o-mini', 'openai/gpt-4o-mini'],
    ['o3-mini', 'openai/o3-mini'],
    ['claude-3-5-haiku', 'anthropic/claude-3-5-haiku'],
    ['gemini-2.0-flash', 'gemini/gemini-2.0-flash'],
    ['nobody-knows-me', 'groq/nobody-knows-me'],
    [' gpt-4o ', 'openai/gpt-4o'],
    ['', 'groq/some-default'],
    [null, 'groq/some-default'],
  ])('%j is %s', (name, expected) => {
    expect(all.resolve(name).name).toBe(expected);
  });

  it('with a provider nobody knows is not configured, and says which there are', () => {
    expect(failureOf(() => all.resolve('wizard/merlin'))).toMatchObject({
      kind: 'not_configured',
      message: expect.stringMatching(/"wizard".*cerebras.*OPENAI_COMPATIBLE_BASE_URL/),
    });
  });

  it('that is bare and the default belongs to OpenAI', () => {
    expect(models({ OPENAI_API_KEY: 'k', DEFAULT_MODEL: 'mystery' }).resolve(null).name).toBe(
      'openai/mystery',
    );
  });
});

describe('a provider without settings', () => {
  it.each([
    ['openai/x', /OPENAI_API_KEY/],
    ['anthropic/x', /ANTHROPIC_API_KEY/],
    ['gemini/x', /GEMINI_API_KEY/],
    ['cerebras/x', /CEREBRAS_API_KEY/],
    ['ollama/x', /OLLAMA_BASE_URL/],
    ['azure/x', /AZURE_BASE_URL/],
    ['openai_compatible/x', /OPENAI_COMPATIBLE_BASE_URL/],
    ['claude-bare', /ANTHROPIC_API_KEY/],
  ])('%s fails and names its setting once another provider is configured', (name, setting) => {
    const failure = failureOf(() => models({ GROQ_API_KEY: 'k' }).resolve(name));
    expect(failure).toMatchObject({ kind: 'not_configured', retryable: false, code: 'MODEL_NOT_CONFIGURED' });
    expect(failure.message).toMatch(setting);
  });

  it('is not replaced by the demo when that is off', () => {
    const off = models({ DEMO_MODEL: 'off' });
    expect(off.demoStandsIn).toBe(false);
    expect(failureOf(() => off.resolve(null)).message).toMatch(/OPENAI_API_KEY/);
    expect(failureOf(() => off.resolve('demo/x')).message).toMatch(/DEMO_MODEL/);
  });

  it('is complete with its address alone', () => {
    expect(models({ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }).resolve(null).name).toBe(
      'openai/gpt-4o-mini',
    );
  });
});

describe('the demo stand-in', () => {
  it('answers for everybody when nobody is configured', () => {
    const none = models({});
    expect(none.demoStandsIn).toBe(true);
    expect(none.resolve(null).name).toBe('demo/gpt-4o-mini');
    expect(none.resolve('anthropic/claude-x').name).toBe('demo/claude-x');
    expect(none.resolve('demo/slow').name).toBe('demo/slow');
  });

  it('steps back as soon as one provider is configured', () => {
    const one = models({ GROQ_API_KEY: 'k' });
    expect(one.demoStandsIn).toBe(false);
    expect(one.resolve('groq/x').name).toBe('groq/x');
    expect(one.resolve('demo/x').name).toBe('demo/x');
  });

  it('answers for everybody when it is switched on', () => {
    const on = models({ GROQ_API_KEY: 'k', DEMO_MODEL: 'on' });
    expect(on.demoStandsIn).toBe(true);
    expect(on.resolve('groq/x').name).toBe('demo/x');
  });
});

describe('a configured provider', () => {
  let server: ScriptedModel;
  beforeEach(async () => {
    server = await startScriptedModel();
  });
  afterEach(() => server.close());

  const request = {
    messages: [{ role: 'user' as const, content: 'hi' }],
    tools: [],
    temperature: null,
    topP: null,
    maxTokens: 5,
  };

  it('is spoken to at its address with its key', async () => {
    server.script([says('hello')]);
    const model = models({ CEREBRAS_BASE_URL: server.url, CEREBRAS_API_KEY: 'c-key' }).resolve(
      'cerebras/llama',
    );
    const reply = await model.complete(request, { signal: new AbortController().signal });
    expect(reply.text).toBe('hello');
    expect(server.requests[0]?.headers.authorization).toBe('Bearer c-key');
    expect(server.requests[0]?.body).toMatchObject({ model: 'llama', max_tokens: 5 });
  });

  it('is given up after the silence that was set', async () => {
    server.script([hangs()]);
    const quick = createModels(readSettings({ OPENAI_BASE_URL: server.url }), { timeouts: { idleMs: 100 } });
    await expect(
      quick.resolve(null).complete(request, { signal: new AbortController().signal }),
    ).rejects.toMatchObject({
      kind: 'timeout',
    });
  });
});
