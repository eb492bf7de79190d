import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { RefreshToken } from '../../src/persistence/entities/refresh-token.entity.ts';
import { Session } from '../../src/persistence/entities/session.entity.ts';
import { User } from '../../src/persistence/entities/user.entity.ts';
import { SessionsRepository } from '../../src/persistence/repositories/sessions.repository.ts';
import { hashRefreshToken } from '../../src/security/refresh-token.ts';
import { peopleOf, sessionSchema, statusOf, type TestSession } from '../support/people.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
const { send, login, register } = peopleOf(() => api);

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const refresh = (token: string): Promise<Response> =>
  send('POST', '/auth/refresh', undefined, { refresh_token: token });
const refreshed = async (token: string): Promise<TestSession> => {
  const response = await refresh(token);
  expect(response.status).toBe(200);
  return sessionSchema.parse(await response.json());
};
const meStatus = (token: string): Promise<number> => statusOf(send('GET', '/auth/me', token));

/** As if a refresh token had been used longer ago. */
async function age(token: string, seconds: number): Promise<void> {
  const row = { tokenHash: hashRefreshToken(token) };
  const changed = await api.database
    .em()
    .nativeUpdate(RefreshToken, row, { consumedAt: new Date(Date.now() - seconds * 1000) });
  expect(changed).toBe(1);
}

