import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createCredentialWatch } from '../../src/api/realtime/credential-watch.ts';
import { engineResources } from '../../src/api/resources/index.ts';
import { bearer, peopleOf, type Person, type TestKey } from '../support/people.ts';
import { makePlatformCrew } from '../support/platform-crew.ts';
import { connect, socketUrl, type SocketClient } from '../support/socket-client.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** Whatever stays open follows the rights it was opened with: when they shrink, it ends. */

let stack: TestStack;
let anna: Person;
/** Annas, for everybody to follow who may. */
let things: { execution: string; thread: string; instance: string; workflow: number };
const people = peopleOf(() => stack.api);
const leave: (() => void)[] = [];

/** Something open. */
interface OpenDoor {
  hasEnded: () => boolean;
}

const id = z.object({ id: z.string() });

beforeAll(async () => {
  // No worker: the run stays pending, and its stream open.
  stack = await startTestStack({ settings: { WS_CONNECTIONS_PER_MINUTE: '0' } });
  anna = await people.register('anna@example.test');
  things = await thingsOf(anna.token);
});
afterEach(() => {
  for (const one of leave.splice(0)) one();
});
afterAll(() => stack.close());

/** What can be followed by its owner, and by admins. */
async function thingsOf(token: string): Promise<typeof things> {
  const started = await fetch(`${stack.api.url}/crew/start`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ crew: 'one-task' }),
  });
  const { execution_id: execution } = z.object({ execution_id: z.string() }).parse(await started.json());
  const thread = id.parse(await (await people.send('POST', '/threads', token, {})).json()).id;
  const said = await people.send('POST', '/messages/agent', token, { agent_type: 'coder', content: 'hello' });
  const instance = z.object({ agent_instance_id: z.string() }).parse(await said.json()).agent_instance_id;
  const crew = await makePlatformCrew(stack, token, ['find']);
  return { execution, thread, instance, workflow: crew.workflowId };
}

