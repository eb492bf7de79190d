import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { User } from '../../src/persistence/entities/user.entity.ts';
import { createRun } from '../../src/engine/starting/create-run.ts';
import { peopleOf, statusOf, type Person } from '../support/people.ts';
import { aPlan } from '../support/plans.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
let admin: string;
const { send, login, register, makeKey } = peopleOf(() => api);
const userSchema = z.looseObject({ id: z.string(), email: z.string(), password: z.string().nullable() });

beforeAll(async () => {
  api = await startTestApi();
  admin = api.admin.token;
});
afterAll(() => api.close());

const patch = (id: string, body: unknown, credential = admin): Promise<Response> =>
  send('PATCH', `/users/${id}`, credential, body);
const meStatus = (credential: string): Promise<number> => statusOf(send('GET', '/auth/me', credential));

async function makeUser(body: Record<string, unknown>): Promise<z.infer<typeof userSchema>> {
  const response = await send('POST', '/users', admin, body);
  expect(response.status).toBe(201);
  const user = userSchema.parse(await response.json());
  expect(response.headers.get('location')).toBe(`/api/v1/users/${user.id}`);
  return user;
}

describe('an admin', () => {
  it('makes users, with a random password shown once or with a given one', async () => {
    const random = await makeUser({ email: 'Random@example.com' });
    expect(random).toMatchObject({ email: 'random@example.com', name: null, role: 'user', is_active: true });
    expect(random.password).toMatch(/^[A-Za-z0-9]{20}$/);
    expect((await login('random@example.com', random.password ?? '')).status).toBe(200);
    expect(await (await send('GET', `/users/${random.id}`, admin)).json()).not.toHaveProperty('password');
    const given = await makeUser({ email: 'given@example.com', password: 'given password', role: 'admin' });
    expect(given).toMatchObject({ role: 'admin', password: null });
    expect((await login('given@example.com', 'given password')).status).toBe(200);
    expect(await statusOf(send('POST', '/users', admin, { email: 'GIVEN@example.com' }))).toBe(409);
    await send('DELETE', `/users/${given.id}`, admin);
  });

  it('lists users newest first, page by page, with the total', async () => {
    await makeUser({ email: 'page1@example.com' });
    await makeUser({ email: 'page2@example.com' });
    const page = await send('GET', '/users?skip=1&limit=1', admin);
    expect(await page.json()).toMatchObject([{ email: 'page1@example.com' }]);
    expect(page.headers.get('x-total-count')).toBe(String(await api.database.em().count(User, {})));
  });

  it.each([
    ['GET', `/users/${randomUUID()}`, undefined],
    ['PATCH', `/users/${randomUUID()}`, { name: 'x' }],
    ['DELETE', `/users/${randomUUID()}`, undefined],
    ['POST', `/users/${randomUUID()}/reset-password`, {}],
    ['GET', '/users/me', undefined],
  ])('gets 404 from %s %s', async (method, path, body) => {
    expect(await statusOf(send(method, path, admin, body))).toBe(404);
  });

  it('changes name and role; what is left out or cannot be written stays', async () => {
    const person = await register('role@example.com');
    const response = await patch(person.id, { role: 'admin', name: 'R', email: 'x@example.com', id: 'x' });
    expect(await response.json()).toMatchObject({
      id: person.id,
      role: 'admin',
      name: 'R',
      email: person.email,
    });
    expect(await statusOf(send('GET', '/users', person.token))).toBe(200);
    expect(await (await patch(person.id, { role: 'user' })).json()).toMatchObject({
      role: 'user',
      name: 'R',
    });
    expect(await statusOf(send('GET', '/users', person.token))).toBe(403);
    expect(await statusOf(patch(person.id, { role: 'root' }))).toBe(422);
    expect(await statusOf(patch(person.id, { is_active: null }))).toBe(422);
  });
});

describe('a disabled user', () => {
  it('is out at once, with tokens and keys, and enabling does not bring the sessions back', async () => {
    const person = await register('disabled@example.com');
    const { key } = await makeKey(person.token, { name: 'k' });
    expect([await meStatus(person.token), await meStatus(key)]).toEqual([200, 200]);
    expect((await patch(person.id, { is_active: false })).status).toBe(200);
    expect([await meStatus(person.token), await meStatus(key)]).toEqual([401, 401]);
    expect((await login(person.email, person.password)).status).toBe(401);
    const refresh = { refresh_token: person.session.refresh_token };
    expect(await statusOf(send('POST', '/auth/refresh', undefined, refresh))).toBe(401);
    expect((await patch(person.id, { is_active: true })).status).toBe(200);
    expect([await meStatus(person.token), await meStatus(key)]).toEqual([401, 200]);
    expect(await statusOf(send('POST', '/auth/refresh', undefined, refresh))).toBe(401);
    expect((await login(person.email, person.password)).status).toBe(200);
  });
});

