import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineRoute, type AnyRoute } from '../../src/api/define-route.ts';
import { conflict, MusterError } from '../../src/domain/errors.ts';
import { createHousekeeping } from '../../src/engine/housekeeping.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

/** What the trial route does next, how often it was called, and what holds it. */
const trial = {
  calls: 0,
  refs: [] as (string | undefined)[],
  fail: undefined as Error | undefined,
  hold: undefined as Promise<void> | undefined,
};

const trialRoutes: AnyRoute[] = [
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/things/{name}',
      operationId: 'makeThing',
      tags: ['Trial'],
      summary: 'Makes a thing',
      access: 'user',
      params: z.object({ name: z.string() }),
      query: z.object({ loud: z.string().optional() }),
      body: z.object({ size: z.number(), tags: z.array(z.string()).default([]) }),
      secrets: ['secret'],
      responses: {
        201: {
          description: 'Made',
          schema: z.object({ number: z.int(), name: z.string(), secret: z.string().nullable() }),
        },
      },
    },
    async ({ params, request, respond }) => {
      trial.calls += 1;
      const number = trial.calls;
      trial.refs.push(request.idempotencyRef);
      await trial.hold;
      if (trial.fail !== undefined) throw trial.fail;
      const body = { number, name: params.name, secret: 'planted-secret-of-a-thing' };
      return respond(201, body, { Location: `/api/v1/things/${number}` });
    },
  ),
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/things/check/validate',
      operationId: 'checkThing',
      tags: ['Trial'],
      summary: 'Makes nothing',
      access: 'user',
      responses: { 200: { description: 'Fine', schema: z.object({ number: z.int() }) } },
    },
    async ({ respond }) => respond(200, { number: (trial.calls += 1) }),
  ),
];

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ deps: { routes: trialRoutes } });
});
afterAll(() => api.close());

let keys = 0;
const newKey = (): string => `key ${(keys += 1)}`;
const make = async (
  key: string | undefined,
  body: string = '{"size":1}',
  path = '/api/v1/things/box',
  token = api.admin.token,
) => {
  const response = await fetch(api.url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body,
  });
  const text = await response.text();
  const parsed: unknown = JSON.parse(text);
  return { status: response.status, headers: response.headers, text, body: parsed };
};
const callsDuring = async (work: () => Promise<unknown>): Promise<number> => {
  const before = trial.calls;
  await work();
  return trial.calls - before;
};
const rows = async (): Promise<number> => {
  const [row] = await api.database.sql.query<{ n: number }>(
    'select count(*)::int as n from idempotency_keys',
  );
  return row?.n ?? 0;
};

describe('the same key', () => {
  it('with the same body gets the same answer, Location and all, but not the secret again', async () => {
    const key = newKey();
    const first = await make(key);
    expect(first.body).toMatchObject({ secret: 'planted-secret-of-a-thing' });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const calls = await callsDuring(async () => {
      const again = await make(key);
      expect(again.status).toBe(201);
      expect(again.body).toEqual({ ...z.looseObject({}).parse(first.body), secret: null });
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    });
    expect(calls).toBe(0);
    const kept = await api.database.sql.query('select * from idempotency_keys');
    expect(JSON.stringify(kept)).not.toContain('planted-secret');
  });

  it('takes the same body in another spelling for the same', async () => {
    const key = newKey();
    const first = await make(key, '{"size":1,"tags":["a","b"]}');
    const again = await make(key, ' {"tags" : ["a", "b"], "size": 1.0}', '/api/v1/things/box/');
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toMatchObject({ number: z.looseObject({ number: z.int() }).parse(first.body).number });
  });

  it.each([
    ['another body', '{"size":2}', '/api/v1/things/box'],
    ['a field more', '{"size":1,"unknown":1}', '/api/v1/things/box'],
    ['another path', '{"size":1}', '/api/v1/things/bag'],
    ['another query', '{"size":1}', '/api/v1/things/box?loud=1'],
  ])('with %s is 422', async (_what, body, path) => {
    const key = newKey();
    await make(key);
    const calls = await callsDuring(async () => {
      const other = await make(key, body, path);
      expect(other).toMatchObject({ status: 422, body: { error: 'VALIDATION_FAILED' } });
      expect(other.text).toContain('Idempotency-Key');
    });
    expect(calls).toBe(0);
  });

  it('while the first is in flight is 409 with Retry-After; afterwards it is answered', async () => {
    const key = newKey();
    let letGo = (): void => undefined;
    trial.hold = new Promise((resolve) => {
      letGo = resolve;
    });
    const before = trial.calls;
    const first = make(key);
    while (trial.calls === before) await new Promise((resolve) => setTimeout(resolve, 5));
    trial.hold = undefined;
    const second = await make(key);
    expect(second).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    letGo();
    expect((await first).status).toBe(201);
    expect((await make(key)).headers.get('idempotency-replayed')).toBe('true');
    expect(trial.calls).toBe(before + 1);
  });

  it('of another user or for another operation is another key', async () => {
    const key = newKey();
    await make(key);
    const calls = await callsDuring(async () => {
      const made = await make(key, '{"name":"CI"}', '/api/v1/api-keys');
      expect(made.status).toBe(201);
      const again = await make(key, '{"name":"CI"}', '/api/v1/api-keys');
      expect(again.body).toEqual({ ...z.looseObject({}).parse(made.body), key: null });
    });
    expect(calls).toBe(0);
    const [stranger] = await api.database.sql.query<{ id: string }>(
      `insert into users (id, email, role, created_at, updated_at)
       values (gen_random_uuid(), 'stranger@example.com', 'user', now(), now()) returning id`,
    );
    await api.database.sql.query('update idempotency_keys set owner_id = $1', [stranger?.id]);
    expect(await callsDuring(() => make(key))).toBe(1);
  });
});

