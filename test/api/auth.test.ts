import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { prepareFirstAdmin } from '../../src/persistence/first-admin.ts';
import { ApiKey } from '../../src/persistence/entities/api-key.entity.ts';
import { User } from '../../src/persistence/entities/user.entity.ts';
import { createApiKey } from '../../src/security/api-key.ts';
import { createPasswords } from '../../src/security/passwords.ts';
import { readSettings } from '../../src/config.ts';
import { createTestDatabase } from '../support/database.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
let user: { id: string; email: string; password: string; token: string };

const sessionSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string().min(43),
  token_type: z.literal('bearer'),
  expires_in: z.literal(900),
  user: z.object({ id: z.string(), email: z.string() }),
});
const newKeySchema = z.object({ id: z.string(), key: z.string(), scopes: z.array(z.string()) });

const send = (
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Response> =>
  fetch(api.url + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const bearer = (credential: string): Record<string, string> => ({ authorization: `Bearer ${credential}` });
const me = (headers: Record<string, string>): Promise<Response> => send('GET', '/api/v1/auth/me', headers);
const login = (email: string, password: string): Promise<Response> =>
  send('POST', '/api/v1/auth/login', {}, { email, password });

/** An ordinary user, written straight into the database. */
async function makeUser(email: string): Promise<typeof user> {
  const password = 'a long enough password';
  const em = api.database.em();
  const now = new Date();
  const passwordHash = await createPasswords().hash(password);
  const row = { id: randomUUID(), email, name: null, passwordHash, role: 'user', isActive: true } as const;
  em.create(User, { ...row, createdAt: now, updatedAt: now });
  await em.flush();
  const session = sessionSchema.parse(await (await login(email, password)).json());
  return { id: row.id, email, password, token: session.access_token };
}

async function makeKey(token: string, body: Record<string, unknown>): Promise<z.infer<typeof newKeySchema>> {
  const response = await send('POST', '/api/v1/api-keys', bearer(token), body);
  expect(response.status).toBe(201);
  return newKeySchema.parse(await response.json());
}

beforeAll(async () => {
  api = await startTestApi();
  user = await makeUser('ada@example.com');
});
afterAll(() => api.close());

describe('the login', () => {
  it('gives a token for the right password, however the e-mail is spelled', async () => {
    const response = await login(' ADA@Example.com ', user.password);
    expect(response.status).toBe(200);
    const session = sessionSchema.parse(await response.json());
    expect(session.user.email).toBe('ada@example.com');
    expect(await (await me(bearer(session.access_token))).json()).toMatchObject(session.user);
  });

  it('answers alike to a wrong password, an unknown e-mail and a disabled user', async () => {
    const gone = await makeUser('gone@example.com');
    await api.database.em().nativeUpdate(User, { id: gone.id }, { isActive: false });
    const answers = await Promise.all([
      login(user.email, 'wrong'),
      login('nobody@example.com', user.password),
      login(gone.email, gone.password),
    ]);
    const bodies = await Promise.all(
      answers.map(async (response) => ({
        status: response.status,
        ...z.object({ error: z.string(), message: z.string() }).parse(await response.json()),
      })),
    );
    expect(bodies[0]).toMatchObject({ status: 401, error: 'UNAUTHENTICATED' });
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
  });

  it('wants both fields as texts', async () => {
    const response = await send('POST', '/api/v1/auth/login', {}, { email: 5 });
    expect(response.status).toBe(422);
    expect(JSON.stringify(await response.json())).toMatch(/\/email.*\/password/);
  });

  it('logs neither password nor token', async () => {
    await login(user.email, 'a-password-to-look-for');
    await me(bearer(user.token));
    expect(api.logLines.join('')).not.toContain('a-password-to-look-for');
    expect(api.logLines.join('')).not.toContain(user.token);
  });
});

describe('a credential', () => {
  it.each(['', 'Bearer', 'Basic YTpi', 'Bearer a b'])(
    'is not found in the header "%s"',
    async (authorization) => {
      expect((await me({ authorization })).status).toBe(401);
    },
  );

  it('ends at once when its user is disabled', async () => {
    const other = await makeUser('soon-gone@example.com');
    const { key: apiKey } = await makeKey(other.token, { name: 'k' });
    expect((await me(bearer(other.token))).status).toBe(200);
    await api.database.em().nativeUpdate(User, { id: other.id }, { isActive: false });
    expect((await me(bearer(other.token))).status).toBe(401);
    expect((await me(bearer(apiKey))).status).toBe(401);
  });
});

describe('an API key', () => {
  it('works in either header, and notes its use at most once a minute', async () => {
    const made = await makeKey(user.token, { name: 'CI', expires_at: '2999-01-01T00:00:00+02:00' });
    expect(made.scopes).toEqual(['read', 'write']);
    expect((await me({ 'x-api-key': made.key })).status).toBe(200);
    const first = (await api.database.em().findOneOrFail(ApiKey, { id: made.id })).lastUsedAt;
    expect(first).toBeInstanceOf(Date);
    expect((await me(bearer(made.key))).status).toBe(200);
    expect((await api.database.em().findOneOrFail(ApiKey, { id: made.id })).lastUsedAt).toEqual(first);
    await api.database
      .em()
      .nativeUpdate(ApiKey, { id: made.id }, { lastUsedAt: new Date(Date.now() - 61_000) });
    expect((await me(bearer(made.key))).status).toBe(200);
    const again = (await api.database.em().findOneOrFail(ApiKey, { id: made.id })).lastUsedAt;
    expect(again?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Number.POSITIVE_INFINITY);
  });

  it('is shown once and stored as a hash', async () => {
    const made = await makeKey(user.token, { name: 'hidden' });
    const row = await api.database.em().findOneOrFail(ApiKey, { id: made.id });
    expect(JSON.stringify(row)).not.toContain(made.key);
    const list = await (await send('GET', '/api/v1/api-keys', bearer(user.token))).text();
    expect(list).toContain(made.id);
    expect(list).not.toContain(made.key);
    expect(list).not.toContain(row.secretHash);
  });

  it('is refused when revoked, expired, mistyped, unknown, or no key at all', async () => {
    const revoked = await makeKey(user.token, { name: 'revoked' });
    expect((await send('DELETE', `/api/v1/api-keys/${revoked.id}`, bearer(user.token))).status).toBe(200);
    const expired = await makeKey(user.token, { name: 'expired', expires_at: '2999-01-01T00:00:00Z' });
    await api.database
      .em()
      .nativeUpdate(ApiKey, { id: expired.id }, { expiresAt: new Date(Date.now() - 1000) });
    const deleted = await makeKey(user.token, { name: 'deleted' });
    await api.database.em().nativeDelete(ApiKey, { id: deleted.id });
    const good = await makeKey(user.token, { name: 'good' });
    const mistyped = good.key.slice(0, -1) + (good.key.endsWith('a') ? 'b' : 'a');
    expect((await me(bearer(good.key))).status).toBe(200);
    const messages = new Set<unknown>();
    for (const key of [revoked.key, expired.key, deleted.key, mistyped, 'mst_', 'hello']) {
      const response = await me({ 'x-api-key': key });
      expect([key, response.status]).toEqual([key, 401]);
      messages.add(z.object({ message: z.string() }).parse(await response.json()).message);
    }
    expect(messages.size).toBe(1);
  });

  it('is refused when only its id is right', async () => {
    const made = await makeKey(user.token, { name: 'target' });
    const forged = createApiKey();
    await api.database.em().nativeUpdate(ApiKey, { id: made.id }, { publicId: forged.publicId });
    expect((await me(bearer(forged.key))).status).toBe(401);
  });

  it('does no more than its scopes say', async () => {
    const reader = await makeKey(user.token, { name: 'reader', scopes: ['read', 'read'] });
    expect(reader.scopes).toEqual(['read']);
    expect((await send('GET', '/api/v1/api-keys', bearer(reader.key))).status).toBe(200);
    const response = await send('DELETE', `/api/v1/api-keys/${reader.id}`, bearer(reader.key));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: 'FORBIDDEN', details: { needs_one_of: ['write'] } });
  });

  it('makes no keys', async () => {
    const writer = await makeKey(user.token, { name: 'writer' });
    const response = await send('POST', '/api/v1/api-keys', bearer(writer.key), { name: 'child' });
    expect(response.status).toBe(403);
  });

  it('of an admin has no admin power without the scope', async () => {
    const all = '/api/v1/api-keys?scope=all';
    const plain = await makeKey(api.admin.token, { name: 'plain' });
    expect((await send('GET', all, bearer(plain.key))).status).toBe(403);
    expect((await send('GET', all, bearer(api.admin.apiKey))).status).toBe(200);
    expect((await send('GET', all, bearer(api.admin.token))).status).toBe(200);
    expect((await send('GET', all, bearer(user.token))).status).toBe(403);
  });

  it('with the scope admin is given by admins only', async () => {
    const response = await send('POST', '/api/v1/api-keys', bearer(user.token), {
      name: 'x',
      scopes: ['admin'],
    });
    expect(response.status).toBe(403);
  });

  it.each([
    [{}, '/name'],
    [{ name: ' ' }, '/name'],
    [{ name: 'x', scopes: [] }, '/scopes'],
    [{ name: 'x', scopes: ['root'] }, '/scopes/0'],
    [{ name: 'x', expires_at: 'tomorrow' }, '/expires_at'],
    [{ name: 'x', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
  ])('is not made from %j', async (body, path) => {
    const response = await send('POST', '/api/v1/api-keys', bearer(user.token), body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ details: { issues: [{ path }] } });
  });

  it('of somebody else is not there', async () => {
    const stranger = await makeUser('stranger@example.com');
    const mine = await makeKey(user.token, { name: 'mine' });
    const path = `/api/v1/api-keys/${mine.id}`;
    expect((await send('DELETE', path, bearer(stranger.token))).status).toBe(404);
    expect((await send('DELETE', '/api/v1/api-keys/not-an-id', bearer(user.token))).status).toBe(404);
    const list = await send('GET', '/api/v1/api-keys', bearer(stranger.token));
    expect(await list.json()).toEqual([]);
    expect(list.headers.get('x-total-count')).toBe('0');
    expect((await send('DELETE', path, bearer(api.admin.token))).status).toBe(200);
    expect((await send('DELETE', path, bearer(user.token))).status).toBe(404);
  });

  it('is listed newest first, page by page, with the total', async () => {
    const lister = await makeUser('lister@example.com');
    for (const name of ['one', 'two', 'three']) await makeKey(lister.token, { name });
    const page = await send('GET', '/api/v1/api-keys?skip=1&limit=1', bearer(lister.token));
    expect(page.headers.get('x-total-count')).toBe('3');
    expect(await page.json()).toMatchObject([{ name: 'two' }]);
  });
});

describe('the first admin', () => {
  it('is made once, whoever starts first', async () => {
    const fresh = await createTestDatabase();
    const settings = readSettings({
      DATABASE_URL: fresh.url,
      ADMIN_EMAIL: 'Root@Example.com',
      ADMIN_PASSWORD: 'given password',
    });
    try {
      const made = await Promise.all([prepareFirstAdmin(settings), prepareFirstAdmin(settings)]);
      const winners = made.filter((one) => one !== null);
      expect(winners).toMatchObject([{ email: 'root@example.com', password: 'given password' }]);
      expect(await prepareFirstAdmin(settings)).toBeNull();
    } finally {
      await fresh.drop();
    }
  });

  it('gets a random password and a key with all powers', async () => {
    expect(api.admin).toMatchObject({ email: 'admin@muster.local' });
    expect(api.admin.password).toMatch(/^[A-Za-z0-9]{20}$/);
    const response = await me({ 'x-api-key': api.admin.apiKey });
    expect(await response.json()).toMatchObject({ role: 'admin', is_active: true });
  });
});
