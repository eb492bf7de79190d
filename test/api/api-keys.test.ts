import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ApiKey } from '../../src/persistence/entities/api-key.entity.ts';
import { peopleOf, statusOf, type Person, type TestKey } from '../support/people.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
let owner: Person;
let stranger: Person;
const { send, register, makeKey } = peopleOf(() => api);
const keyText = z.object({ key: z.string() });

beforeAll(async () => {
  api = await startTestApi();
  owner = await register('owner@example.com');
  stranger = await register('stranger@example.com');
});
afterAll(() => api.close());

const meStatus = (credential: string): Promise<number> => statusOf(send('GET', '/auth/me', credential));
const patch = (key: TestKey, body: unknown, credential = owner.token): Promise<Response> =>
  send('PATCH', `/api-keys/${key.id}`, credential, body);
const rotate = (key: TestKey, credential = owner.token): Promise<Response> =>
  send('POST', `/api-keys/${key.id}/rotate`, credential);

describe('one key', () => {
  it('can be looked at, without its secret', async () => {
    const made = await makeKey(owner.token, { name: 'look' });
    const text = await (await send('GET', `/api-keys/${made.id}`, owner.token)).text();
    expect(JSON.parse(text)).toMatchObject({ id: made.id, name: 'look', scopes: ['read', 'write'] });
    expect(text).not.toContain(made.key);
    expect(text).not.toMatch(/[0-9a-f]{64}/);
  });

  it('can get another name, other scopes and another end', async () => {
    const made = await makeKey(owner.token, { name: 'change' });
    const body = {
      name: ' changed ',
      scopes: ['read', 'read'],
      expires_at: '2999-01-01T00:00:00Z',
      owner_id: 'x',
    };
    const changed: unknown = await (await patch(made, body)).json();
    expect(changed).toMatchObject({
      name: 'changed',
      scopes: ['read'],
      expires_at: '2999-01-01T00:00:00.000Z',
      owner_id: owner.id,
    });
    expect(await (await patch(made, {})).json()).toEqual(changed);
    expect(await (await patch(made, { expires_at: null })).json()).toMatchObject({ expires_at: null });
    expect(await statusOf(send('DELETE', `/api-keys/${made.id}`, made.key))).toBe(403);
  });

  it.each([
    [{ name: ' ' }, '/name'],
    [{ scopes: [] }, '/scopes'],
    [{ scopes: ['root'] }, '/scopes/0'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
  ])('does not become %j', async (body, path) => {
    const made = await makeKey(owner.token, { name: 'stays' });
    const response = await patch(made, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ details: { issues: [{ path }] } });
  });

  it('can be sent back as it was read, after its end too', async () => {
    const made = await makeKey(owner.token, { name: 'over', expires_at: '2999-01-01T00:00:00Z' });
    const ended = { expiresAt: new Date(Date.now() - 5000) };
    await api.database.em().nativeUpdate(ApiKey, { id: made.id }, ended);
    const read: unknown = await (await send('GET', `/api-keys/${made.id}`, owner.token)).json();
    expect(await (await patch(made, read)).json()).toEqual(read);
    expect(await meStatus(made.key)).toBe(401);
  });

  it('does not get the scope admin from an ordinary user, nor its power by it', async () => {
    const made = await makeKey(owner.token, { name: 'climber' });
    expect((await patch(made, { scopes: ['admin'] })).status).toBe(403);
    expect((await patch(made, { scopes: ['read', 'admin'] }, api.admin.token)).status).toBe(200);
    expect(await statusOf(send('GET', '/users', made.key))).toBe(403);
  });
});

describe('a rotated key', () => {
  it('is new, shown once, and the old one is dead at once', async () => {
    const made = await makeKey(owner.token, { name: 'turn', scopes: ['read'] });
    const response = await rotate(made);
    expect(response.status).toBe(200);
    const body: unknown = await response.json();
    expect(body).toMatchObject({ id: made.id, name: 'turn', scopes: ['read'], last_used_at: null });
    const { key } = keyText.parse(body);
    expect(key).not.toBe(made.key);
    expect([await meStatus(made.key), await meStatus(key)]).toEqual([401, 200]);
    expect(await (await send('GET', `/api-keys/${made.id}`, owner.token)).text()).not.toContain(key);
    expect(api.logLines.join('')).not.toContain(key);
  });

  it('leaves one that works, when it is rotated ten times at once', async () => {
    const made = await makeKey(owner.token, { name: 'storm' });
    const answers = await Promise.all(Array.from({ length: 10 }, () => rotate(made)));
    const keys = await Promise.all(answers.map(async (answer) => keyText.parse(await answer.json()).key));
    const statuses = await Promise.all(keys.map((key) => meStatus(key)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(await meStatus(made.key)).toBe(401);
  });

  it('stays dead when it was revoked', async () => {
    const made = await makeKey(owner.token, { name: 'gone' });
    expect(await (await send('DELETE', `/api-keys/${made.id}`, owner.token)).json()).toEqual({
      message: 'API key revoked',
    });
    expect((await rotate(made)).status).toBe(404);
    expect((await patch(made, { name: 'x' })).status).toBe(404);
    expect(await statusOf(send('GET', `/api-keys/${made.id}`, owner.token))).toBe(404);
    expect(await meStatus(made.key)).toBe(401);
  });
});

describe('keys of somebody else', () => {
  it('are not there, except for an admin', async () => {
    const made = await makeKey(owner.token, { name: 'mine' });
    const statuses = async (credential: string): Promise<number[]> => [
      await statusOf(send('GET', `/api-keys/${made.id}`, credential)),
      await statusOf(patch(made, { name: 'theirs' }, credential)),
      await statusOf(rotate(made, credential)),
    ];
    expect(await statuses(stranger.token)).toEqual([404, 404, 404]);
    expect(await meStatus(made.key)).toBe(200);
    expect(await statuses(api.admin.token)).toEqual([200, 200, 200]);
  });
});

describe('a key as a credential', () => {
  it('makes, changes and rotates no keys, and changes no account, whatever its scopes', async () => {
    const made = await makeKey(owner.token, { name: 'tool', scopes: ['read', 'write'] });
    for (const key of [made.key, api.admin.apiKey]) {
      const calls: [string, string, unknown][] = [
        ['POST', '/api-keys', { name: 'child' }],
        ['PATCH', `/api-keys/${made.id}`, { scopes: ['read', 'write', 'agent'] }],
        ['POST', `/api-keys/${made.id}/rotate`, undefined],
        ['PATCH', '/auth/me', { email: 'taken-over@example.com' }],
        ['POST', '/auth/change-password', { current_password: owner.password, new_password: 'x'.repeat(9) }],
        ['POST', '/auth/logout', {}],
      ];
      for (const [method, path, body] of calls) {
        expect([path, await statusOf(send(method, path, key, body))]).toEqual([path, 403]);
      }
    }
    expect(await meStatus(owner.token)).toBe(200);
  });
});
