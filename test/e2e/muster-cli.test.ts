import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { runCli } from '../support/cli-process.ts';
import { createCommandRecord, type Ended } from '../support/command-record.ts';
import { callsTool, fails, hangs, says } from '../support/scripted-model.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { z } from 'zod';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** Each command of `muster` as a process of its own, in a pipe, with its exit code. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CREWS = join(ROOT, 'test/support/crews');

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

const record = createCommandRecord();

/** With the admin's key, unless settings say otherwise. */
function muster(
  args: readonly string[],
  settings: Record<string, string> = { MUSTER_API_KEY: stack.api.admin.apiKey },
  input?: string,
): Promise<Ended> {
  return record.run(args, { MUSTER_URL: stack.api.url, XDG_CONFIG_HOME: folder.path, ...settings }, input);
}

/** What is answered with `--json`, of a command that ends well. */
async function answered(...args: string[]): Promise<unknown> {
  const { code, out, err } = await muster([...args, '--json']);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
  return JSON.parse(out);
}

const withId = z.looseObject({ id: z.string() });
const run = z.looseObject({ execution_id: z.string() });

const oneTask = join(CREWS, 'one-task');

describe('muster', () => {
  it('keeps a login for a server, uses it, and revokes it', async () => {
    const { email, password } = stack.api.admin;
    expect(await muster(['whoami'], {})).toMatchObject({ code: 3, out: '' });
    expect(await muster(['login', '--email', email], {}, 'wrong\n')).toMatchObject({ code: 3 });
    const login = await muster(['login', '--email', email, '--json'], {}, `${password}\n`);
    expect(login.code).toBe(0);
    expect(JSON.parse(login.out)).toEqual({ url: stack.api.url, email, key_id: expect.any(String) });
    const kept = join(folder.path, 'muster', 'logins.json');
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    const text = await readFile(kept, 'utf8');
    expect(text).not.toContain(password);
    expect(await muster(['whoami'], {})).toMatchObject({ code: 0, out: `${email}\n` });
    expect(JSON.parse((await muster(['whoami', '--json'], {})).out)).toMatchObject({ email });
    expect(JSON.parse((await muster(['logout', '--json'], {})).out)).toMatchObject({ url: stack.api.url });
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
    const [newest, flows, crews] = await Promise.all([
      answered('runs', 'ls', '--limit', '1'),
      answered('runs', 'ls', '--flow', 'no_such_flow'),
      answered('runs', 'ls', '--kind', 'crew', '--status', 'failed'),
    ]);
    expect([newest, flows, crews]).toEqual([[expect.objectContaining({ execution_id: id })], [], []]);
    expect(await answered('runs', 'get', id)).toMatchObject({ execution_id: id });
    expect(await answered('watch', id)).toMatchObject({ result: { raw: 'Otters.' } });
    expect((await muster(['logs', id])).out).toMatch(/the run has started\n(.*\n)+.*the run is completed\n$/);
    const events = (await muster(['logs', id, '-f', '--json'])).out.trim().split('\n');
    expect(events.map((line) => JSON.parse(line).seq)).toEqual(events.map((_line, at) => at + 1));
    stack.model.script([says('More otters.')]);
    expect(await muster(['replay', id, '-i', 'topic=more otters', '--wait'])).toMatchObject({
      code: 0,
      out: 'More otters.\n',
    });
    stack.model.script([says('Once more.')]);
    const again = run.parse(await answered('replay', id, '--from', 'write'));
    expect(await muster(['watch', again.execution_id])).toMatchObject({ code: 0, out: 'Once more.\n' });
    expect(await muster(['replay', id, '--from', 'nothing'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('nothing'),
    });
  }, 60_000);

  it('ends with 1 when the run failed, retries, pauses, resumes and cancels it', async () => {
    stack.model.script([fails(401)]);
    const failed = await muster(['run', oneTask, '-i', 'topic=x', '--wait', '--json']);
    expect(failed.code).toBe(1);
    const { execution_id: id } = run.parse(JSON.parse(failed.out));
    expect(await muster(['resume', id])).toMatchObject({ code: 1, out: '' });
    stack.model.script([hangs()]);
    expect(await answered('retry', id)).toMatchObject({ execution_id: id });
    await waitForStatus(stack, id, ['running']);
    expect(await answered('pause', id)).toMatchObject({ pause_requested: true });
    expect(await answered('resume', id)).toMatchObject({ pause_requested: false });
    const tail = runCli(['logs', id, '-f'], {
      MUSTER_URL: stack.api.url,
      MUSTER_API_KEY: stack.api.admin.apiKey,
    });
    await until('it is followed', () => tail.stdout().includes('the run has started'));
    tail.interrupt();
    const left = { code: await tail.ended, out: tail.stdout(), err: tail.stderr() };
    record.note(['logs', id, '-f'], left);
    expect(left).toMatchObject({ code: 130, err: expect.stringContaining(`muster watch ${id}`) });
    expect(left.out + left.err).not.toContain('\u001B');
    expect(await answered('cancel', id)).toMatchObject({ execution_id: id });
    await waitForStatus(stack, id, ['cancelled']);
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
    const { execution_id: id } = run.parse(await answered('run', graph));
    let open = '';
    await until('it asks', async () => {
      open = (await muster(['questions', 'ls', '--status', 'open'])).out;
      return open.includes('Which otters?');
    });
    const [question = ''] = open.split('\t');
    const [listed] = z.array(withId).parse(await answered('questions', 'ls'));
    expect(listed?.id).toBe(question);
    expect(await answered('questions', 'get', question)).toMatchObject({ status: 'open' });
    expect(await answered('questions', 'answer', question, 'sea')).toMatchObject({ status: 'answered' });
    expect(await muster(['watch', id])).toMatchObject({ code: 0, out: 'Sea otters.\n' });
    expect(await muster(['questions', 'answer', question, 'river'])).toMatchObject({ code: 1 });
  }, 60_000);

  it('brings a graph in, draws it, checks it by line and column, takes it away, runs it', async () => {
    const graph = await muster(['graphs', 'import', oneTask, '--name', 'Otter graph']);
    expect(graph).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f-]{36}\n$/) });
    const id = graph.out.trim();
    expect((await muster(['graphs', 'ls', '--name', 'Otter'])).out).toContain(`${id}\tOtter graph\t`);
    const { out: drawn } = await muster(['graphs', 'draw', id]);
    expect(drawn).toMatch(/^flowchart LR\n( {2}n\d.*\n)+/);
    expect(await answered('graphs', 'draw', id)).toEqual({ mermaid: drawn.trimEnd() });
    expect(await answered('graphs', 'ls', '--name', 'Otter')).toEqual([expect.objectContaining({ id })]);
    expect(await answered('graphs', 'get', id)).toMatchObject({ id });
    expect(await answered('graphs', 'export', id)).toMatchObject({ nodes: expect.any(Array) });
    expect(await muster(['graphs', 'export', id, '--crewai', '--json'])).toMatchObject({ code: 2, out: '' });
    const file = join(folder.path, 'graph.json');
    expect(await muster(['graphs', 'export', id, '-o', file])).toMatchObject({ code: 0, out: '' });
    expect(await muster(['graphs', 'validate', file])).toMatchObject({ code: 0, err: 'Valid.\n' });
    expect(await answered('graphs', 'validate', file)).toMatchObject({ valid: true });
    const twin = withId.parse(await answered('graphs', 'import', file, '--name', 'Twin'));
    expect(await answered('graphs', 'rm', twin.id)).toBeInstanceOf(Object);
    const text = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify(JSON.parse(text), null, 1).replace(/"role": "[^"]*"/, '"role": 7'));
    const wrong = await muster(['graphs', 'validate', file]);
    expect(wrong.code).toBe(1);
    const line = (await readFile(file, 'utf8')).split('\n').findIndex((one) => one.includes('"role": 7')) + 1;
    expect(wrong.out).toMatch(new RegExp(`graph\\.json:${line}:\\d+: `));
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
    const made = await muster(['keys', 'add', 'x', '--email', email, '--json'], {}, `${password}\n`);
    const { id: spare } = withId.parse(JSON.parse(made.out));
    expect(
      z
        .array(withId)
        .parse(await answered('keys', 'ls'))
        .map((one) => one.id),
    ).toContain(spare);
    expect(await answered('keys', 'rm', spare)).toBeInstanceOf(Object);
    const key = await muster(['keys', 'add', 'of a test', '--email', email], {}, `${password}\n`);
    expect(key).toMatchObject({ code: 0, out: expect.stringMatching(/^mst_\S+\n$/) });
    const [id = ''] =
      (await muster(['keys', 'ls'])).out
        .split('\n')
        .find((one) => one.includes('of a test'))
        ?.split('\t') ?? [];
    expect(await muster(['whoami'], { MUSTER_API_KEY: key.out.trim() })).toMatchObject({ code: 0 });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await muster(['keys', 'rm', id])).toMatchObject({ code: 0, out: '' });
    expect(await muster(['whoami'], { MUSTER_API_KEY: key.out.trim() })).toMatchObject({ code: 3, out: '' });
    expect(await muster(['keys', 'rm', spare])).toMatchObject({ code: 4, out: '' });
    const hook = await muster(['webhooks', 'add', 'https://example.com/hook', '--event', 'workflow_*']);
    expect(hook).toMatchObject({ code: 0, out: expect.stringMatching(/^whsec_\S+\n$/) });
    const [webhook = ''] = (await muster(['webhooks', 'ls'])).out.split('\t');
    expect(await muster(['webhooks', 'rm', webhook])).toMatchObject({ code: 0, out: '' });
    const other = withId.parse(
      await answered('webhooks', 'add', 'https://example.com/hook', '--event', 'task_failed'),
    );
    expect(await answered('webhooks', 'ls')).toEqual([expect.objectContaining({ id: other.id })]);
    expect(await answered('webhooks', 'get', other.id)).toMatchObject({ events: ['task_failed'] });
    expect(await answered('webhooks', 'test', other.id)).toMatchObject({ event_type: 'webhook_test' });
    expect(await answered('webhooks', 'rm', other.id)).toBeInstanceOf(Object);
    expect(await muster(['webhooks', 'test', other.id])).toMatchObject({ code: 4, out: '' });
    expect(await muster(['webhooks', 'ls'])).toMatchObject({ code: 0, out: '' });
  });

  it('prints its version, and takes the address of the API for that of the server', async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
    expect(await muster(['--version'])).toMatchObject({ code: 0, out: `${version}\n` });
    const settings = { MUSTER_API_KEY: stack.api.admin.apiKey, MUSTER_URL: `${stack.api.url}/api/v1/` };
    expect(await muster(['whoami'], settings)).toMatchObject({ code: 0 });
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
  });

  it('says line and column of what is wrong in a file, however deep, when it is checked and when it comes in', async () => {
    const file = join(folder.path, 'wrong.yaml');
    const said = async (content: string, command = 'validate'): Promise<Ended> => {
      await writeFile(file, content);
      return muster(['graphs', command, file]);
    };
    const syntax = { code: 2, out: '', err: expect.stringMatching(/^\S+wrong\.yaml:3:\d+: .+\n$/) };
    expect(await said('nodes:\n  - id: a\n   type: agent\n')).toMatchObject(syntax);
    expect(await said('{\n "nodes": [\n  {"id": "a" "type": "agent"}]}', 'import')).toMatchObject(syntax);
    const agent = (data: string): string =>
      `nodes:\n  - id: a\n    type: agent\n    data:\n      ${data}\nedges: []\n`;
    const deep = await said(
      agent('role: Clerk\n      goal: x\n      tools:\n        - calculator\n        - {a: 1}'),
    );
    expect(deep).toMatchObject({ code: 1, out: expect.stringContaining(`${file}:9:11: tools is a list`) });
    // What is not there has no place of its own: that of what it should be in, and its name.
    expect(deep.out).toContain(`${file}:5:7: Field required (backstory)`);
    const shape = 'nodes: []\nedges:\n  - source: a\n    target: [b]\n  - source: a\n';
    for (const command of ['validate', 'import']) {
      const { code, out, err } = await said(shape, command);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(`${file}:4:13: `);
      expect(err).toMatch(/wrong\.yaml:5:5: .*\(target\)/);
    }
  });

  it('lists schedules, stops and starts them, and takes them away', async () => {
    const body = { name: 'Yearly', cron: '0 0 1 1 *', crew: 'one-task', inputs: { topic: 'x' } };
    const { id } = withId.parse((await stack.call('POST', '/api/v1/schedules', body)).body);
    expect((await muster(['schedules', 'ls'])).out).toMatch(new RegExp(`^${id}\tYearly\t0 0 1 1 \\*\t`));
    expect(await answered('schedules', 'ls')).toEqual([expect.objectContaining({ id })]);
    expect(await answered('schedules', 'pause', id)).toMatchObject({ paused: true });
    expect(await answered('schedules', 'resume', id)).toMatchObject({ paused: false });
    stack.model.script([says('Out of turn.')]);
    expect(await answered('schedules', 'trigger', id)).toBeInstanceOf(Object);
    await until('it has run', async () => {
      const { body } = await stack.call('GET', '/api/v1/executions?status=completed&limit=1');
      return JSON.stringify(body).includes('Out of turn.');
    });
    expect(await answered('schedules', 'get', id)).toMatchObject({ id, paused: false });
    expect(await answered('schedules', 'rm', id)).toBeInstanceOf(Object);
    expect(await muster(['schedules', 'get', id])).toMatchObject({ code: 4, out: '' });
    expect(await muster(['schedules', 'trigger', id])).toMatchObject({ code: 4, out: '' });
  }, 60_000);

  it('completes its commands in the shells that are there', async () => {
    const { code, out: script } = await muster(['completions', 'bash']);
    expect(code).toBe(0);
    const typed = 'COMP_WORDS=(muster runs --json l); COMP_CWORD=3; _muster; echo "${COMPREPLY[@]}"';
    expect(shell('bash', `${script}\ncomplete -p muster; ${typed}`)).toBe(
      'complete -o default -F _muster muster\nls\n',
    );
    const zsh = await muster(['completions', 'zsh']);
    expect(zsh).toMatchObject({ code: 0, out: expect.stringContaining('bashcompinit') });
    // Not on every machine; arrays of bash are what its own bridge hands over.
    const asked = 'setopt ksharrays; COMP_WORDS=(muster runs --json l); COMP_CWORD=3; _muster';
    const tried = shell(
      'zsh',
      `autoload -U compinit && compinit -u -D\n${zsh.out}\n${asked}; echo "\${COMPREPLY[@]}"`,
    );
    if (tried !== null) expect(tried).toMatch(/^ls\b/);
    expect(await muster(['completions', 'fish'])).toMatchObject({ code: 2, out: '' });
  });

  it('compares runs with workflows, lists workers and drains one', async () => {
    expect(await muster(['reconcile', '--dry-run'])).toMatchObject({ code: 0, out: '' });
    expect(await answered('reconcile')).toMatchObject({ complete: true });
    const [worker] = z.array(withId).parse(await answered('workers', 'ls'));
    expect((await muster(['workers', 'ls', '--status', 'running'])).out).toContain(
      `${worker?.id}\trunning\t`,
    );
    expect(await muster(['workers', 'drain', '0b9b2a5c-9a5e-4a55-8a51-52b0f3a3a0c1'])).toMatchObject({
      code: 4,
    });
    expect(await answered('workers', 'drain', worker?.id ?? '')).toBeInstanceOf(Object);
  });
});

