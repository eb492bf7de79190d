import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RefreshToken } from '../../src/persistence/entities/refresh-token.entity.ts';
import { hashRefreshToken } from '../../src/security/refresh-token.ts';
import { peopleOf, statusOf, type Person } from '../support/people.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
let admin: string;
let adminId: string;
let wire: TcpProxy;
const { send, login, register, makeKey } = peopleOf(() => api);
const entrySchema = z.strictObject({
  id: z.uuid(),
  at: z.iso.datetime(),
  actor_user_id: z.uuid().nullable(),
  actor_key_id: z.uuid().nullable(),
  action: z.string(),
  target: z.string().nullable(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  ip: z.string(),
  request_id: z.string(),
});
type Entry = z.infer<typeof entrySchema>;

beforeAll(async () => {
  api = await startTestApi({
    reachDatabase: async (url) => {
      const direct = new URL(url);
      wire = await startTcpProxy(direct.hostname, Number(direct.port));
      return url.replace(direct.host, `127.0.0.1:${wire.port}`);
    },
  });
  admin = api.admin.token;
  const me = await (await send('GET', '/auth/me', admin)).json();
  adminId = z.object({ id: z.string() }).parse(me).id;
});
afterAll(async () => {
  await api.close();
  await wire.close();
});

/** All entries of one request or more, oldest first, once they are written. */
async function entries(query = ''): Promise<Entry[]> {
  await api.audit.flush();
  const response = await send('GET', `/audit?limit=1000${query}`, admin);
  expect(response.status).toBe(200);
  return entrySchema
    .array()
    .parse(await response.json())
    .toReversed();
}

/** What `work` left in the trail. */
async function trailOf(work: () => Promise<unknown>): Promise<Entry[]> {
  const known = new Set((await entries()).map(({ id }) => id));
  await work();
  return (await entries()).filter(({ id }) => !known.has(id));
}

describe('the audit trail', () => {
  it('tells what an admin changed, who, where from and how it was answered', async () => {
    const person = await register('watched@example.com');
    const trail = await trailOf(() =>
      fetch(`${api.url}/api/v1/users/${person.id}?note=hidden`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${admin}`,
          'content-type': 'application/json',
          'x-request-id': 'request-7',
        },
        body: JSON.stringify({ role: 'admin', is_active: false }),
      }),
    );
    const same = {
      actor_user_id: adminId,
      actor_key_id: null,
      target: person.id,
      method: 'PATCH',
      path: `/api/v1/users/${person.id}`,
      status: 200,
      ip: expect.stringContaining('127.0.0.1'),
      request_id: 'request-7',
    };
    const sorted = trail.toSorted((one, other) => one.action.localeCompare(other.action));
    expect(sorted).toMatchObject([
      { ...same, action: 'changeUserRole' },
      { ...same, action: 'disableUser' },
      { ...same, action: 'updateUser' },
    ]);
  });

  it('tells what a key did, and what it was refused', async () => {
    const person = await register('automat@example.com');
    const tool = await makeKey(person.token, { name: 'tool' });
    const other = await makeKey(person.token, { name: 'other' });
    const trail = await trailOf(async () => {
      await send('GET', '/api-keys', tool.key);
      await send('DELETE', `/api-keys/${other.id}`, tool.key);
      await send('DELETE', `/api-keys/${other.id}`, tool.key);
      await send('POST', '/api-keys', tool.key, { name: 'child' });
    });
    const actor = { actor_user_id: person.id, actor_key_id: tool.id };
    expect(trail).toMatchObject([
      { ...actor, action: 'deleteApiKey', target: other.id, status: 200 },
      { ...actor, action: 'deleteApiKey', target: other.id, status: 404 },
      { ...actor, action: 'createApiKey', target: null, status: 403 },
    ]);
  });

  it('tells of logins, good and bad', async () => {
    let person: Person | undefined;
    const made = await trailOf(async () => (person = await register('in@example.com')));
    const id = person?.id;
    expect(made).toMatchObject([
      { action: 'register', actor_user_id: id, target: id, status: 201 },
      { action: 'login', actor_user_id: id, target: id, status: 200 },
    ]);
    const failed = await trailOf(async () => {
      await login('in@example.com', 'a secret mistyped');
      await login('nobody@example.com', 'a secret mistyped');
    });
    expect(failed).toMatchObject([
      { action: 'login', actor_user_id: null, target: id, status: 401 },
      { action: 'login', actor_user_id: null, target: null, status: 401 },
    ]);
    expect(JSON.stringify(await entries())).not.toMatch(/secret|example\.com/);
  });

  it('tells when a refresh token was used again, and nothing of the right use', async () => {
    const person = await register('copied@example.com');
    const refresh = (): Promise<number> =>
      statusOf(send('POST', '/auth/refresh', undefined, { refresh_token: person.session.refresh_token }));
    const trail = await trailOf(async () => {
      expect(await refresh()).toBe(200);
      expect(await refresh()).toBe(401);
      const row = { tokenHash: hashRefreshToken(person.session.refresh_token) };
      const longAgo = { consumedAt: new Date(Date.now() - 60_000) };
      await api.database.em().nativeUpdate(RefreshToken, row, longAgo);
      expect(await refresh()).toBe(401);
    });
    expect(trail).toMatchObject([
      { action: 'refreshTokenReused', actor_user_id: null, target: person.id, status: 401 },
    ]);
  });

  it('tells of passwords and keys of ordinary users, and of nothing else they do', async () => {
    const person = await register('ordinary@example.com');
    const trail = await trailOf(async () => {
      const key = await makeKey(person.token, { name: 'k' });
      await send('PATCH', `/api-keys/${key.id}`, person.token, { name: 'l' });
      await send('POST', `/api-keys/${key.id}/rotate`, person.token);
      await send('DELETE', `/api-keys/${key.id}`, person.token);
      await send('PATCH', '/auth/me', person.token, { name: 'Me' });
      const passwords = { current_password: 'wrong', new_password: 'long enough' };
      await send('POST', '/auth/change-password', person.token, passwords);
      const right = { ...passwords, current_password: person.password };
      await send('POST', '/auth/change-password', person.token, right);
      await send('POST', `/users/${person.id}/reset-password`, admin, {});
    });
    expect(trail.map(({ action, status }) => [action, status])).toEqual([
      ['createApiKey', 201],
      ['updateApiKey', 200],
      ['rotateApiKey', 200],
      ['deleteApiKey', 200],
      ['changePassword', 422],
      ['changePassword', 200],
      ['resetPassword', 200],
    ]);
    expect(trail.every(({ target }) => target !== null)).toBe(true);
  });

  it('keeps out of a target what no id can be', async () => {
    const trail = await trailOf(() => send('DELETE', '/api-keys/a%00b', admin));
    expect(trail).toMatchObject([{ action: 'deleteApiKey', target: null, status: 404 }]);
  });

  it('is read by admins only, newest first, with filters and pages', async () => {
    const person = await register('reader@example.com');
    expect(await statusOf(send('GET', '/audit', person.token))).toBe(403);
    const plain = await makeKey(admin, { name: 'plain' });
    expect(await statusOf(send('GET', '/audit', plain.key))).toBe(403);
    expect(await statusOf(send('GET', '/audit', api.admin.apiKey))).toBe(200);
    await api.audit.flush();

    const first = await send('GET', '/audit?limit=2', admin);
    const second = await send('GET', '/audit?skip=1&limit=2', admin);
    const [newest, next] = entrySchema.array().parse(await first.json());
    expect(entrySchema.array().parse(await second.json())[0]).toEqual(next);
    expect(Date.parse(newest?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(next?.at ?? 'x'));
    expect(Number(first.headers.get('x-total-count'))).toBe((await entries()).length);

    const all = await entries();
    const mine = await entries(`&actor_user_id=${person.id}`);
    expect(mine).toEqual(all.filter((entry) => entry.actor_user_id === person.id));
    expect(mine.length).toBeGreaterThan(0);
    const logins = await entries('&action=login');
    expect(logins).toEqual(all.filter(({ action }) => action === 'login'));
    const middle = all[Math.floor(all.length / 2)]?.at ?? '';
    expect(await entries(`&after=${middle}`)).toEqual(all.filter(({ at }) => at > middle));
    expect(await entries(`&before=${middle}`)).toEqual(all.filter(({ at }) => at < middle));
    expect(await entries(`&actor_user_id=${randomUUID()}`)).toEqual([]);
    for (const query of ['actor_user_id=x', 'after=yesterday', 'before=1', 'limit=1001']) {
      expect([query, await statusOf(send('GET', `/audit?${query}`, admin))]).toEqual([query, 422]);
    }
  });

  it('cannot be changed, even by who reaches the database', async () => {
    for (const statement of [
      'delete from audit_entries',
      `update audit_entries set action = 'x'`,
      'truncate audit_entries',
    ]) {
      await expect(api.database.sql.query(statement)).rejects.toThrow(/append-only|permission denied/);
    }
  });

  it('appears by itself, without slowing the request it tells of', async () => {
    const before = (await entries()).length;
    await send('POST', '/api-keys', admin, { name: 'soon' });
    await new Promise((resolve) => setTimeout(resolve, 600));
    const [row] = await api.database.sql.query<{ n: number }>(
      'select count(*)::integer as n from audit_entries',
    );
    expect(row?.n).toBe(before + 1);
  });

  it('waits for a database that is away, and is written once', async () => {
    const trail = await trailOf(async () => {
      const answered = await send('POST', '/api-keys', admin, { name: 'just in time' });
      expect(answered.status).toBe(201);
      wire.cut();
      await api.audit.flush();
      expect(api.logLines.join('')).toContain('audit entries wait for the database');
      wire.mend();
    });
    expect(trail.map(({ action }) => action)).toEqual(['createApiKey']);
  });
});