describe('the registration', () => {
  const valid = { email: 'new@example.com', password: 'eight888' };

  it('makes an ordinary user, who can log in', async () => {
    const response = await send('POST', '/auth/register', undefined, {
      ...valid,
      email: 'Grace@Example.com',
      name: ' Grace ',
      role: 'admin',
      is_active: false,
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      id: expect.any(String),
      email: 'grace@example.com',
      name: 'Grace',
      role: 'user',
      is_active: true,
      created_at: expect.any(String),
    });
    expect((await login('grace@example.com', valid.password)).status).toBe(200);
  });

  it('answers alike for an address that is known, however it is spelled, and changes nothing of its account', async () => {
    const email = 'taken@example.com';
    const shapes: unknown[] = [];
    for (const password of [valid.password, 'another password', valid.password]) {
      const spelled = password === valid.password ? email : 'TAKEN@example.com';
      const response = await send('POST', '/auth/register', undefined, {
        ...valid,
        email: spelled,
        password,
      });
      const body = z.record(z.string(), z.unknown()).parse(await response.json());
      const { id, created_at: at, ...rest } = body;
      expect([id, at]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.any(String)]);
      const headers = [...response.headers.keys()].toSorted();
      shapes.push({ status: response.status, headers, order: Object.keys(body), ...rest });
    }
    expect(shapes[1]).toEqual(shapes[0]);
    expect(shapes[2]).toEqual(shapes[0]);
    expect((await login(email, 'another password')).status).toBe(401);
    expect((await login(email, valid.password)).status).toBe(200);
    expect(await api.database.em().count(User, { email })).toBe(1);
  });

  it('makes one account for many who want the same address at once', async () => {
    const email = 'wanted@example.com';
    const attempts = Array.from({ length: 6 }, () =>
      statusOf(send('POST', '/auth/register', undefined, { ...valid, email })),
    );
    expect(await Promise.all(attempts)).toEqual([201, 201, 201, 201, 201, 201]);
    expect(await api.database.em().count(User, { email })).toBe(1);
  });

  it('works as long for a known address as for a new one', async () => {
    const timeOf = async (email: string): Promise<number> => {
      const startedAt = performance.now();
      await statusOf(send('POST', '/auth/register', undefined, { ...valid, email }));
      return performance.now() - startedAt;
    };
    const median = (times: number[]): number =>
      times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0;
    const [known, fresh]: [number[], number[]] = [[], []];
    for (let n = 0; n < 15; n += 1) {
      known.push(await timeOf('taken@example.com'));
      fresh.push(await timeOf(`fresh-${n}@example.com`));
    }
    // A hash that one of the two leaves out would be a factor of five and more.
    expect(median(known) / median(fresh)).toBeGreaterThan(0.5);
    expect(median(known) / median(fresh)).toBeLessThan(2);
  });

  it.each([
    [{ ...valid, password: 'seven77' }, '/password'],
    [{ ...valid, password: 'x'.repeat(1025) }, '/password'],
    [{ ...valid, email: 'nobody' }, '/email'],
    [{ ...valid, email: `${'x'.repeat(250)}@example.com` }, '/email'],
    [{ ...valid, name: ' ' }, '/name'],
    [{ email: valid.email }, '/password'],
  ])('refuses %#', async (body, path) => {
    const response = await send('POST', '/auth/register', undefined, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      details: { issues: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
  });

  it('takes 1024 characters', async () => {
    const password = 'é'.repeat(1024);
    const email = 'long@example.com';
    expect(await statusOf(send('POST', '/auth/register', undefined, { email, password }))).toBe(201);
    expect((await login(email, password)).status).toBe(200);
  });

  it.each([
    ['by the setting', { REGISTRATION: 'closed' }],
    ['behind a proxy', { TRUST_PROXY: 'true' }],
    ['by itself, where others can reach it', { API_HOST: '0.0.0.0' }],
  ])('is closed %s', async (_how, settings) => {
    const closed = await startTestApi({ settings });
    try {
      const people = peopleOf(() => closed);
      const response = await people.send('POST', '/auth/register', undefined, valid);
      expect(response.status).toBe(403);
      expect(await closed.database.em().count(User, {})).toBe(1);
    } finally {
      await closed.close();
    }
  });
});

describe('a refresh token', () => {
  it('is traded for a new pair of the same session, and is stored as a hash', async () => {
    const { session } = await register('refresh@example.com');
    const next = await refreshed(session.refresh_token);
    expect(next.refresh_token).not.toBe(session.refresh_token);
    expect(next.access_token).not.toBe(session.access_token);
    expect(decodeJwt(next.access_token)['sid']).toBe(decodeJwt(session.access_token)['sid']);
    expect(await meStatus(next.access_token)).toBe(200);
    expect(await meStatus(session.access_token)).toBe(200);
    const rows = await api.database.sql.query('select * from refresh_tokens');
    expect(JSON.stringify(rows)).toContain(hashRefreshToken(next.refresh_token));
    expect(JSON.stringify(rows)).not.toContain(next.refresh_token);
    expect(api.logLines.join('')).not.toContain(next.refresh_token);
  });

  it('has one winner of 100 at once, and the others log nobody out', async () => {
    const { session } = await register('parallel@example.com');
    const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(session.refresh_token)));
    const statuses = answers.map(({ status }) => status).sort((one, other) => one - other);
    expect(statuses).toEqual([200, ...Array<number>(99).fill(401)]);
    const winner = answers.find(({ status }) => status === 200);
    const next = sessionSchema.parse(await winner?.json());
    expect(await meStatus(next.access_token)).toBe(200);
    expect((await refreshed(next.refresh_token)).user.id).toBe(session.user.id);
  });

  it('that comes again within ten seconds is refused, and nobody is logged out', async () => {
    const { session } = await register('window@example.com');
    const next = await refreshed(session.refresh_token);
    await age(session.refresh_token, 8);
    expect((await refresh(session.refresh_token)).status).toBe(401);
    expect(await meStatus(next.access_token)).toBe(200);
    await refreshed(next.refresh_token);
  });

  it('that comes again later ends the family, with every token in it', async () => {
    const { session, email, password } = await register('reuse@example.com');
    const other = sessionSchema.parse(await (await login(email, password)).json());
    const next = await refreshed(session.refresh_token);
    await age(session.refresh_token, 11);
    expect((await refresh(session.refresh_token)).status).toBe(401);
    expect(await meStatus(next.access_token)).toBe(401);
    expect(await meStatus(session.access_token)).toBe(401);
    expect((await refresh(next.refresh_token)).status).toBe(401);
    expect(await meStatus(other.access_token)).toBe(200);
  });

  it('ends by itself', async () => {
    const { session } = await register('expiry@example.com');
    const row = { tokenHash: hashRefreshToken(session.refresh_token) };
    await api.database.em().nativeUpdate(RefreshToken, row, { expiresAt: new Date(Date.now() - 1) });
    expect((await refresh(session.refresh_token)).status).toBe(401);
  });

  it('of a disabled user, an unknown one and no token at all get the same answer', async () => {
    const { id, session } = await register('off@example.com');
    await api.database.em().nativeUpdate(User, { id }, { isActive: false });
    const messages = new Set<string>();
    for (const token of [session.refresh_token, 'x'.repeat(43), session.access_token.slice(0, 150)]) {
      const response = await refresh(token);
      expect(response.status).toBe(401);
      messages.add((await response.text()).replaceAll(/"request_id":"[^"]+"/g, ''));
    }
    expect(messages.size).toBe(1);
  });

  it('leaves no heap of old rows behind', async () => {
    const { id, email, password, session } = await register('tidy@example.com');
    const { access_token: token } = session;
    const family = String(decodeJwt(token)['sid']);
    const next = await refreshed(session.refresh_token);
    const past = new Date(Date.now() - 2 * 86_400_000);
    await api.database
      .em()
      .nativeUpdate(
        RefreshToken,
        { tokenHash: hashRefreshToken(session.refresh_token) },
        { expiresAt: past },
      );
    await refreshed(next.refresh_token);
    expect(await api.database.em().count(RefreshToken, { family })).toBe(2);
    await api.database.em().nativeUpdate(Session, { id: family }, { expiresAt: past });
    await login(email, password);
    expect(await api.database.em().count(Session, { user: id })).toBe(1);
  });
});

