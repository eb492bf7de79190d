import { describe, expect, it } from '@jest/globals';
import { readSettings } from '../../src/config.ts';
import { secretsOf } from '../../src/telemetry/hide-secrets.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { aboutRun } from '../../src/telemetry/tracing/ambient.ts';
import { createApiKey } from '../../src/security/api-key.ts';

const settings = readSettings({
  JWT_SECRET: 'quote " and 0123456789 abcdefghij',
  OPENAI_API_KEY: 'a-key-without-a-form',
  PAYLOAD_ENCRYPTION_KEYS: 'one-of-the-keys-that-encrypt-0123456789',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=a%20collectors%20password',
});
const linesOf = (write: (log: ReturnType<typeof createLogger>) => void): string => {
  const lines: string[] = [];
  write(
    createLogger({
      level: 'info',
      secrets: secretsOf(settings),
      destination: { write: (line) => lines.push(line) },
    }),
  );
  return lines.join('');
};

describe('the log', () => {
  it.each([
    ['an API key in a sentence', `the key ${createApiKey().key} is wrong`, 'mst_'],
    ['a bearer token', 'sent Authorization: Bearer abc.def-123456', 'abc.def'],
    ['a token in an address', 'GET /api/v1/stream?token=secret-of-a-stream&x=1', 'secret-of'],
    ['a password in an address', 'no answer of postgres://muster:pass-word@db:5432/muster', 'pass-word'],
    ['a key of a provider', 'bad key sk-planted-secret-0123456789', 'planted'],
    ['a key in the form of others', 'bad key sk_live_planted0123456789', 'planted'],
    ['a setting', `signed with ${settings.JWT_SECRET}`, '0123456789 abc'],
    ['a setting without a form', 'with a-key-without-a-form', 'without-a-form'],
    ['one setting of a list', 'one-of-the-keys-that-encrypt-0123456789', 'encrypt'],
    ['a header of the collector', 'told a collectors password', 'collectors'],
  ])('hides %s, wherever it stands', (_what, text, secret) => {
    const written = linesOf((log) => {
      log.info(text);
      log.info({ deep: { deeper: [text] } }, 'inside');
      log.warn({ err: new Error(text, { cause: new Error(text) }) }, 'of an error');
    });
    expect(written).not.toContain(secret);
    expect(written.match(/\[hidden\]/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('hides what goes by the name of a secret, and leaves the rest', () => {
    const written = linesOf((log) =>
      log.info(
        {
          request: { headers: { 'x-api-key': 'k1', cookie: 'k2', authorization: 'k3', accept: 'all' } },
          password: 'k4',
        },
        'words',
      ),
    );
    expect(written).not.toMatch(/"k\d"/);
    expect(JSON.parse(written)).toMatchObject({ msg: 'words', request: { headers: { accept: 'all' } } });
  });

  it('says which trace and execution a line is about, also after a wait and not beyond', async () => {
    const executionId = '550e8400-e29b-41d4-a716-446655440000';
    const lines: string[] = [];
    const log = createLogger({ level: 'info', destination: { write: (line) => lines.push(line) } });
    await aboutRun({ executionId, generation: 1 }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      log.info('inside');
    });
    log.info('outside');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      execution_id: executionId,
      trace_id: '550e8400e29b41d4a716446655440000',
    });
    expect(JSON.parse(lines[1] ?? '')).not.toHaveProperty('trace_id');
  });
});
