import { JSONParseError } from '@ai-sdk/provider';
import { describe, expect, it } from '@jest/globals';
import { classifyFailure, retryAfterMs } from '../../src/models/classify-failure.ts';
import type { FailureContext } from '../../src/models/classify-failure.ts';
import { ModelFailure } from '../../src/models/model.ts';
import type { ModelFailureKind } from '../../src/models/model.ts';
import { complaintIn, ReportedError } from '../../src/models/reported-error.ts';

const KEY = 'hush-0123456789';
const NOW = Date.parse('2026-11-03T12:00:00Z');
const about: FailureContext = {
  provider: 'openai',
  model: 'gpt-4o',
  baseUrl: 'https://user:pass@models.example.org/v1?secret=1',
  keySetting: 'OPENAI_API_KEY',
  baseUrlSetting: 'OPENAI_BASE_URL',
  apiKey: KEY,
  replyBegun: false,
  nowMs: NOW,
};

const http = (status: number, message = '', headers: Record<string, string> = {}): ReportedError =>
  new ReportedError({ message, code: null, type: null, status: null }, { answer: { status, headers } });

/** What a server says in its reply, or with a status. */
const told = (error: object, status?: number): ReportedError =>
  new ReportedError(complaintIn({ error }), status === undefined ? {} : { answer: { status, headers: {} } });

const network = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) });

