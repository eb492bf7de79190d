import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createRateLimits } from '../../src/api/rate-limits.ts';
import { errorEnvelopeSchema } from '../../src/api/errors.ts';
import { readSettings } from '../../src/config.ts';
import { createHousekeeping } from '../../src/engine/housekeeping.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

const open: { close(): Promise<void> }[] = [];
const start = async (options: Parameters<typeof startTestApi>[0]): Promise<TestApi> => {
  const api = await startTestApi(options);
  open.push(api);
  return api;
};
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const from = (ip: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { 'x-forwarded-for': ip, 'content-type': 'application/json' },
});
const login = (api: TestApi, ip: string, email: string, password: string): Promise<Response> =>
  fetch(
    `${api.url}/api/v1/auth/login`,
    from(ip, { method: 'POST', body: JSON.stringify({ email, password }) }),
  );

describe('calls of one IP', () => {
  it('are counted down in the headers and refused with 429 beyond the limit, before anybody asks for credentials', async () => {
    const api = await start({ settings: { RATE_LIMIT_PER_MINUTE: '5', TRUST_PROXY: 'true' } });
    const ask = (ip: string, path = '/api/v1/auth/me'): Promise<Response> => fetch(api.url + path, from(ip));
    for (const left of [4, 3, 2, 1, 0]) {
      const response = await ask('192.0.2.1');
      expect(response.status).toBe(401);
      expect(response.headers.get('ratelimit-policy')).toBe('"default";q=5;w=60');
      expect(response.headers.get('ratelimit')).toMatch(new RegExp(`^"default";r=${left};t=\\d+$`));
    }
    const refused = await ask('192.0.2.1');
    expect(refused.status).toBe(429);
    expect(errorEnvelopeSchema.parse(await refused.json()).error).toBe('RATE_LIMITED');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect(refused.headers.get('ratelimit')).toBe(`"default";r=0;t=${wait}`);

    expect((await ask('192.0.2.1', '/nothing/here')).status).toBe(429);
    expect((await ask('192.0.2.2')).status).toBe(401);
  });

  it('do not count where no call to the API is made', async () => {
    const api = await start({ settings: { RATE_LIMIT_PER_MINUTE: '1', TRUST_PROXY: 'true' } });
    for (const path of [
      '/',
      '/health',
      '/livez',
      '/readyz',
      '/docs',
      '/redoc',
      '/openapi.json',
      '/health/',
    ]) {
      for (let round = 0; round < 2; round += 1) {
        const response = await fetch(api.url + path, from('192.0.2.1'));
        expect([path, response.status]).toEqual([path, 200]);
        expect(response.headers.get('ratelimit')).toBeNull();
      }
    }
  });

  it('count where a page, probe or file is asked for that is not there, or in a way that is not offered', async () => {
    const api = await start({ settings: { RATE_LIMIT_PER_MINUTE: '2', TRUST_PROXY: 'true' } });
    let host = 0;
    for (const [method, path, status] of [
      ['GET', '/docs/nothing', 404],
      ['GET', '/docs/assets/nothing.js', 404],
      ['GET', '/redoc/nothing', 404],
      ['GET', '/console/assets/nothing.js', 404],
      ['GET', '/console/a/b/c/d', 404],
      ['POST', '/docs', 405],
      ['DELETE', '/console/runs', 405],
      ['POST', '/livez', 405],
    ] as const) {
      host += 1;
      const statuses: number[] = [];
      for (let turn = 0; turn < 3; turn += 1)
        statuses.push((await fetch(api.url + path, from(`192.0.2.${host}`, { method }))).status);
      expect([method, path, statuses]).toEqual([method, path, [status, status, 429]]);
      // What is there stays free.
      expect((await fetch(`${api.url}/docs`, from(`192.0.2.${host}`))).status).toBe(200);
    }
  });

  it('are one IP’s for all addresses of an IPv6 subscriber, and cannot be moved to another by a forged header', async () => {
    const api = await start({ settings: { RATE_LIMIT_PER_MINUTE: '2', TRUST_PROXY: 'true' } });
    const ask = async (ip: string): Promise<number> => (await fetch(`${api.url}/nothing`, from(ip))).status;
    expect(await ask('2001:db8:0:1::a')).toBe(404);
    expect(await ask('2001:db8:0:1:ffff::b')).toBe(404);
    expect(await ask('2001:db8:0:1::c')).toBe(429);
    expect(await ask('198.51.100.9, 2001:db8:0:1::c')).toBe(429);
    expect(await ask('2001:db8:0:2::a')).toBe(404);
  });

  it('are those of the connection when no proxy is trusted', async () => {
    const api = await start({ settings: { RATE_LIMIT_PER_MINUTE: '3' } });
    const statuses: number[] = [];
    // One call was the login of the set-up.
    for (const ip of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      statuses.push((await fetch(`${api.url}/nothing`, from(ip))).status);
    expect(statuses).toEqual([404, 404, 429]);
  });

  it('are without limit and without headers at 0', async () => {
    const api = await start({});
    const response = await fetch(`${api.url}/nothing`);
    expect(response.status).toBe(404);
    expect(response.headers.get('ratelimit')).toBeNull();
  });
});

describe('logins', () => {
  it('stop after five wrong ones for one account, known or not, with the same answer; a right one elsewhere goes on', async () => {
    const api = await start({ settings: { TRUST_PROXY: 'true', RATE_LIMIT_PER_MINUTE: '1000' } });
    const { email, password } = api.admin;
    const answers: string[][] = [];
    for (const [ip, name] of [
      ['192.0.2.1', email.toUpperCase()],
      ['192.0.2.2', 'nobody@example.com'],
    ] as const) {
      const statuses: number[] = [];
      for (let turn = 0; turn < 6; turn += 1) statuses.push((await login(api, ip, name, 'wrong')).status);
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
      const last = await login(api, ip, ` ${name} `, password);
      const { message, details } = errorEnvelopeSchema.parse(await last.json());
      answers.push([String(last.status), message.replace(/\d+/, 'n'), JSON.stringify(details['policy'])]);
      expect(last.headers.get('ratelimit')).toContain('"login";r=0;t=');
    }
    expect(answers[0]).toEqual(answers[1]);
    expect((await login(api, '192.0.2.3', email, password)).status).toBe(200);
  });

  it('do not let many wrong ones through by coming at once', async () => {
    const api = await start({ settings: { TRUST_PROXY: 'true', RATE_LIMIT_PER_MINUTE: '1000' } });
    const statuses = await Promise.all(
      Array.from({ length: 15 }, async () => (await login(api, '192.0.2.1', 'a@b.c', 'wrong')).status),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  });

  it('are at most twenty a minute of one IP, and right ones do not count as wrong', async () => {
    const api = await start({ settings: { TRUST_PROXY: 'true', RATE_LIMIT_PER_MINUTE: '1000' } });
    const { email, password } = api.admin;
    const statuses: number[] = [];
    for (let turn = 0; turn < 21; turn += 1)
      statuses.push((await login(api, '192.0.2.1', email, password)).status);
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 200), 429]);
    const shown = await login(api, '192.0.2.9', email, password);
    expect(shown.headers.get('ratelimit-policy')).toBe(
      '"default";q=1000;w=60, "auth";q=20;w=60, "login";q=5;w=60',
    );
  });
});

