import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createGuardedFetch } from '../../src/tools/guarded-fetch.ts';
import { mayReach } from '../../src/tools/public-address.ts';
import { startCanary, type Canary } from '../support/canary.ts';
import { flowEnd, startFlow } from '../support/flow-runs.ts';
import { makeFlowsDir } from '../support/own-flows.ts';
import { callsTool, says } from '../support/scripted-model.ts';
import { ssrfSpellings } from '../support/ssrf-spellings.ts';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/**
 * The doors by which an address that somebody hands in leads outside, tried with every spelling of what must not be
 * reached. A canary on this machine counts connections: there must be none. Addresses that only the operator can set
 * (providers, MCP servers, OIDC, MLflow) are no doors: they may well lead to this machine.
 */
const PROBING = `
export const flow = defineFlow({
  summary: 'Goes through every address',
  request: z.object({ urls: z.array(z.string()) }),
  state: z.object({ urls: z.array(z.string()), tried: z.int(), answered: z.array(z.string()) }),
  result: z.object({ tried: z.int(), answered: z.array(z.string()) }),
  example: { request: { urls: [] }, result: { tried: 0, answered: [] } },
  begin: ({ urls }) => ({ urls, tried: 0, answered: [] }),
  finish: ({ tried, answered }) => ({ tried, answered }),
  steps: ({ start }) => ({
    try_all: start({ async run({ state, fetch, tool }) {
      const attempt = async (way, url, work) => {
        state.tried += 1;
        await work().then(() => state.answered.push(way + ' ' + url), () => undefined);
      };
      for (const url of state.urls) {
        await attempt('fetch', url, () => fetch(url));
        await attempt('fetch json', url, () => fetch(url, { json: { url } }));
        await attempt('tool', url, () => tool('http_request', { url }));
      }
    } }),
  }),
});
`;

let stack: TestStack;
let canary: Canary;
let spellings: string[];
let flows: Awaited<ReturnType<typeof makeFlowsDir>>;

beforeAll(async () => {
  canary = await startCanary();
  spellings = ssrfSpellings(canary.port);
  flows = await makeFlowsDir({ probing: PROBING });
  stack = await startTestStack({ settings: { WEBHOOK_RETRY_DELAYS: '1h', FLOWS_DIR: flows.path } });
  await stack.startWorker();
});
afterEach(() => expect(canary.connections).toBe(0));
afterAll(async () => {
  await stack.close();
  await canary.close();
  await flows.remove();
});

const owner = async (): Promise<string> =>
  z.object({ id: z.string() }).parse((await stack.call('GET', '/api/v1/auth/me')).body).id;