describe('a failed model call', () => {
  const table: [what: string, error: unknown, kind: ModelFailureKind, retryable: boolean, says: RegExp][] = [
    ['429', http(429), 'rate_limit', true, /openai limits the rate/],
    ['408', http(408), 'unavailable', true, /\(408\)/],
    ['409', http(409), 'unavailable', true, /\(409\)/],
    ['500', http(500), 'unavailable', true, /\(500\)/],
    ['503', http(503), 'unavailable', true, /\(503\)/],
    ['529', http(529, 'Overloaded'), 'unavailable', true, /Overloaded/],
    ['401', http(401), 'auth', false, /^OPENAI_API_KEY was refused by openai/],
    ['403', http(403), 'auth', false, /^OPENAI_API_KEY was refused by openai.*gpt-4o/],
    [
      '404',
      http(404),
      'bad_request',
      false,
      /"gpt-4o" at https:\/\/models\.example\.org\/v1 .*OPENAI_BASE_URL/,
    ],
    ['400', http(400, 'no such field'), 'bad_request', false, /no such field/],
    ['too much said', http(400, 'context too long'), 'context_length', false, /context too long/],
    ['422', http(422), 'bad_request', false, /\(422\)/],
    ['413', http(413), 'bad_request', false, /\(413\)/],
    ['304', http(304), 'bad_reply', true, /304/],
    [
      'a refused connection',
      network('ECONNREFUSED'),
      'unavailable',
      true,
      /could not be reached.*ECONNREFUSED.*OPENAI_BASE_URL/,
    ],
    ['a reset connection', network('ECONNRESET'), 'unavailable', true, /ECONNRESET/],
    ['a name that does not resolve', network('ENOTFOUND'), 'unavailable', true, /ENOTFOUND/],
    ['a cut body', Object.assign(new TypeError('terminated')), 'unavailable', true, /could not be reached/],
    ['headers that never come', network('UND_ERR_HEADERS_TIMEOUT'), 'timeout', true, /in time/],
    [
      'a body that is no JSON',
      new JSONParseError({ text: '<html>', cause: null }),
      'bad_reply',
      true,
      /no chat completion/,
    ],
    [
      'an error in the stream that limits the rate',
      told({ message: 'slow down', code: 'rate_limit_exceeded' }),
      'rate_limit',
      true,
      /slow down/,
    ],
    ['an error in the stream with a status', told({ message: 'x', code: 503 }), 'unavailable', true, /503/],
    [
      'an error in the stream with a refused key',
      told({ message: 'x', type: 'authentication_error' }),
      'auth',
      false,
      /OPENAI_API_KEY/,
    ],
    [
      'an error in the stream for a bad request',
      told({ message: 'x', type: 'invalid_request_error' }),
      'bad_request',
      false,
      /400/,
    ],
    ['any other error in the stream', told({ message: 'oh dear' }), 'unavailable', true, /oh dear/],
    ['an overloaded server', told({ message: 'x', type: 'overloaded_error' }), 'unavailable', true, /503/],
    [
      'a text instead of a reply',
      new ReportedError(complaintIn('come back later'), { isForeign: true }),
      'bad_reply',
      true,
      /no chat completion: come back later/,
    ],
    ['something nobody expected', new RangeError('?'), 'bad_reply', true, /could not be read/],
    ['what is no error at all', 'boo', 'bad_reply', true, /could not be read/],
  ];

  it.each(table)('%s', (_what, error, kind, retryable, says) => {
    const failure = classifyFailure(error, about);
    expect({ kind: failure.kind, retryable: failure.retryable }).toEqual({ kind, retryable });
    expect(failure.message).toMatch(says);
  });

  const quotas: [what: string, error: ReportedError][] = [
    ['OpenAI', told({ message: 'x', type: 'insufficient_quota', code: 'insufficient_quota' }, 429)],
    ['OpenAI in a stream', told({ message: 'You exceeded your current quota', code: 'insufficient_quota' })],
    ['DeepSeek', told({ message: 'Insufficient Balance', type: 'unknown_error' }, 402)],
    ['Moonshot', told({ message: 'x', type: 'exceeded_current_quota_error' }, 429)],
    ['Anthropic', told({ message: 'Your credit balance is too low to access the API' }, 400)],
    ['OpenRouter', told({ message: 'This request requires more credits', code: 402 }, 402)],
    ['DashScope', told({ message: 'Access denied', code: 'Arrearage' }, 400)],
    ['Zhipu', told({ message: '您的账户已欠费，请充值后重试', code: '1113' }, 429)],
    [
      'MiniMax',
      new ReportedError(
        complaintIn({ base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
      ),
    ],
    ['OpenAI’s hard limit', told({ message: 'x', code: 'billing_hard_limit_reached' }, 429)],
    ['OpenAI’s closed account', told({ message: 'x', type: 'billing_not_active' }, 429)],
    ['Anthropic’s type', told({ message: 'x', type: 'billing_error' }, 403)],
    ['Together', told({ message: 'Credit limit exceeded', type: 'credit_limit' }, 402)],
  ];

  it.each(quotas)('of a quota that is used up is no limit of the rate: %s', (_who, error) => {
    const failure = classifyFailure(error, about);
    expect({ kind: failure.kind, code: failure.code, retryable: failure.retryable }).toEqual({
      kind: 'quota',
      code: 'MODEL_QUOTA_EXHAUSTED',
      retryable: false,
    });
    expect(failure.message).toMatch(/the quota of openai is used up/);
  });

  it('of a quota of this minute is a limit of the rate', () => {
    const words =
      'You exceeded your current quota, please check your plan. Quota exceeded for metric: x. Please retry in 34s.';
    expect(
      classifyFailure(told({ message: words, status: 'RESOURCE_EXHAUSTED', code: 429 }, 429), about).kind,
    ).toBe('rate_limit');
    expect(
      classifyFailure(
        told({ message: 'Rate limit reached for requests', code: 'rate_limit_exceeded' }, 429),
        about,
      ).kind,
    ).toBe('rate_limit');
  });

  it('of a billing service that is down is no quota that is used up', () => {
    const error = { message: 'x', code: 'billing_service_unavailable' };
    expect(classifyFailure(told(error, 429), about).kind).toBe('rate_limit');
    expect(classifyFailure(told(error), about).kind).toBe('unavailable');
  });

  it('stays what it is when it has been classified already', () => {
    const failure = new ModelFailure('timeout', 'slow');
    expect(classifyFailure(failure, about)).toBe(failure);
  });

  it('counts as cut, not as garbage, once a part of the reply was there', () => {
    expect(classifyFailure(network('UND_ERR_SOCKET'), { ...about, replyBegun: true }).message).toMatch(
      /in the middle/,
    );
  });

  it('asks for the key when none is set', () => {
    const failure = classifyFailure(http(401), { ...about, apiKey: undefined });
    expect(failure.message).toMatch(/wants a key and OPENAI_API_KEY is not set/);
  });

  it('never repeats a key or a password, and not much of what the server said', () => {
    const echo = `bad key ${KEY}, sk-proj-abcdefgh1234, sk_live_abcdefgh1234, sk_****efgh1234, Bearer xyz ${'long '.repeat(200)}`;
    for (const status of [400, 401, 404, 429, 500]) {
      const failure = classifyFailure(http(status, echo), about);
      expect(failure.message).not.toMatch(/hush|abcdefgh|efgh1234|xyz|user:pass|secret=/);
      expect(failure.message.length).toBeLessThan(500);
      expect(failure.cause).toBeUndefined();
    }
  });

  it('survives causes that go in circles', () => {
    const error = new Error('a');
    error.cause = error;
    expect(classifyFailure(error, about).kind).toBe('bad_reply');
  });
});

describe('how long a server asks to be left alone', () => {
  const table: [what: string, headers: Record<string, string> | undefined, ms: number | undefined][] = [
    ['seconds', { 'retry-after': '7' }, 7000],
    ['parts of seconds', { 'retry-after': '0.25' }, 250],
    ['milliseconds, which win', { 'retry-after-ms': '120', 'retry-after': '7' }, 120],
    ['a date to come', { 'retry-after': 'Tue, 03 Nov 2026 12:00:30 GMT' }, 30_000],
    ['a date gone by', { 'retry-after': 'Tue, 03 Nov 2026 11:00:00 GMT' }, 0],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['nothing', {}, undefined],
    ['no headers', undefined, undefined],
  ];

  it.each(table)('is read from %s', (_what, headers, ms) => {
    expect(retryAfterMs(headers, NOW)).toBe(ms);
  });

  it('is passed on with the failure', () => {
    expect(classifyFailure(http(429, '', { 'retry-after': '3' }), about).retryAfterMs).toBe(3000);
    expect(classifyFailure(http(503, '', { 'retry-after': '4' }), about).retryAfterMs).toBe(4000);
  });
});
