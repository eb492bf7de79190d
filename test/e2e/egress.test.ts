import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createGuardedFetch } from '../../src/tools/guarded-fetch.ts';
import { mayReach } from '../../src/tools/public-address.ts';
import { startCanary, type Canary } from '../support/canary.ts';
import { ssrfSpellings } from '../support/ssrf-spellings.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/**
 * The doors by which an address that somebody hands in leads outside, tried with every spelling of what must not be
 * reached. A canary on this machine counts connections: there must be none.
 */

let stack: TestStack;
let canary: Canary;
let spellings: string[];

beforeAll(async () => {
  canary = await startCanary();
  spellings = ssrfSpellings(canary.port);
  stack = await startTestStack({ settings: { WEBHOOK_RETRY_DELAYS: '1h' } });
  await stack.startWorker();
});
afterEach(() => expect(canary.connections).toBe(0));
afterAll(async () => {
  await stack.close();
  await canary.close();
});

const owner = async (): Promise<string> =>
  z.object({ id: z.string() }).parse((await stack.call('GET', '/api/v1/auth/me')).body).id;

/** Endpoints that were made by somebody who got past registration, each with a message that is due. */
async function smuggleIn(kind: 'webhook' | 'user_agent', urls: readonly string[]): Promise<string[]> {
  const ids = urls.map(() => randomUUID());
  const { secrets, deliveries } = stack.engine.engine;
  const sealed = ids.map((id) => secrets.seal('whsec_c2VjcmV0', `delivery_endpoints/${id}`));
  await stack.api.database.sql.query(
    `with given as (
       select * from unnest($1::uuid[], $2::text[], $3::text[]) as g(id, url, secret)
     ), endpoint as (
       insert into delivery_endpoints (id, owner_id, kind, url, secret, created_at, updated_at)
       select id, $4, $5, url, secret, now(), now() from given returning id, owner_id
     )
     insert into deliveries (id, endpoint_id, owner_id, event_type, payload, status, next_attempt_at, created_at)
     select gen_random_uuid(), id, owner_id, 'webhook_test', '{"type": "webhook_test"}', 'pending', now(), now()
       from endpoint`,
    [ids, urls, sealed, await owner(), kind],
  );
  deliveries.announce();
  return ids;
}

const outcomes = (ids: readonly string[]): Promise<{ attempts: number; response_code: number | null }[]> =>
  stack.api.database.sql.query(
    'select attempts, response_code from deliveries where endpoint_id = any($1::uuid[])',
    [ids],
  );

describe('the corpus', () => {
  it('holds 150 spellings and more, and the canary hears of a connection', async () => {
    expect(spellings.length).toBeGreaterThan(150);
    const own = await startCanary();
    await new Promise<void>((resolve) => connect(own.port, '127.0.0.1').on('data', () => resolve()));
    expect(own.connections).toBe(1);
    await own.close();
  });
});

describe('no spelling leads to the canary', () => {
  it('by the tool http_request', async () => {
    for (const url of spellings) {
      const { status, body } = await stack.call('POST', '/api/v1/tools/http_request/run', { input: { url } });
      expect([url, status, JSON.stringify(body)]).not.toEqual([url, 200, expect.stringMatching(/HTTP \d/)]);
    }
  });

  it('by the registration of a webhook, which says what is wrong', async () => {
    const taken: string[] = [];
    for (const url of spellings) {
      const { status, body } = await stack.call('POST', '/api/v1/webhooks', { url, events: ['*'] });
      if (status === 201) taken.push(url);
      else expect([url, status, JSON.stringify(body)]).toEqual([url, 422, expect.stringContaining('"/url"')]);
    }
    // Names nobody knows pass: they may be known tomorrow, and each delivery looks again.
    for (const url of taken) expect(new URL(url).hostname).not.toMatch(/^[\d.]+$|^\[|localhost/);
  });

  it.each(['webhook', 'user_agent'] as const)(
    'by a delivery to a %s that got past registration',
    async (kind) => {
      const ids = await smuggleIn(kind, spellings);
      await until(
        'each was tried',
        async () => (await outcomes(ids)).every(({ attempts }) => attempts > 0),
        60_000,
      );
      expect((await outcomes(ids)).filter((one) => one.response_code !== null)).toEqual([]);
    },
  );
});

describe('what changes under way', () => {
  /** Stands for a public server. */
  const PUBLIC = '127.77.77.77';
  let server: Server;
  let port: number;
  let location = '';
  const mayConnect = (address: string): boolean => address === PUBLIC || mayReach(address, false);

  beforeAll(async () => {
    server = createServer((_request, response) => response.writeHead(302, { location }).end());
    await new Promise<void>((resolve) => server.listen(0, PUBLIC, resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    ({ port } = address);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('a redirect to any of the spellings is not followed', async () => {
    const fetch = createGuardedFetch({ allowPrivate: false, mayConnect });
    for (const spelling of spellings) {
      location = encodeURI(spelling.trim());
      if (location === '' || /^(?:javascript|data|\/\/$)/.test(location)) continue;
      const answer = fetch(`http://${PUBLIC}:${port}/`, { timeoutMs: 3_000 });
      await expect(answer.then(({ url }) => url)).rejects.toThrow();
    }
  });

  it('a name whose answer changes between the check and the connection leads where the check was', async () => {
    let asked = 0;
    const resolve = async () => [{ address: (asked += 1) === 1 ? PUBLIC : '127.0.0.1', family: 4 }];
    const fetch = createGuardedFetch({ allowPrivate: false, mayConnect, resolve });
    location = '/';
    const answer = await fetch(`http://rebinding.example:${port}/`, { maxRedirects: 0 });
    expect([answer.status, asked]).toEqual([302, 1]);
    await expect(fetch(`http://rebinding.example:${canary.port}/`)).rejects.toThrow(
      /is not a public address/,
    );
  });

  it('names that lead to private addresses are refused, if only one of their addresses is', async () => {
    const inside = [
      '127.0.0.1',
      '10.0.0.1',
      '192.168.0.1',
      '169.254.169.254',
      '::1',
      'fd00::1',
      '::ffff:127.0.0.1',
    ];
    for (const address of inside) {
      const resolve = async () => [
        { address: '93.184.215.14', family: 4 },
        { address, family: address.includes(':') ? 6 : 4 },
      ];
      const fetch = createGuardedFetch({ allowPrivate: false, resolve });
      await expect(fetch(`http://two.example:${canary.port}/`)).rejects.toThrow(/is not a public address/);
    }
  });
});