describe('the last active admin', () => {
  const adminId = async (): Promise<string> =>
    (await api.database.em().findOneOrFail(User, { email: api.admin.email })).id;

  it.each<[string, object | undefined]>([
    ['demoted', { role: 'user' }],
    ['disabled', { is_active: false }],
    ['deleted', undefined],
  ])('cannot be %s', async (_how, body) => {
    const id = await adminId();
    await makeUser({ email: `sleeper-${randomUUID()}@example.com`, role: 'admin', is_active: false });
    const response = await (body === undefined ? send('DELETE', `/users/${id}`, admin) : patch(id, body));
    expect(response.status).toBe(409);
    expect(await meStatus(admin)).toBe(200);
    expect(await statusOf(patch(id, { name: 'Still here', role: 'admin', is_active: true }))).toBe(200);
  });

  it('is left over when two admins demote each other at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await adminId();
      const other = await register(`rival-${round}@example.com`);
      await patch(other.id, { role: 'admin' });
      const statuses = await Promise.all([
        statusOf(patch(other.id, { role: 'user' })),
        statusOf(patch(id, { role: 'user' }, other.token)),
      ]);
      const left = await api.database.em().count(User, { role: 'admin', isActive: true });
      expect([left, statuses.filter((status) => status === 200).length]).toEqual([1, 1]);
      await api.database.em().nativeUpdate(User, { id }, { role: 'admin' });
      await api.database.em().nativeUpdate(User, { id: other.id }, { role: 'user' });
    }
  });
});

describe('a deleted user', () => {
  it('is gone with sessions and keys', async () => {
    const person = await register('deleted@example.com');
    const { key } = await makeKey(person.token, { name: 'k' });
    expect(await statusOf(send('DELETE', `/users/${person.id}`, admin))).toBe(200);
    expect([await meStatus(person.token), await meStatus(key)]).toEqual([401, 401]);
    expect(await statusOf(send('GET', `/users/${person.id}`, admin))).toBe(404);
    await register('deleted@example.com');
  });

  it('cannot be one who owns executions; the answer says what to do instead', async () => {
    const person = await register('owner@example.com');
    const plan = aPlan({ agents: [], tasks: [] });
    await createRun(
      api.database.sql,
      { ownerId: person.id, kind: 'crew', crewName: 'c', plan, inputs: {}, model: null },
      0,
      new Date(),
    );
    const response = await send('DELETE', `/users/${person.id}`, admin);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('disable');
    expect(await meStatus(person.token)).toBe(200);
  });
});

describe('a reset password', () => {
  const reset = (id: string, body?: unknown): Promise<Response> =>
    send('POST', `/users/${id}/reset-password`, admin, body);

  it('is random and shown once, or the given one, and ends every session', async () => {
    const person = await register('reset@example.com');
    const { password } = z.object({ password: z.string() }).parse(await (await reset(person.id)).json());
    expect(await meStatus(person.token)).toBe(401);
    expect((await login(person.email, person.password)).status).toBe(401);
    expect((await login(person.email, password)).status).toBe(200);
    const given = await reset(person.id, { new_password: 'chosen for them' });
    expect(await given.json()).toMatchObject({ password: null });
    expect((await login(person.email, password)).status).toBe(401);
    expect((await login(person.email, 'chosen for them')).status).toBe(200);
    expect((await reset(person.id, { new_password: 'short' })).status).toBe(422);
    expect(api.logLines.join('')).not.toContain(password);
  });

  it('is of no use to somebody without an e-mail address', async () => {
    const id = randomUUID();
    const now = new Date();
    await api.database
      .em()
      .insert(User, { id, role: 'user', isActive: true, createdAt: now, updatedAt: now });
    expect((await reset(id)).status).toBe(409);
  });
});

describe('users are none of the business of', () => {
  const calls = (id: string): [string, string, unknown][] => [
    ['GET', '/users', undefined],
    ['POST', '/users', { email: 'x@example.com' }],
    ['GET', `/users/${id}`, undefined],
    ['PATCH', `/users/${id}`, { name: 'x' }],
    ['DELETE', `/users/${id}`, undefined],
    ['POST', `/users/${id}/reset-password`, {}],
  ];
  let victim: Person;
  beforeAll(async () => {
    victim = await register('victim@example.com');
  });
  const statuses = async (credential: string): Promise<number[]> => {
    const all: number[] = [];
    for (const [method, path, body] of calls(victim.id)) {
      all.push(await statusOf(send(method, path, credential, body)));
    }
    return all;
  };

  it('ordinary users, themselves included', async () => {
    expect(await statuses(victim.token)).toEqual(Array(6).fill(403));
  });

  it('keys without the scope admin', async () => {
    const { key } = await makeKey(admin, { name: 'plain', scopes: ['read', 'write'] });
    expect(await statuses(key)).toEqual(Array(6).fill(403));
  });

  it('keys with it, but for reading', async () => {
    expect(await statuses(api.admin.apiKey)).toEqual([200, 403, 200, 403, 403, 403]);
    expect(await meStatus(victim.token)).toBe(200);
  });
});
