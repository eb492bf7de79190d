import { get, type IncomingMessage } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { bearer, peopleOf, type Person } from '../support/people.ts';
import { connect, socketUrl, tryConnect, type Refusal, type SocketClient } from '../support/socket-client.ts';
import { startTestApi } from '../support/test-api.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** The WebSocket at its door, and the conversation on it; what it tells of runs is told in e2e. */

let stack: TestStack;
let anna: Person;
let url: string;
const people = peopleOf(() => stack.api);
const open: SocketClient[] = [];

beforeAll(async () => {
  stack = await startTestStack({
    settings: { WS_CONNECTIONS_PER_MINUTE: '0', CORS_ORIGINS: 'https://console.example' },
  });
  anna = await people.register('anna@example.test');
  url = socketUrl(stack.api.url);
});
afterEach(() => {
  for (const client of open.splice(0)) client.leave();
});
afterAll(() => stack.close());

const enter = async (headers?: Record<string, string>): Promise<SocketClient> => {
  const client = await connect(url, headers ?? bearer(anna.token));
  open.push(client);
  return client;
};
const refused = async (at: string, headers: Record<string, string> = {}): Promise<Refusal> => {
  const answer = await tryConnect(at, headers);
  if ('status' in answer) return answer;
  answer.leave();
  throw new Error('it was let in');
};
const envelope = (error: string) => ({
  error,
  message: expect.any(String),
  detail: expect.any(String),
  details: expect.objectContaining({ request_id: expect.any(String) }),
});

describe('the door of the WebSocket', () => {
  it('lets in an access token, an API key, and either of them as ?token=', async () => {
    const { key } = await people.makeKey(anna.token, { name: 'reader' });
    for (const headers of [bearer(anna.token), bearer(key), { 'x-api-key': key }]) {
      const client = await enter(headers);
      expect(await client.ask({ type: 'ping', timestamp: 'now' })).toEqual({
        type: 'pong',
        timestamp: 'now',
      });
    }
    for (const token of [anna.token, key]) {
      const client = await connect(`${url}?token=${token}`);
      open.push(client);
      expect(await client.ask({ type: 'ping' })).toEqual({ type: 'pong', timestamp: expect.any(String) });
    }
    expect(stack.api.logLines.join('')).not.toContain(key);
  });

  it('stands at /ws too', async () => {
    const client = await connect(url.replace(/\/$/, ''), bearer(anna.token));
    open.push(client);
    expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  });

  it('answers like any other door who is not let in', async () => {
    const none = await refused(url, { 'x-request-id': 'mine' });
    expect(none).toMatchObject({ status: 401, body: envelope('UNAUTHENTICATED') });
    expect(none.headers).toMatchObject({
      'x-request-id': 'mine',
      'www-authenticate': 'Bearer realm="muster"',
      connection: 'close',
    });
    expect(await refused(url, bearer('nonsense'))).toMatchObject({ status: 401 });
    const { key } = await people.makeKey(anna.token, { name: 'writer', scopes: ['write'] });
    expect(await refused(url, bearer(key))).toMatchObject({ status: 403, body: envelope('FORBIDDEN') });
  });

  it('refuses a handshake of another version, and says which it speaks', async () => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = {
        ...bearer(anna.token),
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '12',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      get(url.replace(/^ws/, 'http'), { headers }, resolve).once('error', reject);
    });
    expect([answer.statusCode, answer.headers['sec-websocket-version']]).toEqual([400, '13']);
    answer.destroy();
  });

  it('asks for the upgrade it needs', async () => {
    const plain = await fetch(`${stack.api.url}/ws/`, { headers: bearer(anna.token) });
    expect(plain.status).toBe(426);
    expect(plain.headers.get('upgrade')).toBe('websocket');
    expect(await plain.json()).toMatchObject(envelope('UPGRADE_REQUIRED'));
    expect(
      (await fetch(`${stack.api.url}/ws/`, { method: 'POST', headers: bearer(anna.token) })).status,
    ).toBe(405);
  });

  it('upgrades nowhere else: the request is an ordinary one', async () => {
    const answer = await refused(
      `${stack.api.url.replace(/^http/, 'ws')}/api/v1/auth/me`,
      bearer(anna.token),
    );
    expect(answer).toMatchObject({ status: 200, body: { email: 'anna@example.test' } });
    expect(await refused(`${stack.api.url.replace(/^http/, 'ws')}/wsx`, bearer(anna.token))).toMatchObject({
      status: 404,
    });
  });

  it('lets in pages of its own origin and of CORS_ORIGINS, and no other', async () => {
    for (const origin of [stack.api.url, 'https://console.example']) {
      await enter({ ...bearer(anna.token), origin });
    }
    for (const origin of ['https://elsewhere.example', 'null', 'https://console.example.evil.example']) {
      expect([origin, await refused(url, { ...bearer(anna.token), origin })]).toMatchObject([
        origin,
        { status: 403, body: envelope('FORBIDDEN') },
      ]);
    }
  });

  it('survives a client that breaks off in the middle of the handshake', async () => {
    const { port, hostname } = new URL(stack.api.url);
    for (let count = 0; count < 20; count += 1) {
      const socket = connectTcp(Number(port), hostname);
      socket.write(
        `GET /ws/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer ${anna.token}\r\n\r\n`,
        () => socket.resetAndDestroy(),
      );
      socket.on('error', () => undefined);
    }
    const client = await enter();
    expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  });

  it('leaves one line in the log when it closes, without the token', async () => {
    const client = await connect(`${url}?token=${anna.token}`, { 'x-request-id': 'one-line' });
    client.leave();
    const lines = (): unknown[] =>
      stack.api.logLines.filter((line) => line.includes('one-line')).map((line) => JSON.parse(line));
    await until('the line is written', () => lines().length > 0);
    expect(lines()).toMatchObject([{ path: '/ws/', status: 101, user_id: anna.id }]);
    expect(lines()).not.toMatchObject([{ aborted: true }]);
    expect(JSON.stringify(lines())).not.toContain(anna.token);
  });
});