/** What is no client of the API has tests of its own. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  start: 'test/e2e/start.test.ts',
  api: 'test/e2e/start.test.ts',
  worker: 'test/e2e/start.test.ts',
  migrate: 'test/integration/migrate-together.test.ts',
  deployment: 'test/deployment/main.ts',
  'build-console': 'test/browser/console.test.ts',
  doctor: 'test/e2e/doctor-and-prune.test.ts',
  prune: 'test/e2e/doctor-and-prune.test.ts',
  'after-restore': 'test/integration/restored-database.test.ts',
  preflight: 'test/e2e/versions.test.ts',
  'set-current': 'test/deployment/main.ts',
  'codec-server': 'test/e2e/payload-encryption.test.ts',
  crew: 'test/e2e/cli.test.ts',
};

describe('of all commands that muster has', () => {
  it('each was run here and ended well, with --json as JSON alone, and every exit code was seen', async () => {
    const { out } = await muster(['completions', 'bash']);
    const left = record.unseen(out).filter((line) => ELSEWHERE[line.split(/[ :]/)[0] ?? ''] === undefined);
    expect(left).toEqual([]);
    expect(Object.values(ELSEWHERE).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    expect(record.codes()).toEqual(Object.values(EXIT).sort((a, b) => a - b));
  });
});

/** @returns what a shell prints of a script, or null where there is no such shell */
function shell(name: 'bash' | 'zsh', script: string): string | null {
  const ran = spawnSync(name, ['-s'], { input: script, encoding: 'utf8' });
  if (ran.error !== undefined && name === 'zsh') return null;
  if (ran.status !== 0) throw new Error(`${name}: ${ran.error?.message ?? ran.stderr}`);
  return ran.stdout;
}
