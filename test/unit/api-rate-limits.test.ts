import { describe, expect, it } from '@jest/globals';
import { isLimited } from '../../src/api/middleware/rate-limit.ts';
import { addressGroup, limitHeaders, type LimitState } from '../../src/api/rate-limits.ts';

describe('an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['192.0.2.7:54321', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]:443', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['not an address', 'unknown'],
    ['', 'unknown'],
  ])('%s is counted as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe('the headers', () => {
  const state: LimitState = {
    policy: 'default',
    allowed: true,
    quota: 100,
    windowSeconds: 60,
    remaining: 50,
    resetSeconds: 30,
  };

  it('have the form of the draft', () => {
    expect(limitHeaders([state])).toEqual({
      'RateLimit-Policy': '"default";q=100;w=60',
      RateLimit: '"default";r=50;t=30',
    });
  });

  it('name every limit that applies', () => {
    const auth: LimitState = { ...state, policy: 'auth', quota: 20, remaining: 0, resetSeconds: 9 };
    expect(limitHeaders([state, auth])).toEqual({
      'RateLimit-Policy': '"default";q=100;w=60, "auth";q=20;w=60',
      RateLimit: '"default";r=50;t=30, "auth";r=0;t=9',
    });
  });
});

describe('what counts', () => {
  it.each(['/crew/start', '/api/v1/executions', '/api/v1/auth/login/', '/nothing', '/docsx', '/consoles'])(
    '%s does',
    (path) => expect(isLimited(path)).toBe(true),
  );
  it.each([
    '/',
    '/health',
    '/health/',
    '/livez',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/docs',
    '/docs/assets/swagger-ui.css',
    '/redoc/',
    '/console',
    '/console/app.js',
  ])('%s does not', (path) => expect(isLimited(path)).toBe(false));
});
