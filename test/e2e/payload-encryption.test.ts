import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createHash, hkdfSync } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import getPort from 'get-port';
import { z } from 'zod';
import { startCrewRun } from '../../src/engine/starting/start-crew-run.ts';
import { startCodecServer } from '../../src/cli/codec-server.ts';
import { childEnvironment } from '../../src/config.ts';
import { crewRunWorkflowId } from '../../src/temporal/names.ts';
import { bearer, peopleOf } from '../support/people.ts';
import { anAgent, aPlan } from '../support/plans.ts';
import { callsTool, fails, says } from '../support/scripted-model.ts';
import {
  END,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

/** What Temporal keeps of us can be read with the keys alone (PAYLOAD_ENCRYPTION_KEYS). */

const [OLD, NEW] = ['0123456789-the-old-key-of-the-tests', '9876543210-the-new-key-of-the-tests'];
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const UI = 'http://127.0.0.1:8233';

let stack: TestStack;
const people = peopleOf(() => stack.api);
beforeAll(async () => {
  stack = await startTestStack({ settings: { PAYLOAD_ENCRYPTION_KEYS: `${NEW},${OLD}` } });
});
afterAll(() => stack.close());

const payloadSchema = z.object({ metadata: z.record(z.string(), z.string()), data: z.string().default('') });
type PayloadJson = z.output<typeof payloadSchema>;
const decoded = (base64 = ''): string => Buffer.from(base64, 'base64').toString('utf8');
const keyIdOf = (secret: string): string =>
  createHash('sha256')
    .update(Buffer.from(hkdfSync('sha256', secret, '', 'muster payloads in temporal', 32)))
    .digest('hex')
    .slice(0, 12);

/** Every payload inside a history, but search attributes. */
function payloadsIn(value: unknown): PayloadJson[] {
  if (Array.isArray(value)) return value.flatMap(payloadsIn);
  if (typeof value !== 'object' || value === null) return [];
  const payload = payloadSchema.safeParse(value);
  if (payload.success) return [payload.data];
  return Object.entries(value)
    .filter(
      ([name]) => name !== 'searchAttributes' && name !== 'upsertWorkflowSearchAttributesEventAttributes',
    )
    .flatMap(([, inner]) => payloadsIn(inner));
}

/** As Temporal has it: nothing is decrypted. */
async function rawHistory(executionId: string): Promise<{ text: string; payloads: PayloadJson[] }> {
  const handle = stack.temporal.client.workflow.getHandle(crewRunWorkflowId(executionId));
  const history = historyToJSON(await handle.fetchHistory());
  const value: unknown = JSON.parse(history);
  return { text: history, payloads: payloadsIn(value) };
}
const keysUsed = (payloads: PayloadJson[]): Set<string> =>
  new Set(
    payloads.map(({ metadata }) =>
      decoded(metadata['encoding']) === 'binary/encrypted' ? decoded(metadata['encryption-key-id']) : 'plain',
    ),
  );
const decode = (payloads: unknown, headers: Record<string, string> = bearer(stack.api.admin.token)) =>
  fetch(`${stack.api.url}/codec/decode`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-namespace': 'default', origin: UI, ...headers },
    body: JSON.stringify({ payloads }),
  });