async function openHttp(method: string, path: string, credential: string, body?: unknown): Promise<OpenDoor> {
  const abort = new AbortController();
  leave.push(() => abort.abort());
  const response = await fetch(`${stack.api.url}${path}`, {
    method,
    signal: abort.signal,
    headers: {
      ...bearer(credential),
      accept: 'application/json, text/event-stream',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect([path, response.status]).toEqual([path, 200]);
  let ended = false;
  const over = (): void => {
    ended = true;
  };
  // One that is cut off ends with an error, here as good as an end.
  void response.text().then(over, over);
  return { hasEnded: () => ended };
}

async function openSocket(credential: string): Promise<SocketClient> {
  const client = await connect(socketUrl(stack.api.url), bearer(credential));
  leave.push(() => client.leave());
  return client;
}

/** Every way to keep a connection open, by the operation; a credential of Anna's, or of an admin's, opens it. */
const DOORS: Record<string, (credential: string) => Promise<OpenDoor>> = {
  streamExecution: (credential) =>
    openHttp('GET', `/api/v1/executions/${things.execution}/stream`, credential),
  streamThread: (credential) => openHttp('GET', `/api/v1/threads/${things.thread}/stream`, credential),
  streamAgentInstance: (credential) =>
    openHttp('GET', `/api/v1/agent-instances/${things.instance}/messages/stream`, credential),
  streamInbox: (credential) => openHttp('GET', '/api/v1/inbox/stream', credential),
  callMcp: (credential) =>
    openHttp('POST', '/mcp', credential, {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'ask_question', arguments: { question: 'Shall I?', wait_seconds: 600 } },
    }),
  openWebSocket: async (credential) => {
    const client = await openSocket(credential);
    expect(await client.ask({ type: 'subscribe_workflow', workflow_id: things.workflow })).toMatchObject({
      type: 'subscribed',
    });
    return { hasEnded: () => client.socket.readyState !== client.socket.OPEN };
  },
};

const look = (): Promise<void> => stack.engine.services.credentials.look();
const openAll = async (credential: string): Promise<[string, OpenDoor][]> => {
  const doors: [string, OpenDoor][] = [];
  for (const [name, open] of Object.entries(DOORS)) doors.push([name, await open(credential)]);
  return doors;
};
const stillOpen = (doors: readonly [string, OpenDoor][]): string[] =>
  doors.filter(([, door]) => !door.hasEnded()).map(([name]) => name);

/** A credential of Anna's, or of an admin's, and what takes rights from it. */
interface Shrinking {
  credential: string;
  shrink: () => Promise<unknown>;
}
const withKey = async (shrink: (key: TestKey) => Promise<unknown>): Promise<Shrinking> => {
  const key = await people.makeKey(anna.token, { name: 'reader' });
  return { credential: key.key, shrink: () => shrink(key) };
};
let admins = 0;
/** Another admin, who follows what is Anna's. */
const anAdmin = async (): Promise<Person> => {
  admins += 1;
  const person = await people.register(`admin-${admins}@example.test`);
  await people.send('PATCH', `/users/${person.id}`, stack.api.admin.token, { role: 'admin' });
  return person;
};
const change = (who: Person, body: unknown): Promise<Response> =>
  people.send('PATCH', `/users/${who.id}`, stack.api.admin.token, body);

const SHRINKINGS: Record<string, () => Promise<Shrinking>> = {
  'its key is rotated': () => withKey((key) => people.send('POST', `/api-keys/${key.id}/rotate`, anna.token)),
  'its key is revoked': () => withKey((key) => people.send('DELETE', `/api-keys/${key.id}`, anna.token)),
  'its key has expired': () =>
    withKey((key) =>
      stack.api.database.sql.query(`update api_keys set expires_at = '2026-01-01' where id = $1`, [key.id]),
    ),
  'its session ends': async () => {
    const { access_token: credential } = z
      .object({ access_token: z.string() })
      .parse(await (await people.login(anna.email, anna.password)).json());
    return { credential, shrink: () => people.send('POST', '/auth/logout', credential) };
  },
  'an admin is demoted who came by token': async () => {
    const admin = await anAdmin();
    return { credential: admin.token, shrink: () => change(admin, { role: 'user' }) };
  },
  'an admin is demoted who came by key': async () => {
    const admin = await anAdmin();
    const key = await people.makeKey(admin.token, { name: 'all', scopes: ['read', 'write', 'admin'] });
    return { credential: key.key, shrink: () => change(admin, { role: 'user' }) };
  },
  'its key loses the scope admin': async () => {
    const admin = await anAdmin();
    const key = await people.makeKey(admin.token, { name: 'all', scopes: ['read', 'write', 'admin'] });
    const shrink = () =>
      people.send('PATCH', `/api-keys/${key.id}`, admin.token, { scopes: ['read', 'write'] });
    return { credential: key.key, shrink };
  },
  'its user is disabled': async () => {
    const admin = await anAdmin();
    return { credential: admin.token, shrink: () => change(admin, { is_active: false }) };
  },
  'its user is deleted': async () => {
    const admin = await anAdmin();
    return {
      credential: admin.token,
      // What a question over MCP has written of a conversation goes with its owner.
      shrink: () => people.send('DELETE', `/users/${admin.id}`, stack.api.admin.token),
    };
  },
};

describe('what stays open', () => {
  it('is in the list of this test: every operation that streams', () => {
    const streams = engineResources(stack.engine.services).flatMap((route) =>
      route.kind === 'stream' && route.spec.access !== 'public' ? [route.spec.operationId] : [],
    );
    expect(streams.toSorted()).toEqual(Object.keys(DOORS).toSorted());
  });

  it.each(Object.keys(SHRINKINGS))('ends when %s, and nothing else does', async (name) => {
    const { credential, shrink } = (await SHRINKINGS[name]?.()) ?? {};
    if (credential === undefined || shrink === undefined) throw new Error(`nobody knows how ${name}`);
    const [shrinking, beside] = [await openAll(credential), await openAll(anna.token)];
    await look();
    expect(stillOpen(shrinking)).toEqual(Object.keys(DOORS));
    await shrink();
    await look();
    await until('all have ended', () => stillOpen(shrinking).length === 0);
    expect(stillOpen(beside)).toEqual(Object.keys(DOORS));
  });

  it('ends when a scope is taken away that it needs, and goes on when another is', async () => {
    const key = await people.makeKey(anna.token, { name: 'both', scopes: ['read', 'write'] });
    const doors = await openAll(key.key);
    await people.send('PATCH', `/api-keys/${key.id}`, anna.token, { scopes: ['read'] });
    await look();
    await until('the one that writes has ended', () => !stillOpen(doors).includes('callMcp'));
    expect(stillOpen(doors)).toEqual(Object.keys(DOORS).filter((name) => name !== 'callMcp'));
    await people.send('PATCH', `/api-keys/${key.id}`, anna.token, { scopes: ['agent'] });
    await look();
    await until('those that read have ended', () => stillOpen(doors).length === 0);
  });

  it('ends by itself, without anybody who asks for a look', async () => {
    const key = await people.makeKey(anna.token, { name: 'watched' });
    const client = await openSocket(key.key);
    await people.send('POST', `/api-keys/${key.id}/rotate`, anna.token);
    expect(await client.closed).toMatchObject({ code: 4401 });
  });
});

describe('a WebSocket', () => {
  it('is authorised anew for each subscription, by the rights of that moment', async () => {
    const admin = await anAdmin();
    const key = await people.makeKey(admin.token, { name: 'all', scopes: ['read', 'write', 'admin'] });
    const byKey = await openSocket(key.key);
    const byToken = await openSocket(admin.token);
    await change(admin, { role: 'user' });
    for (const client of [byKey, byToken]) {
      client.send({ type: 'subscribe_execution', execution_id: things.execution });
      expect(await client.closed).toMatchObject({ code: 4401 });
      expect(client.messages.filter(({ type }) => type === 'subscribed')).toEqual([]);
    }
  });

  it('takes subscriptions that became allowed, and tells of them', async () => {
    const person = await people.register('climber@example.test');
    const client = await openSocket(person.token);
    const subscribe = { type: 'subscribe_execution', execution_id: things.execution };
    expect(await client.ask(subscribe)).toMatchObject({ type: 'error', error: 'NOT_FOUND' });
    await change(person, { role: 'admin' });
    expect(await client.ask(subscribe)).toMatchObject({ type: 'subscribed' });
  });
});

describe('a look at the rights behind what is open', () => {
  it('is one query, and one row for each credential, however many connections there are', async () => {
    const asked: number[] = [];
    const watch = createCredentialWatch({
      sql: {
        query: (text, params = []) => {
          asked.push(z.array(z.unknown()).parse(params[0]).length);
          return stack.api.database.sql.query(text, params);
        },
      },
      logger: stack.engine.services.logger,
      now: () => new Date(),
    });
    const caller = {
      userId: anna.id,
      email: anna.email,
      role: 'user',
      isAdmin: false,
      credential: 'token',
      scopes: ['read'],
    } as const;
    const seen: unknown[] = [];
    for (let n = 0; n < 500; n += 1) watch.watch(caller, (now) => seen.push(now));
    await watch.look();
    watch.close();
    expect(asked).toEqual([1]);
    expect(seen.length).toBe(500);
  });
});