describe('limits that several processes share', () => {
  const logger = createLogger({ level: 'silent' });
  const settings = readSettings({ RATE_LIMIT_PER_MINUTE: '10', WS_CONNECTIONS_PER_MINUTE: '2' });
  let api: TestApi;
  let proxy: TcpProxy;

  beforeAll(async () => {
    api = await startTestApi({
      reachDatabase: async (url) => {
        const direct = new URL(url);
        proxy = await startTcpProxy(direct.hostname, Number(direct.port));
        direct.port = String(proxy.port);
        direct.hostname = '127.0.0.1';
        return direct.href;
      },
    });
  });
  afterAll(async () => {
    proxy.mend();
    await api.close();
    await proxy.close();
  });
  const shared = () => createRateLimits({ settings, logger, shared: api.database.sql });

  it('are counted together, exactly, however many ask at once', async () => {
    const processes = [shared(), shared(), shared()];
    const states = await Promise.all(
      Array.from({ length: 60 }, async (_none, index) => processes[index % 3]?.take('default', '192.0.2.1')),
    );
    expect(states.filter((state) => state?.allowed === true)).toHaveLength(10);
    expect(await processes[0]?.take('default', '192.0.2.2')).toMatchObject({ allowed: true, remaining: 9 });
  });

  it('take back what turned out not to count', async () => {
    const [one, other] = [shared(), shared()];
    for (let turn = 0; turn < 20; turn += 1) {
      expect(await one.take('login', 'a')).toMatchObject({ allowed: true, remaining: 4 });
      await other.giveBack('login', 'a');
    }
  });

  it('count WebSocket connections by themselves', async () => {
    const limits = shared();
    const allowed: (boolean | undefined)[] = [];
    for (let turn = 0; turn < 3; turn += 1) allowed.push((await limits.take('websocket', 'x'))?.allowed);
    expect(allowed).toEqual([true, true, false]);
  });

  it('are counted in memory while the database is away: no call fails for it', async () => {
    const limits = shared();
    proxy.cut();
    const states: (boolean | undefined)[] = [];
    for (let turn = 0; turn < 11; turn += 1) states.push((await limits.take('default', 'y'))?.allowed);
    expect(states).toEqual([...Array.from({ length: 10 }, () => true), false]);
    await limits.giveBack('login', 'y');
    proxy.mend();
  });

  it('leave no rows behind', async () => {
    const later = (): Date => new Date(Date.now() + 120_000);
    const housekeeping = createHousekeeping({ sql: api.database.sql, logger, now: later });
    const [before] = await api.database.sql.query<{ n: number }>(
      'select count(*)::int as n from rate_limits',
    );
    expect(before?.n).toBeGreaterThan(0);
    expect(await housekeeping.sweep()).toBe(before?.n);
    await housekeeping.close();
  });
});