describe('the logout', () => {
  it('ends the session at once, and no other', async () => {
    const { email, password, session, token } = await register('logout@example.com');
    const other = sessionSchema.parse(await (await login(email, password)).json());
    expect(await statusOf(send('POST', '/auth/logout', token))).toBe(200);
    expect(await meStatus(token)).toBe(401);
    expect((await refresh(session.refresh_token)).status).toBe(401);
    expect(await meStatus(other.access_token)).toBe(200);
  });

  it('ends another session of the same user by its refresh token, but nobody else’s', async () => {
    const anna = await register('anna@example.com');
    const bert = await register('bert@example.com');
    const second = sessionSchema.parse(await (await login(anna.email, anna.password)).json());
    const third = sessionSchema.parse(await (await login(anna.email, anna.password)).json());
    const logout = (token: string, refreshToken: string): Promise<number> =>
      statusOf(send('POST', '/auth/logout', token, { refresh_token: refreshToken }));
    expect(await logout(second.access_token, third.refresh_token)).toBe(200);
    expect(await meStatus(third.access_token)).toBe(401);
    expect(await logout(bert.token, anna.session.refresh_token)).toBe(200);
    expect(await meStatus(anna.token)).toBe(200);
  });
});

describe('the own account', () => {
  it('can get another name and e-mail address, and nothing else', async () => {
    const me = await register('before@example.com');
    const body = { name: 'Me', email: 'After@example.com', role: 'admin', is_active: false, id: 'x' };
    const response = await send('PATCH', '/auth/me', me.token, body);
    expect(response.status).toBe(200);
    const read = { id: me.id, name: 'Me', email: 'after@example.com', role: 'user', is_active: true };
    expect(await response.json()).toMatchObject(read);
    expect(await (await send('PATCH', '/auth/me', me.token, { name: null })).json()).toMatchObject({
      name: null,
    });
    expect((await login('after@example.com', me.password)).status).toBe(200);
    expect((await login('before@example.com', me.password)).status).toBe(401);
    // What was read may be sent back.
    const got: unknown = await (await send('GET', '/auth/me', me.token)).json();
    expect(await statusOf(send('PATCH', '/auth/me', me.token, got))).toBe(200);
  });

  it('cannot take somebody’s address, nor lose its own', async () => {
    const me = await register('mine@example.com');
    expect(await statusOf(send('PATCH', '/auth/me', me.token, { email: api.admin.email }))).toBe(409);
    await register('theirs@example.com');
    expect(await statusOf(send('PATCH', '/auth/me', me.token, { email: 'THEIRS@example.com' }))).toBe(409);
    expect(await statusOf(send('PATCH', '/auth/me', me.token, { email: null }))).toBe(422);
  });
});

