import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { meansSomething, toLikePattern } from '../../src/api/resources/webhooks/event-patterns.ts';
import { holdMs, readRetryAfterMs, retryDelayMs } from '../../src/engine/webhooks/retry-schedule.ts';
import { createWebhookSecret, webhookHeaders } from '../../src/engine/webhooks/sign-webhook.ts';

describe('a signature', () => {
  const message = { id: 'msg', at: new Date(), body: '{"type":"x"}' };

  it('verifies with the independent library, by each of the secrets', () => {
    const secrets = [createWebhookSecret(), createWebhookSecret()];
    const headers = webhookHeaders(message, secrets);
    for (const secret of secrets)
      expect(new Webhook(secret).verify(message.body, headers)).toEqual({ type: 'x' });
    expect(() => new Webhook(createWebhookSecret()).verify(message.body, headers)).toThrow();
    expect(() => new Webhook(secrets[0] ?? '').verify('{}', headers)).toThrow();
  });

  it('is the one the specification prints', () => {
    const at = new Date(1_614_265_330_000);
    const body = '{"test": 2432232314}';
    const headers = webhookHeaders({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at, body }, [
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    ]);
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

describe('the retry schedule', () => {
  const delays = [5_000, 300_000];

  it('gives each failed attempt its delay, stretched by up to a fifth, and ends', () => {
    expect(retryDelayMs(delays, 1, 0, () => 0)).toBe(5_000);
    expect(retryDelayMs(delays, 2, 0, () => 1)).toBe(360_000);
    expect(retryDelayMs(delays, 3, 0, () => 0)).toBeNull();
  });

  it('waits for what Retry-After says when that is longer', () => {
    expect(retryDelayMs(delays, 1, 9_000, () => 0)).toBe(9_000);
    expect(holdMs(delays, 1, 9_000)).toBe(9_000);
  });

  it('holds an endpoint from the third failure in a row on', () => {
    expect([1, 2, 3, 4, 5].map((failures) => holdMs(delays, failures, 0))).toEqual([
      0, 0, 5_000, 300_000, 300_000,
    ]);
  });

  it('reads seconds and dates, and believes nothing beyond a day', () => {
    const now = new Date('2026-11-24T09:00:00Z');
    const read = (header?: string): number => readRetryAfterMs(header, now);
    expect(read('120')).toBe(120_000);
    expect(read('Tue, 24 Nov 2026 09:01:00 GMT')).toBe(60_000);
    expect([read(), read('soon'), read('-5'), read('Tue, 24 Nov 2026 08:00:00 GMT')]).toEqual([0, 0, 0, 0]);
    expect(read('999999999')).toBe(86_400_000);
  });
});

describe('a pattern of event types', () => {
  it('means the types it fits', () => {
    for (const pattern of ['*', 'workflow_*', '*_failed', 'task_completed', '**'])
      expect(meansSomething(pattern)).toBe(true);
    for (const pattern of ['workflow', 'webhook_test', '']) expect(meansSomething(pattern)).toBe(false);
  });

  it('becomes one of LIKE in which _ is itself', () => {
    expect(toLikePattern('task_*')).toBe('task\\_%');
  });
});
