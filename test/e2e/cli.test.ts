import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli, type Cli } from '../support/cli-process.ts';
import { callsTool, fails, hangs, says, slowly } from '../support/scripted-model.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import {
  getEvents,
  startCrew,
  startTestStack,
  until,
  waitForStatus,
  type TestStack,
} from '../support/test-stack.ts';

const CREWS = fileURLToPath(new URL('../support/crews', import.meta.url));

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  await stack.startWorker();
});
afterEach(() => stack.model.assertDone());
afterAll(() => stack.close());

/** On the stack's server, as its admin, unless told otherwise. */
const crew = (args: readonly string[], settings: Record<string, string> = {}): Cli =>
  runCli(['crew', ...args], {
    MUSTER_URL: stack.api.url,
    MUSTER_API_KEY: stack.api.admin.apiKey,
    ...settings,
  });

const executionIdIn = (text: string): string => /Execution ([0-9a-f-]{36})/.exec(text)?.[1] ?? 'none';
const started = async (cli: Cli): Promise<string> => {
  await until('the execution is named', () => executionIdIn(cli.stderr()) !== 'none');
  return executionIdIn(cli.stderr());
};

/** A port of loopback that nobody listens on. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('npm run crew', () => {
  it('prints the result alone on stdout, what happens on stderr, and ends with 0', async () => {
    stack.model.script([says('three facts'), says('Otters hold hands.\nReally.')]);
    const cli = crew([join(CREWS, 'two-step'), '--input', 'topic=sea otters']);
    expect(await cli.ended).toBe(0);
    expect(cli.stdout()).toBe('Otters hold hands.\nReally.\n');
    expect(cli.stderr()).toMatch(/topic +sea otters +\(--input\)/);
    for (const text of [
      'find   started',
      'write  completed: Otters hold hands. Really.',
      '15 tokens in',
      'completed after',
    ]) {
      expect(cli.stderr()).toContain(text);
    }
    expect(cli.stderr()).not.toContain('\u001B');
  });

  it('takes inputs.yaml first, then --input-file, then --input', async () => {
    const folder = await makeTemporaryFolder();
    try {
      const file = join(folder.path, 'more.json');
      await writeFile(file, JSON.stringify({ topic: 'from the file', unused: [1] }));
      stack.model.script([says('a'), says('b'), says('a'), says('b')]);
      const defaults = crew([join(CREWS, 'two-step'), '--json']);
      expect(await defaults.ended).toBe(0);
      expect(JSON.parse(defaults.stdout())).toMatchObject({
        status: 'completed',
        input_data: { topic: 'otters' },
      });
      const both = crew([join(CREWS, 'two-step'), '--json', '--input-file', file, '--input', 'extra=a=b']);
      expect(await both.ended).toBe(0);
      expect(JSON.parse(both.stdout())).toMatchObject({
        input_data: { topic: 'from the file', unused: [1], extra: 'a=b' },
        result: { raw: 'b' },
      });
    } finally {
      await folder.remove();
    }
  });

  it('shows tool calls and ends with 1 when the run fails, saying why', async () => {
    stack.model.script([callsTool('calculator', { expression: '6 * 7' }), fails(401)]);
    const cli = crew([join(CREWS, 'tools')]);
    expect(await cli.ended).toBe(1);
    expect(cli.stdout()).toBe('');
    expect(cli.stderr()).toContain('→ calculator {"expression":"6 * 7"}');
    expect(cli.stderr()).toMatch(/← calculator in \d+ ms: 42/);
    expect(cli.stderr()).toContain('MODEL_AUTH: task "count" failed');
    expect(cli.stderr()).toMatch(/npm run crew -- retry [0-9a-f-]{36}/);
  });

  it('finds the server by --host and --port, and the key in the data directory', async () => {
    const folder = await makeTemporaryFolder();
    try {
      await writeFile(join(folder.path, 'cli-key'), `${stack.api.admin.apiKey}\n`);
      stack.model.script([says('a'), says('found')]);
      const { hostname, port } = new URL(stack.api.url);
      const at = ['--host', hostname, '--port', port, '--data-dir', folder.path];
      const cli = runCli(['crew', ...at, join(CREWS, 'two-step')], { MUSTER_URL: 'http://127.0.0.1:1' });
      expect({ code: await cli.ended, stdout: cli.stdout() }).toEqual({ code: 0, stdout: 'found\n' });
    } finally {
      await folder.remove();
    }
  });

  it('follows on where it stood after the connection was cut, each event once', async () => {
    const { hostname, port } = new URL(stack.api.url);
    const wire = await startTcpProxy(hostname, Number(port));
    try {
      stack.model.script([slowly('one fact. '.repeat(9), { chunks: 15, chunkMs: 100 }), says('the end')]);
      const cli = crew([join(CREWS, 'two-step')], { MUSTER_URL: `http://127.0.0.1:${wire.port}` });
      await until('the first task runs', () => cli.stderr().includes('find   started'));
      wire.cut();
      await until('the loss is said', () => cli.stderr().includes('The run goes on; connecting again'));
      const id = executionIdIn(cli.stderr());
      await waitForStatus(stack, id, ['completed']);
      wire.mend();
      expect(await cli.ended).toBe(0);
      expect(cli.stdout()).toBe('the end\n');
      expect(cli.stderr()).toContain('Connected again');
      const lines = cli
        .stderr()
        .split('\n')
        .filter((line) => /^\d\d:\d\d:\d\d  /.test(line));
      expect(lines).toHaveLength((await getEvents(stack, id)).length);
    } finally {
      await wire.close();
    }
  });
});

describe('npm run crew ends with', () => {
  it('2 for a missing input, naming it and how to give it', async () => {
    const folder = await makeTemporaryFolder();
    try {
      const cli = crew([join(folder.path, 'two-step')]);
      expect(await cli.ended).toBe(2);
      expect(cli.stderr()).toContain('missing: topic');
      expect(cli.stderr()).toContain('(--input topic=…)');
    } finally {
      await folder.remove();
    }
  });

  it.each([
    [['--no-such-flag'], "unknown option '--no-such-flag'"],
    [[], "missing required argument 'folder'"],
    [['x', '--input', 'novalue'], 'An input is written name=value'],
    [['x', '--url', 'ftp://x'], 'MUSTER_URL: an http:// or https:// address'],
    [['x', '--input-file', '/no/such/file.yaml'], '/no/such/file.yaml cannot be read'],
  ])('2 for the command line %j', async (args, said) => {
    const cli = crew(args);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain(said);
    expect(cli.stdout()).toBe('');
  });

  it('3 for a wrong credential, and for none', async () => {
    const wrong = crew([join(CREWS, 'two-step')], { MUSTER_API_KEY: 'mst_wrong' });
    expect(await wrong.ended).toBe(3);
    expect(wrong.stderr()).toContain('The API key given does not do');
    const none = crew([join(CREWS, 'two-step')], { MUSTER_API_KEY: '', DATA_DIR: '/no/such/folder' });
    expect(await none.ended).toBe(3);
    expect(none.stderr()).toContain('No API key is known');
  });

  it('4 for a crew the server does not have, naming those it has, and for an unknown execution', async () => {
    const cli = crew(['examples/nobody']);
    expect(await cli.ended).toBe(4);
    expect(cli.stderr()).toContain('no crew is called "nobody"; there are: one-task, tools, two-step');
    expect(await crew(['watch', '999999']).ended).toBe(4);
  });

  it('7 when no server listens, naming the command that starts it', async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    for (const args of [[join(CREWS, 'two-step')], ['watch', '1']]) {
      const cli = crew(args, { MUSTER_URL: url });
      expect(await cli.ended).toBe(7);
      expect(cli.stderr()).toContain(`No answer from ${url} (ECONNREFUSED)`);
      expect(cli.stderr()).toContain('npm start');
    }
  });

  it('5 when the run was cancelled by somebody else', async () => {
    stack.model.script([hangs()]);
    const cli = crew([join(CREWS, 'two-step')]);
    const id = await started(cli);
    await until('the first task runs', () => cli.stderr().includes('find   started'));
    expect(await crew(['cancel', id]).ended).toBe(0);
    expect(await cli.ended).toBe(5);
    expect(cli.stderr()).toContain('the run is cancelled');
  });
});

describe('Ctrl-C', () => {
  it('once leaves the run alone, says how to come back, and watch sees it to its end', async () => {
    stack.model.script([slowly('one fact. '.repeat(9), { chunks: 40, chunkMs: 100 }), says('the end')]);
    const cli = crew([join(CREWS, 'two-step')]);
    const id = await started(cli);
    await until('the first task runs', () => cli.stderr().includes('find   started'));
    // One key press arrives several times: from the terminal, from npm, from the launcher.
    for (const _echo of [1, 2, 3]) {
      cli.interrupt();
      await sleep(60);
    }
    expect(await cli.ended).toBe(130);
    expect(cli.stderr()).toContain(`npm run crew -- watch ${id}`);
    const watching = crew(['watch', id]);
    expect(await watching.ended).toBe(0);
    expect(watching.stdout()).toBe('the end\n');
    expect(watching.stderr()).toContain('the run has started');
  });

  it('twice cancels the run', async () => {
    stack.model.script([hangs()]);
    const cli = crew([join(CREWS, 'two-step')]);
    const id = await started(cli);
    await until('the first task runs', () => cli.stderr().includes('find   started'));
    cli.interrupt();
    await sleep(700);
    cli.interrupt();
    expect(await cli.ended).toBe(5);
    await waitForStatus(stack, id, ['cancelled']);
  });
});

describe('npm run crew -- --detach', () => {
  it('prints the id alone on stdout and does not wait', async () => {
    stack.model.script([hangs()]);
    const cli = crew([join(CREWS, 'two-step'), '--detach']);
    expect(await cli.ended).toBe(0);
    const id = cli.stdout().trim();
    await waitForStatus(stack, id, ['running']);
    await stack.model.waitForRequest(stack.model.requests.length);
    expect(await crew(['cancel', id]).ended).toBe(0);
    await waitForStatus(stack, id, ['cancelled']);
  });
});

describe('npm run crew -- pause, resume, retry', () => {
  it('steer a run, and say when its state forbids it', async () => {
    stack.model.script([fails(401)]);
    const id = await startCrew(stack, { crew: 'one-task' });
    await waitForStatus(stack, id, ['failed']);
    const pause = crew(['pause', id]);
    expect(await pause.ended).toBe(1);
    expect(pause.stderr()).toContain('it is failed');
    stack.model.script([says('better')]);
    const retry = crew(['retry', id, '--json']);
    expect(await retry.ended).toBe(0);
    expect(JSON.parse(retry.stdout())).toMatchObject({ execution_id: id, status: 'running' });
    await waitForStatus(stack, id, ['completed']);
    const watching = crew(['watch', id]);
    expect(await watching.ended).toBe(0);
    expect(watching.stdout()).toBe('better\n');
  });
});