describe('a message that is not right', () => {
  const cases: [string, object | string, string][] = [
    ['no JSON', '{', 'INVALID_JSON'],
    ['of an unknown type', { type: 'sing' }, 'VALIDATION_FAILED'],
    ['without a type', {}, 'VALIDATION_FAILED'],
    ['no object', '7', 'VALIDATION_FAILED'],
    ['with an id that cannot be one', { type: 'subscribe_workflow', workflow_id: 'x' }, 'VALIDATION_FAILED'],
    ['with an id too large', { type: 'subscribe_execution', execution_id: 2 ** 40 }, 'VALIDATION_FAILED'],
    ['about no execution', { type: 'subscribe_execution', execution_id: 999_999 }, 'NOT_FOUND'],
    ['about no workflow', { type: 'subscribe_workflow', workflow_id: 999_999 }, 'NOT_FOUND'],
    ['about no agent', { type: 'subscribe_agent', agent_id: 999_999 }, 'NOT_FOUND'],
  ];
  it.each(cases)('%s is answered, and the connection stays', async (_name, message, error) => {
    const client = await enter();
    expect(await client.ask(message)).toEqual({ type: 'error', ...envelope(error) });
    expect(await client.ask({ type: 'ping', timestamp: 1 })).toEqual({ type: 'pong', timestamp: 1 });
  });

  it('in bytes instead of text is answered too', async () => {
    const client = await enter();
    client.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
    await until('the answer', () => client.messages.length > 0);
    expect(client.messages).toMatchObject([{ type: 'error', error: 'UNSUPPORTED_MEDIA_TYPE' }]);
  });

  it('above 64 KiB closes the connection with 1009', async () => {
    const client = await enter();
    client.send({ type: 'ping', timestamp: 'x'.repeat(70_000) });
    expect(await client.closed).toMatchObject({ code: 1009 });
  });

  it('too many: those above the allowance are refused, and later ones heard', async () => {
    const client = await enter();
    for (let count = 0; count < 400; count += 1) client.send({ type: 'ping' });
    await until('all are answered', () => client.messages.length === 400);
    const pongs = client.messages.filter(({ type }) => type === 'pong').length;
    expect(pongs).toBeGreaterThanOrEqual(200);
    expect(pongs).toBeLessThan(350);
    expect(client.messages.find(({ type }) => type === 'error')).toMatchObject({ error: 'RATE_LIMITED' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  });
});

describe('the limit of connections', () => {
  it('is five new ones a minute for each address, whoever they are, beside the limit of calls', async () => {
    const limited = await startTestApi({
      settings: { RATE_LIMIT_PER_MINUTE: '50', WS_CONNECTIONS_PER_MINUTE: '5' },
    });
    try {
      const at = socketUrl(limited.url);
      for (let count = 0; count < 5; count += 1) {
        // Without an engine there is no such route; it counts all the same.
        expect(await refused(at)).toMatchObject({ status: 404 });
      }
      const sixth = await refused(at);
      expect(sixth).toMatchObject({
        status: 429,
        body: {
          ...envelope('RATE_LIMITED'),
          details: expect.objectContaining({ policy: 'websocket', limit: 5 }),
        },
      });
      expect(sixth.headers).toMatchObject({
        'retry-after': expect.any(String),
        ratelimit: expect.stringMatching(/"default";r=\d+;t=\d+, "websocket";r=0/),
      });
      expect((await fetch(`${limited.url}/api/v1/auth/me`)).status).toBe(401);
    } finally {
      await limited.close();
    }
  });
});

describe('what is another’s', () => {
  it('looks like what is not there, and an admin reaches it', async () => {
    const made = await people.send('POST', '/workflows/', anna.token, { name: 'w', workflow_type: 'linear' });
    const { id } = JSON.parse(await made.text());
    const maker = await people.send('POST', '/agents/', anna.token, { name: 'a', role: 'r', goal: 'g' });
    const { id: agentId } = JSON.parse(await maker.text());
    const mallory = await people.register(`mallory${id}@example.test`);
    const stranger = await enter(bearer(mallory.token));
    const absent = await stranger.ask({ type: 'subscribe_workflow', workflow_id: 999_999 });
    expect(await stranger.ask({ type: 'subscribe_workflow', workflow_id: id })).toEqual(absent);
    expect(await stranger.ask({ type: 'subscribe_agent', agent_id: agentId })).toMatchObject({
      error: 'NOT_FOUND',
    });
    const admin = await enter(bearer(stack.api.admin.token));
    expect(await admin.ask({ type: 'subscribe_workflow', workflow_id: id })).toEqual({
      type: 'subscribed',
      workflow_id: id,
    });
    const owner = await enter();
    expect(await owner.ask({ type: 'subscribe_agent', agent_id: agentId })).toEqual({
      type: 'subscribed',
      agent_id: agentId,
    });
    expect(await owner.ask({ type: 'unsubscribe_agent', agent_id: agentId })).toEqual({
      type: 'unsubscribed',
      agent_id: agentId,
    });
  });
});