describe('a changed password', () => {
  const changed = 'another long password';
  const change = (token: string, current: string, next = changed): Promise<Response> =>
    send('POST', '/auth/change-password', token, { current_password: current, new_password: next });

  it('ends all there was and gives a new session', async () => {
    const me = await register('change@example.com');
    const other = sessionSchema.parse(await (await login(me.email, me.password)).json());
    const response = await change(me.token, me.password);
    expect(response.status).toBe(200);
    const session = sessionSchema.parse(await response.json());
    expect(await meStatus(session.access_token)).toBe(200);
    for (const old of [me.session, other]) {
      expect(await meStatus(old.access_token)).toBe(401);
      expect((await refresh(old.refresh_token)).status).toBe(401);
    }
    await refreshed(session.refresh_token);
    expect((await login(me.email, me.password)).status).toBe(401);
    expect((await login(me.email, changed)).status).toBe(200);
  });

  it('wants the present one, and a new one that is long enough', async () => {
    const me = await register('wrong@example.com');
    const wrong = await change(me.token, 'not this one');
    expect(wrong.status).toBe(422);
    expect(await wrong.json()).toMatchObject({ details: { issues: [{ path: '/current_password' }] } });
    expect((await change(me.token, me.password, 'short')).status).toBe(422);
    expect(await meStatus(me.token)).toBe(200);
  });

  it('refuses tokens issued before, even of a session that lives', async () => {
    const me = await register('iat@example.com');
    const em = api.database.em();
    await em.nativeUpdate(User, { id: me.id }, { tokensValidAfter: new Date(Date.now() + 2000) });
    expect(await meStatus(me.token)).toBe(401);
    await em.nativeUpdate(User, { id: me.id }, { tokensValidAfter: new Date(Date.now() - 2000) });
    expect(await meStatus(me.token)).toBe(200);
  });

  it('leaves no session to a login that checked the old one', async () => {
    const me = await register('race@example.com');
    const sessions = (): SessionsRepository => new SessionsRepository(api.database.em());
    const { passwordHash = null } = await api.database.em().findOneOrFail(User, { id: me.id });
    expect(await sessions().start(me.id, passwordHash ?? null, new Date(), 1000)).not.toBeNull();
    let late: Promise<unknown> = Promise.resolve();
    await api.database.sql.transaction(async (sql) => {
      await sql.query(`update users set password_hash = 'x' where id = $1`, [me.id]);
      // It comes while the change is under way, and must wait for how it ends.
      late = sessions().start(me.id, passwordHash ?? null, new Date(), 1000);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(await late).toBeNull();
    expect(await sessions().start(me.id, passwordHash ?? null, new Date(), 1000)).toBeNull();
  });

  it('and many logins at once: those that got in with the old one are out again', async () => {
    const me = await register('storm@example.com');
    const logins = Array.from({ length: 12 }, () => login(me.email, me.password));
    const [answer, ...answers] = await Promise.all([change(me.token, me.password), ...logins]);
    expect(answer?.status).toBe(200);
    for (const response of answers.filter(({ status }) => status === 200)) {
      expect(await meStatus(sessionSchema.parse(await response.json()).access_token)).toBe(401);
    }
  });
});