describe('a key', () => {
  it.each(['', 'x'.repeat(256), 'ümlaut', 'tab\tinside'])('that is %j is 422', async (key) => {
    expect((await make(key)).status).toBe(422);
  });

  it.each(['x', 'x'.repeat(255), '{"a": "b c"}~!'])('that is %j is taken', async (key) => {
    expect((await make(key)).status).toBe(201);
  });

  it('is nothing to a route that makes nothing', async () => {
    const key = newKey();
    const path = '/api/v1/things/check/validate';
    expect(
      await callsDuring(async () => {
        await make(key, '{}', path);
        await make(key, '{}', path);
      }),
    ).toBe(2);
  });
});

describe('nothing is kept of a request', () => {
  it('without a key, with a bad credential, or that does not fit', async () => {
    const before = await rows();
    await make(undefined);
    expect((await make(newKey(), '{"size":1}', '/api/v1/things/box', 'nonsense')).status).toBe(401);
    expect((await make(newKey(), '{"size":"big"}')).status).toBe(422);
    expect((await make(newKey(), '{"size":')).status).toBe(400);
    expect(await rows()).toBe(before);
  });

  it('that was refused: it may come again in another form', async () => {
    const key = newKey();
    trial.fail = conflict('Not now');
    expect((await make(key)).status).toBe(409);
    trial.fail = undefined;
    expect((await make(key, '{"size":3}')).status).toBe(201);
  });

  it.each([
    ['500', new Error('a bug')],
    ['503', new MusterError('SERVICE_UNAVAILABLE', 'away')],
  ])('that failed with %s: it is carried out again, with the same reference', async (status, error) => {
    const key = newKey();
    trial.fail = error;
    expect((await make(key)).status).toBe(Number(status));
    trial.fail = undefined;
    expect((await make(key, '{"size":4}')).status).toBe(422);
    expect((await make(key)).status).toBe(201);
    const [first, second] = trial.refs.slice(-2);
    expect(first).toEqual(expect.any(String));
    expect(second).toBe(first);
  });
});

describe('time', () => {
  it('frees the key of a process that died: after its lease the request is carried out, with the same reference', async () => {
    const key = newKey();
    await make(key);
    const died = `update idempotency_keys set status = null, body = null, headers = null, lease_until = $2 where key = $1`;
    await api.database.sql.query(died, [key, new Date(Date.now() + 30_000).toISOString()]);
    expect((await make(key)).status).toBe(409);
    await api.database.sql.query(died, [key, new Date(Date.now() - 1).toISOString()]);
    const again = await make(key);
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    expect(new Set(trial.refs.slice(-2)).size).toBe(1);
    expect((await make(key)).headers.get('idempotency-replayed')).toBe('true');
  });

  it('lets one only take over, however many try', async () => {
    const key = newKey();
    await make(key);
    await api.database.sql.query(
      `update idempotency_keys set status = null, lease_until = 'epoch' where key = $1`,
      [key],
    );
    const calls = await callsDuring(() => Promise.all(Array.from({ length: 20 }, () => make(key))));
    expect(calls).toBe(1);
  });

  it('prunes what is older than a day, and nothing else', async () => {
    const [old, young] = [newKey(), newKey()];
    await make(old);
    await make(young);
    await api.database.sql.query(
      `update idempotency_keys set created_at = now() - interval '25 hours' where key = $1`,
      [old],
    );
    const housekeeping = createHousekeeping({
      sql: api.database.sql,
      logger: createLogger({ level: 'silent' }),
      now: () => new Date(),
    });
    expect(await housekeeping.sweep()).toBe(1);
    await housekeeping.close();
    expect((await make(young)).headers.get('idempotency-replayed')).toBe('true');
    expect((await make(old)).headers.get('idempotency-replayed')).toBeNull();
  });
});