/** Endpoints that were made by somebody who got past registration. */
async function smuggleIn(kind: 'webhook' | 'user_agent', urls: readonly string[]): Promise<string[]> {
  const ids = urls.map(() => randomUUID());
  const { secrets } = stack.engine.services;
  const sealed = ids.map((id) => secrets.seal('whsec_c2VjcmV0', `delivery_endpoints/${id}`));
  await stack.api.database.sql.query(
    `insert into delivery_endpoints (id, owner_id, kind, url, secret, created_at, updated_at)
     select id, $4, $5, url, secret, now(), now() from unnest($1::uuid[], $2::text[], $3::text[]) as g(id, url, secret)`,
    [ids, urls, sealed, await owner(), kind],
  );
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

  /** A change of the address of something that was made with a good one. */
  const change = async (path: string, made: object, field: string, url: string) => {
    thing ??= z.object({ id: z.uuid() }).parse((await stack.call('POST', path, made)).body).id;
    return stack.call('PATCH', `${path}/${thing}`, { [field]: url });
  };
  let thing: string | undefined;
  beforeEach(() => {
    thing = undefined;
  });
  const hook = { url: 'https://example.com/', events: ['*'], is_enabled: false };
  const agent = {
    name: 'Agent',
    webhook_url: 'https://example.com/',
    webhook_api_key: 'key',
    is_active: false,
  };
  const registrations: [string, string, (url: string) => ReturnType<TestStack['call']>][] = [
    ['a webhook', '/url', (url) => stack.call('POST', '/api/v1/webhooks', { ...hook, url })],
    ['a webhook’s new address', '/url', (url) => change('/api/v1/webhooks', hook, 'url', url)],
    [
      'a user agent',
      '/webhook_url',
      (url) => stack.call('POST', '/api/v1/user-agents', { ...agent, webhook_url: url }),
    ],
    [
      'a user agent’s new address',
      '/webhook_url',
      (url) => change('/api/v1/user-agents', agent, 'webhook_url', url),
    ],
  ];

  it.each(registrations)(
    'by the registration of %s, which says what is wrong',
    async (_what, field, register) => {
      const taken: string[] = [];
      for (const url of spellings) {
        const { status, body } = await register(url);
        if (status < 300) taken.push(url);
        else
          expect([url, status, JSON.stringify(body)]).toEqual([
            url,
            422,
            expect.stringContaining(`"${field}"`),
          ]);
      }
      // Names nobody knows pass: they may be known tomorrow, and each delivery looks again.
      for (const url of taken) expect(new URL(url).hostname).not.toMatch(/^[\d.]+$|^\[|localhost/);
    },
  );

  it.each([
    ['a test of a webhook', 'webhook', 'webhooks', 'test', undefined],
    ['a call of a user agent', 'user_agent', 'user-agents', 'instances', { prompt: 'Begin' }],
  ] as const)('by %s that got past registration', async (_what, kind, resource, action, body) => {
    const ids = await smuggleIn(kind, spellings);
    for (const id of ids) {
      const { status } = await stack.call('POST', `/api/v1/${resource}/${id}/${action}`, body);
      expect(status).toBe(202);
    }
    await until(
      'each was tried',
      async () => {
        const tried = await outcomes(ids);
        return tried.length === ids.length && tried.every(({ attempts }) => attempts > 0);
      },
      60_000,
    );
    expect((await outcomes(ids)).filter((one) => one.response_code !== null)).toEqual([]);
  });

  it('by a step of a flow, which fetches and uses tools', async () => {
    const id = await startFlow(stack, 'probing', { urls: spellings });
    const { status, result } = await flowEnd(stack, 'probing', id, 60_000);
    expect([status, result]).toEqual(['completed', { tried: 3 * spellings.length, answered: [] }]);
  });

  it('by an agent’s tool', async () => {
    const url = `http://127.0.0.1:${canary.port}/`;
    const { body } = await stack.call('POST', '/api/v1/graphs', graphNaming({}, { tools: ['http_request'] }));
    stack.model.script([callsTool('http_request', { url }), says('done')]);
    const { id } = z.object({ id: z.uuid() }).parse(body);
    const started = await stack.call('POST', `/api/v1/graphs/${id}/execute`, {});
    expect([started.status, started.body]).toMatchObject([202, {}]);
    const run = z.looseObject({ execution_id: z.uuid() }).parse(started.body).execution_id;
    await waitForStatus(stack, run, ['completed', 'failed']);
    expect(stack.model.requests.length).toBeGreaterThan(0);
  });

  it('by the address of a model or an embedder that a graph names: such a crew is not valid', async () => {
    const url = `http://127.0.0.1:${canary.port}/`;
    const elsewhere = { base_url: url, api_base: url };
    const embedder = { provider: 'ollama', config: { model: 'm', url } };
    const agent = { llm: { model: 'gpt-4o-mini', ...elsewhere } };
    const { body } = await stack.call(
      'POST',
      '/api/v1/graphs',
      graphNaming({ memory: true, embedder }, agent),
    );
    const { id } = z.object({ id: z.uuid() }).parse(body);
    expect((await stack.call('POST', `/api/v1/graphs/${id}/execute`, {})).status).toBe(422);
    const withKey = graphNaming({}, { llm: { model: 'gpt-4o-mini', ...elsewhere, api_key: 'key' } });
    expect((await stack.call('POST', '/api/v1/graphs', withKey)).status).toBe(422);
  });
});

const graphNaming = (crew: object, agent: object): object => ({
  name: 'elsewhere',
  nodes: [
    { id: 'crew', type: 'crew', data: crew },
    { id: 'agent', type: 'agent', data: { role: 'r', goal: 'g', backstory: 'b', ...agent } },
    { id: 'task', type: 'task', data: { description: 'd', expected_output: 'e', agent: 'agent' } },
  ],
  edges: [],
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
