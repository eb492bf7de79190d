import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../support/cli-process.ts';
import { callsTool, hangs, says } from '../support/scripted-model.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

/** Each command of `muster` as a process of its own, in a pipe, with its exit code. */

const CREWS = fileURLToPath(new URL('../support/crews', import.meta.url));

let stack: TestStack;
let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>;
beforeAll(async () => {
  folder = await makeTemporaryFolder();
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(async () => {
  await stack.close();
  await folder.remove();
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** With the admin's key, unless settings say otherwise. */
async function muster(
  args: readonly string[],
  settings: Record<string, string> = { MUSTER_API_KEY: stack.api.admin.apiKey },
  input?: string,
): Promise<Ended> {
  const cli = runCli(args, { MUSTER_URL: stack.api.url, XDG_CONFIG_HOME: folder.path, ...settings }, input);
  return { code: await cli.ended, out: cli.stdout(), err: cli.stderr() };
}

const oneTask = join(CREWS, 'one-task');

describe('muster', () => {
  it('keeps a login for a server, uses it, and revokes it', async () => {
    const { email, password } = stack.api.admin;
    expect(await muster(['whoami'], {})).toMatchObject({ code: 3, out: '' });
    expect(await muster(['login', '--email', email], {}, 'wrong\n')).toMatchObject({ code: 3 });
    expect(await muster(['login', '--email', email], {}, `${password}\n`)).toMatchObject({
      code: 0,
      out: '',
    });
    const kept = join(folder.path, 'muster', 'logins.json');
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    const text = await readFile(kept, 'utf8');
    expect(text).not.toContain(password);
    expect(await muster(['whoami'], {})).toMatchObject({ code: 0, out: `${email}\n` });
    expect(await muster(['logout'], {})).toMatchObject({ code: 0 });
    const key = /"api_key": "([^"]+)"/.exec(text)?.[1] ?? 'none';
    expect(await muster(['whoami'], { MUSTER_API_KEY: key })).toMatchObject({ code: 3 });
  });

  it('forgets no login whose key it could not revoke, and says where one cannot be read', async () => {
    const away = { MUSTER_URL: 'http://127.0.0.1:1' };
    const kept = join(folder.path, 'muster', 'logins.json');
    await mkdir(join(folder.path, 'muster'), { recursive: true });
    const login = { api_key: 'mst_a_b', key_id: '0b9b2a5c-9a5e-4a55-8a51-52b0f3a3a0c1' };
    await writeFile(kept, JSON.stringify({ [away.MUSTER_URL]: login }));
    expect(await muster(['logout'], away)).toMatchObject({ code: 7 });
    expect(JSON.parse(await readFile(kept, 'utf8'))).toEqual({ [away.MUSTER_URL]: login });
    await writeFile(kept, '{');
    expect(await muster(['whoami'], {})).toMatchObject({ code: 2, err: expect.stringContaining(kept) });
    await writeFile(kept, '{}');
  });

  it('starts a crew and gives its id; with --wait its result and its exit code', async () => {
    stack.model.script([says('Otters.')]);
    const started = await muster(['run', oneTask, '-i', 'topic=otters']);
    expect(started).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f-]{36}\n$/) });
    const id = started.out.trim();
    expect(await muster(['watch', id])).toMatchObject({ code: 0, out: 'Otters.\n' });
    expect((await muster(['runs', 'ls', '--status', 'completed', '--limit', '1'])).out).toContain(
      `${id}\tcompleted\tone-task\t`,
    );
    expect(JSON.parse((await muster(['runs', 'get', id])).out)).toMatchObject({ execution_id: id });
    expect((await muster(['logs', id])).out).toMatch(/the run has started\n(.*\n)+.*the run is completed\n$/);
    const events = (await muster(['logs', id, '-f', '--json'])).out.trim().split('\n');
    expect(events.map((line) => JSON.parse(line).seq)).toEqual(events.map((_line, at) => at + 1));
    stack.model.script([says('More otters.')]);
    expect(await muster(['replay', id, '-i', 'topic=more otters', '--wait'])).toMatchObject({
      code: 0,
      out: 'More otters.\n',
    });
  }, 60_000);

  it('ends with 6 when --timeout is over, with 5 when the run was cancelled', async () => {
    stack.model.script([hangs()]);
    const late = await muster(['run', oneTask, '-i', 'topic=x', '--wait', '--timeout', '1']);
    expect(late).toMatchObject({ code: 6, out: '' });
    const id = /Execution ([0-9a-f-]{36})/.exec(late.err)?.[1] ?? 'none';
    expect(late.err).toContain(`muster watch ${id}`);
    expect(await muster(['cancel', id])).toMatchObject({ code: 0 });
    expect(await muster(['watch', id])).toMatchObject({ code: 5, out: '' });
    expect(await muster(['pause', id])).toMatchObject({ code: 1, err: expect.stringContaining('cancelled') });
  });

  it('lists questions and answers them', async () => {
    stack.model.script([callsTool('ask_human', { question: 'Which otters?' }), says('Sea otters.')]);
    const project = join(folder.path, 'asking');
    await mkdir(project);
    await writeFile(
      join(project, 'agents.yaml'),
      'clerk: {role: Clerk, goal: Ask, backstory: Curious., tools: [ask_human]}\n',
    );
    await writeFile(
      join(project, 'tasks.yaml'),
      'ask: {description: Ask what is meant., expected_output: A name., agent: clerk}\n',
    );
    const graph = (await muster(['graphs', 'import', project])).out.trim();
    const id = (await muster(['run', graph])).out.trim();
    let open = '';
    await until('it asks', async () => {
      open = (await muster(['questions', 'ls', '--status', 'open'])).out;
      return open.includes('Which otters?');
    });
    const [question = ''] = open.split('\t');
    expect(await muster(['questions', 'answer', question, 'sea'])).toMatchObject({ code: 0 });
    expect(await muster(['watch', id])).toMatchObject({ code: 0, out: 'Sea otters.\n' });
    expect(await muster(['questions', 'answer', question, 'river'])).toMatchObject({ code: 1 });
  }, 60_000);

  it('brings a graph in, draws it, checks it by line and column, takes it away, runs it', async () => {
    const graph = await muster(['graphs', 'import', oneTask, '--name', 'Otter graph']);
    expect(graph).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f-]{36}\n$/) });
    const id = graph.out.trim();
    expect((await muster(['graphs', 'ls', '--name', 'Otter'])).out).toContain(`${id}\tOtter graph\t`);
    expect((await muster(['graphs', 'draw', id])).out).toMatch(/^flowchart LR\n( {2}n\d.*\n)+/);
    const file = join(folder.path, 'graph.json');
    expect(await muster(['graphs', 'export', id, '-o', file])).toMatchObject({ code: 0, out: '' });
    expect(await muster(['graphs', 'validate', file])).toMatchObject({ code: 0, err: 'Valid.\n' });
    const text = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify(JSON.parse(text), null, 1).replace(/"role": "[^"]*"/, '"role": 7'));
    const wrong = await muster(['graphs', 'validate', file]);
    expect(wrong.code).toBe(1);
    const line = (await readFile(file, 'utf8')).split('\n').findIndex((one) => one.includes('"role": 7')) + 1;
    expect(wrong.out).toMatch(new RegExp(`graph\\.json:${line}:\\d+: `));
    await writeFile(file, '{"nodes": [}');
    expect(await muster(['graphs', 'validate', file])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/graph\.json:1:\d+: /),
    });
    expect((await muster(['graphs', 'export', id, '--crewai'])).out.slice(0, 2)).toBe('PK');
    stack.model.script([says('By graph.')]);
    expect(await muster(['run', 'Otter graph', '-i', 'topic=otters', '--wait'])).toMatchObject({
      code: 0,
      out: 'By graph.\n',
    });
    expect(await muster(['graphs', 'rm', id])).toMatchObject({ code: 0 });
    expect(await muster(['graphs', 'get', id])).toMatchObject({ code: 4, out: '' });
  }, 60_000);

  it('makes and takes away API keys and webhooks, printing what is shown once', async () => {
    const { email, password } = stack.api.admin;
    const key = await muster(['keys', 'add', 'of a test', '--email', email], {}, `${password}\n`);
    expect(key).toMatchObject({ code: 0, out: expect.stringMatching(/^mst_\S+\n$/) });
    const [id = ''] =
      (await muster(['keys', 'ls'])).out
        .split('\n')
        .find((one) => one.includes('of a test'))
        ?.split('\t') ?? [];
    expect(await muster(['whoami'], { MUSTER_API_KEY: key.out.trim() })).toMatchObject({ code: 0 });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const hook = await muster(['webhooks', 'add', 'https://example.com/hook', '--event', 'workflow_*']);
    expect(hook).toMatchObject({ code: 0, out: expect.stringMatching(/^whsec_\S+\n$/) });
    const [webhook = ''] = (await muster(['webhooks', 'ls'])).out.split('\t');
    expect(await muster(['webhooks', 'rm', webhook])).toMatchObject({ code: 0 });
    expect(await muster(['webhooks', 'ls'])).toMatchObject({ code: 0, out: '' });
  });

  it('says how to mend a command line, and what is not there', async () => {
    expect(await muster(['frobnicate'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('frobnicate'),
    });
    expect(await muster(['runs', 'ls', '--limit', 'many'])).toMatchObject({ code: 2 });
    expect(await muster(['runs', 'get', 'nope'])).toMatchObject({ code: 4, out: '' });
    expect(await muster(['graphs', 'import', join(folder.path, 'nowhere')])).toMatchObject({ code: 2 });
    expect(await muster(['runs', 'ls'], { MUSTER_URL: 'http://127.0.0.1:1' })).toMatchObject({ code: 7 });
    for (const [wrong, said] of [
      [['prune'], '--older-than'],
      [['prune', '--older-than', 'soon'], '--older-than'],
      [['doctor', '--frob'], '--frob'],
      [['preflight', 'now'], 'too many arguments'],
      [['api'], 'DATABASE_URL'],
    ] as const)
      expect([
        wrong,
        await muster([...wrong], { DATABASE_URL: wrong[0] === 'prune' ? 'postgres://x@127.0.0.1:1/x' : '' }),
      ]).toEqual([wrong, expect.objectContaining({ code: 2, err: expect.stringContaining(said) })]);
    expect(await muster(['doctor', '--help'])).toMatchObject({ code: 0, err: '' });
    expect((await muster([])).out).toContain('Exit codes: 0 done');
    expect((await muster(['completions', 'bash'])).out).toContain('"runs") words="ls get');
  });
});
