import { afterEach, describe, expect, it } from '@jest/globals';
import { createGuessGuard } from '../../src/api/guess-guard.ts';
import { MusterError } from '../../src/domain/errors.ts';
import { peopleOf, statusOf } from '../support/people.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

/** Passwords cannot be guessed by asking from many addresses, and nobody is locked out by those who try. */

const open: TestApi[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
/** Where the limits of each address leave room, as they do for somebody who has thousands. */
const start = async (now: () => Date): Promise<TestApi> => {
  const api = await startTestApi({
    settings: { TRUST_PROXY: 'true', REGISTRATION: 'open', RATE_LIMIT_PER_MINUTE: '10000' },
    deps: { now },
  });
  open.push(api);
  return api;
};
const clock = () => {
  let at = Date.parse('2026-12-01T12:00:00Z');
  return {
    now: () => new Date(at),
    pass: (seconds: number) => {
      at += seconds * 1000;
    },
  };
};
const login = async (api: TestApi, ip: string, email: string, password: string): Promise<Response> =>
  fetch(`${api.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'x-forwarded-for': ip, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
const waitOf = (response: Response): number => Number(response.headers.get('retry-after'));

describe('logins from ever new addresses', () => {
  it('are slowed down for one account, known or not, more with each wrong one; a known address goes in', async () => {
    const time = clock();
    const api = await start(time.now);
    const { email, password } = api.admin;
    // The set-up has logged in from the address of this machine; the owner also from another.
    expect((await login(api, '203.0.113.7', email, password)).status).toBe(200);
    const answers: unknown[] = [];
    for (const account of [email, 'nobody@example.com']) {
      const statuses: number[] = [];
      for (let n = 1; n <= 12; n += 1)
        statuses.push((await login(api, `192.0.2.${n}`, account, 'wrong')).status);
      answers.push(statuses);
    }
    const tenWrong = Array<number>(11).fill(401);
    expect(answers).toEqual([
      [...tenWrong, 429],
      [...tenWrong, 429],
    ]);
    // The right one is not heard either, or guessing would go on.
    const refused = await login(api, '198.51.100.1', email, password);
    expect([refused.status, waitOf(refused)]).toEqual([429, 1]);
    expect((await login(api, '203.0.113.7', email, password)).status).toBe(200);

    const waits: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      const ip = `198.51.100.${n + 10}`;
      time.pass(waitOf(await login(api, ip, email, 'wrong')));
      expect((await login(api, ip, email, 'wrong')).status).toBe(401);
      waits.push(waitOf(await login(api, ip, email, 'wrong')));
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    // Whoever knows it comes in from a new address once the time is over, and is known from then on.
    time.pass(900);
    expect((await login(api, '198.51.100.99', email, password)).status).toBe(200);
    for (let n = 0; n < 3; n += 1) await login(api, `192.0.2.${n + 100}`, email, 'wrong');
    expect((await login(api, '198.51.100.99', email, password)).status).toBe(200);
  });

  it('do not pass by coming at once', async () => {
    const api = await start(clock().now);
    const many = Array.from({ length: 40 }, (_, n) =>
      statusOf(login(api, `192.0.2.${n + 1}`, api.admin.email, 'wrong')),
    );
    const heard = (await Promise.all(many)).filter((status) => status === 401).length;
    expect(heard).toBe(11);
  });

  it('are heard in any order, be the clocks of two processes a little apart', async () => {
    const time = clock();
    const api = await start(time.now);
    expect(await statusOf(login(api, '192.0.2.1', api.admin.email, 'wrong'))).toBe(401);
    time.pass(-1);
    expect(await statusOf(login(api, '192.0.2.2', api.admin.email, 'wrong'))).toBe(401);
  });

  it('are forgotten after a day', async () => {
    const time = clock();
    const api = await start(time.now);
    const wrong = (n: number) => statusOf(login(api, `192.0.2.${n}`, api.admin.email, 'wrong'));
    for (let n = 0; n < 11; n += 1) await wrong(n);
    expect(await wrong(50)).toBe(429);
    time.pass(86_401);
    for (let n = 0; n < 10; n += 1) expect(await wrong(n + 100)).toBe(401);
  });
});

describe('the password that one has', () => {
  it('cannot be guessed by whoever has a session; another session changes it', async () => {
    const time = clock();
    const api = await start(time.now);
    const people = peopleOf(() => api);
    const anna = await people.register('anna@example.test');
    const other = await people.register('bert@example.test');
    const change = (token: string, current: string) =>
      people.send('POST', '/auth/change-password', token, {
        current_password: current,
        new_password: 'a new long password',
      });
    const statuses: number[] = [];
    for (let n = 0; n < 13; n += 1) statuses.push(await statusOf(change(anna.token, `guess ${n}`)));
    expect(statuses).toEqual([...Array<number>(11).fill(422), 429, 429]);
    expect(await statusOf(change(anna.token, anna.password))).toBe(429);
    expect(await statusOf(change(other.token, other.password))).toBe(200);
    const again = await people.login(anna.email, anna.password);
    const { access_token: token } = JSON.parse(await again.text());
    expect(await statusOf(change(token, anna.password))).toBe(200);
  });
});

describe('addresses that belong to others', () => {
  it('cannot be found out by changing one’s own to many', async () => {
    const api = await start(clock().now);
    const people = peopleOf(() => api);
    const anna = await people.register('anna@example.test');
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1)
      statuses.push(await statusOf(people.send('PATCH', '/auth/me', anna.token, { email: api.admin.email })));
    expect(statuses).toEqual([...Array<number>(11).fill(409), 429]);
  });

  it('cannot be had in numbers by registering from one address', async () => {
    const api = await startTestApi({
      settings: { TRUST_PROXY: 'true', REGISTRATION: 'open', RATE_LIMIT_PER_MINUTE: '10000' },
    });
    open.push(api);
    const body = JSON.stringify({ email: api.admin.email, password: 'a long password' });
    const headers = { 'x-forwarded-for': '192.0.2.1', 'content-type': 'application/json' };
    const register = () => fetch(`${api.url}/api/v1/auth/register`, { method: 'POST', headers, body });
    for (let n = 0; n < 20; n += 1) expect(await statusOf(register())).toBe(201);
    const refused = await register();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-policy')).toContain('q=20');
  });
});

describe('a guess that turned out to be none', () => {
  it('is not counted', async () => {
    const api = await start(clock().now);
    const guard = createGuessGuard({ settings: api.settings, sql: api.database.sql, now: clock().now });
    const away = new MusterError('SERVICE_UNAVAILABLE', 'away');
    for (let n = 0; n < 20; n += 1) {
      const tried = guard.guess(
        'password/x',
        () => Promise.reject(away),
        ({ code }) => code === 'UNAUTHENTICATED',
      );
      await expect(tried).rejects.toBe(away);
    }
  });
});