describe('with PAYLOAD_ENCRYPTION_KEYS', () => {
  let run: { text: string; payloads: PayloadJson[] };
  beforeAll(async () => {
    const worker = await stack.startWorker();
    stack.model.script([says('facts'), fails(401)]);
    const id = await startCrew(stack, { crew: 'two-step', inputs: { topic: 'otters' } });
    await waitForStatus(stack, id, ['failed']);
    const handle = stack.temporal.client.workflow.getHandle(crewRunWorkflowId(id));
    await until('the workflow is closed', async () => (await handle.describe()).status.name === 'FAILED');
    run = await rawHistory(id);
    await worker.close();
  });

  it('nothing in a history can be read: arguments, results, memos, summaries, failures', () => {
    expect(run.payloads.length).toBeGreaterThan(10);
    const readable = run.payloads.filter(
      ({ metadata }) => decoded(metadata['encoding']) !== 'binary/encrypted',
    );
    // The SDK itself notes, readably, the names of patches and of local activities, which are words of our code.
    const notes =
      /^\{"id":"2026-[\w-]+","deprecated":\w+\}$|^\{"seq":\d+,"attempt":\d+,"activity_id":"\d+","activity_type":"\w+"/;
    expect(readable.map(({ data }) => decoded(data)).filter((text) => !notes.test(text))).toEqual([]);
    expect(keysUsed(run.payloads)).toEqual(new Set([keyIdOf(NEW), 'plain']));
    expect(run.text).toContain('"message": "Encoded failure"');
    expect(run.text).not.toContain('the execution failed');
  });

  it('the Web UI shows it to an admin: decoded payload by payload, in their order', async () => {
    const plain = { metadata: { encoding: Buffer.from('json/plain').toString('base64') }, data: 'e30=' };
    const answer = await decode([...run.payloads, plain]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(UI);
    const { payloads } = z.object({ payloads: z.array(payloadSchema) }).parse(await answer.json());
    expect(payloads.map(({ data }) => decoded(data)).join(' ')).toMatch(
      /"executionId".*the execution failed/s,
    );
    expect(payloads.at(-1)).toEqual(plain);
  });

  it('the codec answers nobody else: no ordinary user, no page of another origin', async () => {
    const anna = await people.register('anna@example.test');
    expect((await decode(run.payloads.slice(0, 1), bearer(anna.token))).status).toBe(403);
    expect((await decode(run.payloads.slice(0, 1), {})).status).toBe(401);
    const preflight = (origin: string) =>
      fetch(`${stack.api.url}/codec/decode`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,x-namespace',
        },
      });
    const allowed = await preflight(UI);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(UI);
    expect(allowed.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('x-namespace');
    expect(
      (await preflight('https://elsewhere.example')).headers.get('access-control-allow-origin'),
    ).toBeNull();
  });

  it('what was changed, or needs another key, is said to be so', async () => {
    const [first] = run.payloads;
    const metadata = {
      ...first?.metadata,
      'encryption-key-id': Buffer.from('nobodys-key').toString('base64'),
    };
    const answer = await decode([{ ...first, metadata }]);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('PAYLOAD_ENCRYPTION_KEYS');
  });

  it('a codec server on loopback decodes for pages of the Web UI, and for no other', async () => {
    const port = await getPort({ host: '127.0.0.1' });
    const server = await startCodecServer(stack.settings, { port, uiUrl: UI });
    const ask = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/decode`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ payloads: run.payloads.slice(0, 1) }),
      });
    try {
      for (const origin of [UI, UI.replace('127.0.0.1', 'localhost')]) {
        const answer = await ask({ origin });
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
        expect(await answer.text()).toContain('"data"');
      }
      expect((await ask({ origin: 'https://elsewhere.example' })).status).toBe(403);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('its command says what is missing where it has no keys, and ends with 2', async () => {
    const child = spawn(process.execPath, [MAIN, 'codec-server'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: childEnvironment({ NODE_OPTIONS: '', PAYLOAD_ENCRYPTION_KEYS: '', MCP_SERVERS: '' }),
    });
    const said = text(child.stderr);
    expect(await once(child, 'exit')).toEqual([2, null]);
    expect(await said).toMatch(/needs PAYLOAD_ENCRYPTION_KEYS.*in the environment or in \.env/);
  });

  it('its command ends when it is asked to, under the launcher as well', async () => {
    const port = String(await getPort({ host: '127.0.0.1' }));
    const child = spawn(process.execPath, [MAIN, 'codec-server', '--port', port], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: childEnvironment({ NODE_OPTIONS: '', PAYLOAD_ENCRYPTION_KEYS: NEW, MCP_SERVERS: '' }),
    });
    const ended = once(child, 'exit');
    if (child.stdout === null) throw new Error('its words cannot be read');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const tooLong = setTimeout(() => child.kill('SIGKILL'), 5_000);
    expect(await ended).toEqual([0, null]);
    clearTimeout(tooLong);
  });
});

describe('a run', () => {
  let plain: TestStack;
  beforeAll(async () => {
    plain = await startTestStack();
  });
  afterAll(() => plain.close());

  const asked = async (id: string): Promise<{ id: string; status: string }[]> =>
    z
      .array(z.looseObject({ id: z.string(), status: z.string() }))
      .parse((await plain.call('GET', `/api/v1/executions/${id}/questions`)).body);
  const answerOpen = async (id: string): Promise<void> => {
    const open = (await asked(id)).find(({ status }) => status === 'open');
    const path = `/api/v1/executions/${id}/questions/${open?.id ?? ''}/answer`;
    expect((await plain.call('POST', path, { answer: 'yes' })).status).toBe(202);
  };

  it('goes on when encryption is turned on, and when the key is changed', async () => {
    plain.model.script([
      callsTool('ask_human', { question: 'One?' }),
      callsTool('ask_human', { question: 'Two?' }),
      says('done'),
    ]);
    const { id: ownerId } = z
      .looseObject({ id: z.string() })
      .parse((await plain.call('GET', '/api/v1/auth/me')).body);
    const plan = aPlan({ agents: [anAgent({ tools: ['ask_human'] })] });
    const asks = { ownerId, plan, inputs: {}, options: {}, idempotencyRef: undefined };
    const before = await plain.startWorker();
    const { executionId: id } = await startCrewRun(plain.engine.services, asks);
    await waitForStatus(plain, id, ['waiting']);
    await before.close();

    const encrypting = await plain.startWorker(undefined, { PAYLOAD_ENCRYPTION_KEYS: [OLD] });
    await answerOpen(id);
    await until('it asks again', async () => (await asked(id)).length === 2);
    await waitForStatus(plain, id, ['waiting']);
    await encrypting.close();

    await plain.startWorker(undefined, { PAYLOAD_ENCRYPTION_KEYS: [NEW, OLD] });
    await answerOpen(id);
    expect(await waitForStatus(plain, id, END)).toMatchObject({ status: 'completed' });
    const { payloads } = await rawHistory(id);
    expect(keysUsed(payloads)).toEqual(new Set(['plain', keyIdOf(OLD), keyIdOf(NEW)]));
  });
});
