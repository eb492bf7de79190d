import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { says, slowly } from '../support/scripted-model.ts';
import { END, startTestStack, waitForStatus, type TestStack } from '../support/test-stack.ts';
import { CURL_COMMANDS, JAVASCRIPT, PRINTED_REQUESTS, PYTHON } from '../support/platform-document.ts';

/** The requests that the platform's document prints, run as they are written apart from host, port and credentials. */

let stack: TestStack;
const run = promisify(execFile);

beforeAll(async () => {
  stack = await startTestStack({
    settings: (modelUrl) => ({ CEREBRAS_BASE_URL: modelUrl, CEREBRAS_API_KEY: 'a key' }),
  });
  await stack.startWorker();
});
afterAll(() => stack.close());

const here = (text: string): string => text.replaceAll('http://localhost:8000', stack.api.url);
const authorization = (): string => `Bearer ${stack.api.admin.token}`;
const listOf = async (path: string): Promise<{ id: number; name: string }[]> =>
  z.array(z.looseObject({ id: z.int(), name: z.string() })).parse((await stack.call('GET', path)).body);

async function isThere(program: string): Promise<boolean> {
  return run(program, ['--version']).then(
    () => true,
    () => false,
  );
}

/** A shell command, with the credential added to its curl. */
async function shell(command: string): Promise<Record<string, unknown>> {
  const asked = here(command).replace('curl ', `curl -sS -H "Authorization: $CREDENTIAL" `);
  const { stdout } = await run('sh', ['-c', asked], { env: { ...process.env, CREDENTIAL: authorization() } });
  return z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
}

describe('the complete workflow example', () => {
  it('makes an agent, a workflow and a task, and runs them', async () => {
    if (!(await isThere('curl'))) return;
    stack.model.script([says('An article about AI')]);
    const answers: Record<string, unknown>[] = [];
    for (const command of CURL_COMMANDS) answers.push(await shell(command));
    expect(answers).toMatchObject([
      { id: 1, name: 'Content Writer', model: 'llama-4-maverick-17b-128e-instruct', temperature: '0.6' },
      { id: 1, name: 'Content Pipeline', workflow_type: 'linear', is_active: true },
      { id: 1, workflow_id: 1, agent_id: 1, task_type: 'ai_task', dependencies: [] },
      {
        id: 1,
        workflow_id: 1,
        status: 'pending',
        completed_at: null,
        output_data: null,
        execution_log: null,
      },
    ]);
    const ended = await waitForStatus(stack, '1', END);
    expect(ended).toMatchObject({ status: 'completed', result: { raw: 'An article about AI' } });
    const asked = stack.model.requests.at(-1)?.body;
    expect(asked).toMatchObject({
      model: 'llama-4-maverick-17b-128e-instruct',
      temperature: 0.6,
      top_p: 0.9,
      max_tokens: 32_768,
    });
    const prompt = JSON.stringify(asked?.messages);
    expect(prompt).toContain('Write a blog article about AI');
    expect(prompt).toContain('topic: AI in Healthcare');
    expect(prompt).toContain('length: 1000 words');
  });
});

describe('the SDK examples', () => {
  it('of JavaScript list the agents and make one', async () => {
    const credential = JSON.stringify(authorization());
    const withCredential = `
      const plain = globalThis.fetch;
      globalThis.fetch = (url, init = {}) =>
        plain(url, { ...init, headers: { ...init.headers, authorization: ${credential} } });`;
    const script = `${withCredential}\n${here(JAVASCRIPT)}`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toContain("role: 'JavaScript Developer'");
    expect((await listOf('/api/v1/agents/')).map(({ name }) => name)).toContain('JS Agent');
  });

  it('of Python list the agents and make one', async () => {
    if (!(await isThere('python3'))) return;
    // Where `requests` is not installed a stand-in of the two calls is put in its place.
    const withCredential = `
import json, sys, types, urllib.request
try:
    import requests
    plain = requests.Session.request
    def request(self, method, url, **more):
        more["headers"] = {**(more.get("headers") or {}), "Authorization": ${JSON.stringify(authorization())}}
        return plain(self, method, url, **more)
    requests.Session.request = request
except ImportError:
    def ask(method, url, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": ${JSON.stringify(authorization())}}
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
            text = answer.read()
        return types.SimpleNamespace(json=lambda: json.loads(text))
    sys.modules["requests"] = types.SimpleNamespace(
        get=lambda url: ask("GET", url), post=lambda url, json: ask("POST", url, json))
`;
    const script = `${withCredential}\n${here(PYTHON)}\nprint(len(agents), response.json()["role"])`;
    const { stdout } = await run('python3', ['-c', script]);
    expect(stdout).toMatch(/^\d+ Python Developer/);
    expect((await listOf('/api/v1/agents')).map(({ name }) => name)).toContain('Python Agent');
  });
});

describe('every printed request', () => {
  it('answers with at least the fields that are shown, of the types that are shown', async () => {
    stack.model.always(() => says('Agent response'));
    const wrong: string[] = [];
    for (const { method, path, body, status, shown } of PRINTED_REQUESTS) {
      const answer = await stack.call(method, path, body);
      if (answer.status !== status)
        wrong.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      if (shown !== undefined)
        wrong.push(...differences(answer.body, shown, '').map((text) => `${method} ${path}: ${text}`));
      if (path.endsWith('/execute')) {
        const { id } = z.looseObject({ id: z.int() }).parse(answer.body);
        await waitForStatus(stack, String(id), END);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('steers the executions of a workflow while some are live', async () => {
    stack.model.always(() => slowly('A slow answer', { chunks: 40, chunkMs: 100 }));
    for (const command of ['pause', 'resume', 'cancel']) {
      const none = await stack.call('POST', `/api/v1/workflows/1/${command}`);
      expect([command, none.status]).toEqual([command, 409]);
    }
    const started = await stack.call('POST', '/api/v1/workflows/1/execute', { input_data: {} });
    const { id } = z.object({ id: z.int() }).parse(started.body);
    await waitForStatus(stack, String(id), ['running']);
    for (const command of ['pause', 'resume', 'cancel']) {
      const done = await stack.call('POST', `/api/v1/workflows/1/${command}`);
      expect([command, done]).toMatchObject([
        command,
        { status: 202, body: { matched: 1, done: 1, failed: [] } },
      ]);
    }
    expect(await waitForStatus(stack, String(id), END)).toMatchObject({ status: 'cancelled' });
  });
});

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
const fieldsSchema = z.record(z.string(), z.unknown());

/** Where an answer lacks what is shown. A null on either side says nothing about the type. */
function differences(answer: unknown, shown: unknown, at: string): string[] {
  if (shown === null || answer === null) return [];
  if (kindOf(answer) !== kindOf(shown)) return [`${at} is ${kindOf(answer)}, not ${kindOf(shown)}`];
  if (Array.isArray(shown) && Array.isArray(answer)) {
    return shown.length === 0 || answer.length === 0 ? [] : differences(answer[0], shown[0], `${at}/0`);
  }
  const wanted = fieldsSchema.safeParse(shown);
  const present = fieldsSchema.safeParse(answer);
  // What a user puts into an input comes back as it was given.
  if (!wanted.success || !present.success || at.endsWith('input_data')) return [];
  return Object.entries(wanted.data).flatMap(([name, value]) =>
    Object.hasOwn(present.data, name)
      ? differences(present.data[name], value, `${at}/${name}`)
      : [`${at}/${name} is missing`],
  );
}
