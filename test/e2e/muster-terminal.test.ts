import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { hangs, says, slowly } from '../support/scripted-model.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { CTRL_C, runOnTerminal, type TerminalCli } from '../support/terminal-process.ts';
import { startTestStack, until, waitForStatus, type TestStack } from '../support/test-stack.ts';

/** `muster` on a pseudo-terminal: what a person sees of it, and what their keys do. */

const ONE_TASK = fileURLToPath(new URL('../support/crews/one-task', import.meta.url));
const ESCAPE = '\u001B';
/** The pinned line, as it is anywhere on the wire. */
const PROGRESS = /running · 0 of 1 tasks · \d:\d\d · \d+ tokens/;

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

const muster = (
  args: readonly string[],
  options: Parameters<typeof runOnTerminal>[2] & { settings?: Record<string, string> } = {},
): TerminalCli =>
  runOnTerminal(
    args,
    {
      MUSTER_URL: stack.api.url,
      MUSTER_API_KEY: stack.api.admin.apiKey,
      XDG_CONFIG_HOME: folder.path,
      ...options.settings,
    },
    options,
  );

const run = ['run', ONE_TASK, '-i', 'topic=otters', '--wait'];
const idIn = (cli: TerminalCli): string => /Execution ([0-9a-f-]{36})/.exec(cli.sent())?.[1] ?? 'none';
const seen = (cli: TerminalCli, text: string | RegExp): Promise<void> =>
  until(`${String(text)} is seen`, () =>
    typeof text === 'string' ? cli.sent().includes(text) : text.test(cli.sent()),
  );

describe('a run that is followed on a terminal', () => {
  it('has one line below its events that is rewritten in place and is gone at the end', async () => {
    stack.model.script([slowly('An otter. ', { chunks: 20, chunkMs: 150 })]);
    const cli = muster(run, { columns: 60 });
    await seen(cli, /running · 0 of 1 tasks · \d:\d\d · 0 tokens · 1 in hand: /);
    const during = cli.screen();
    expect(during.at(-1)).toMatch(PROGRESS);
    expect(during.at(-1)?.length).toBeLessThan(60);
    expect(during.filter((line) => PROGRESS.test(line))).toHaveLength(1);
    const [before = ''] = /\d:\d\d · 0 tokens/.exec(during.at(-1) ?? '') ?? [];
    await until('a second has passed', () => !(cli.screen().at(-1) ?? '').includes(before));
    expect(await cli.ended).toBe(0);
    const after = cli.screen();
    expect(after.join('\n')).not.toMatch(/of 1 tasks/);
    expect(after.filter((line) => /^\d\d:\d\d:\d\d  .*the run is completed$/.test(line))).toHaveLength(1);
    expect(after.filter((line) => line.startsWith('An otter.'))).toHaveLength(1);
    expect(cli.sent()).toContain(`${ESCAPE}[32m`);
  });

  it.each([
    ['with --json', ['--json'], {}],
    ['with TERM=dumb', [], { TERM: 'dumb' }],
  ])('has no such line %s', async (_how, flags, settings) => {
    stack.model.script([says('Otters.')]);
    const cli = muster([...run, ...flags], { settings });
    expect(await cli.ended).toBe(0);
    expect(cli.sent()).not.toContain('of 1 tasks');
    expect(cli.sent()).not.toMatch(/\[\d*[GJAK]/);
  });

  it('is written without colours when NO_COLOR is set', async () => {
    stack.model.script([says('Otters.')]);
    const cli = muster(run, { settings: { NO_COLOR: '1' } });
    expect(await cli.ended).toBe(0);
    expect(cli.screen().join('\n')).toContain('the run is completed');
    expect(cli.sent()).not.toMatch(/\[\d+m/);
  });

  it('gives its data to a file as it is, its talk and its line to the terminal', async () => {
    stack.model.script([slowly('Otters\u001B[31m hold hands.', { chunks: 12, chunkMs: 100 })]);
    const file = join(folder.path, 'result.txt');
    const cli = muster(run, { stdoutTo: file });
    await seen(cli, PROGRESS);
    expect(await cli.ended).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('Otters\u001B[31m hold hands.\n');
    expect(cli.screen().join('\n')).toContain('completed: Otters[31m hold hands.');
  });

  it('lets nothing that a model says steer the terminal', async () => {
    stack.model.script([says('One\u001B[2J\u001B]0;owned\u0007\r two\u009B31m')]);
    const cli = muster(run);
    expect(await cli.ended).toBe(0);
    // The screen takes no control character but those of the line and of colours.
    expect(cli.screen()).toContain('One[2J]0;owned two31m');
    expect(cli.sent()).not.toContain(`${ESCAPE}[2J`);
  });
});

describe('Ctrl-C on a terminal', () => {
  it('once leaves the run alone and says how to come back; twice cancels it', async () => {
    stack.model.script([hangs()]);
    const leaving = muster(run);
    await seen(leaving, /1 in hand/);
    leaving.press(CTRL_C);
    expect(await leaving.ended).toBe(130);
    const id = idIn(leaving);
    const screen = leaving.screen().join('\n');
    expect(screen).toContain(`come back: muster watch ${id}`);
    expect(screen).not.toContain('of 1 tasks');
    await waitForStatus(stack, id, ['running']);

    const tail = muster(['logs', id, '-f']);
    await seen(tail, /1 in hand/);
    tail.press(CTRL_C);
    expect(await tail.ended).toBe(130);
    expect(tail.screen().join('\n')).toContain('The run goes on.');

    const cancelling = muster(['watch', id]);
    await seen(cancelling, /1 in hand/);
    cancelling.press(CTRL_C);
    await sleep(700);
    cancelling.press(CTRL_C);
    expect(await cancelling.ended).toBe(5);
    await waitForStatus(stack, id, ['cancelled']);
    expect(cancelling.screen().join('\n')).not.toContain('of 1 tasks');
  });
});

describe('on a terminal', () => {
  it('a login asks for the password and shows nothing of it', async () => {
    const { email, password } = stack.api.admin;
    const cli = muster(['login'], { settings: { MUSTER_API_KEY: '' } });
    await seen(cli, 'E-mail: ');
    cli.press(`${email}\r`);
    await seen(cli, `Password of ${email}: `);
    cli.press(`${password}\r`);
    expect(await cli.ended).toBe(0);
    expect(cli.sent()).toContain(`Logged in to ${stack.api.url} as ${email}`);
    expect(cli.sent()).not.toContain(password);
    const out = muster(['logout'], { settings: { MUSTER_API_KEY: '' } });
    expect(await out.ended).toBe(0);
  });

  it('a table fits, with whole ids', async () => {
    await stack.call('POST', '/api/v1/webhooks', {
      url: `https://example.com/${'long/'.repeat(20)}`,
      events: ['workflow_completed', 'workflow_failed', 'task_failed'],
    });
    const cli = muster(['webhooks', 'ls'], { columns: 80 });
    expect(await cli.ended).toBe(0);
    const [titles = '', row = ''] = cli.screen();
    expect(titles).toMatch(/^ID +URL +EVENTS/);
    expect(row).toMatch(/^[0-9a-f-]{36} {2}https.*…/);
    expect(cli.screen().filter((line) => line !== '')).toHaveLength(2);
    expect(row.length).toBeLessThanOrEqual(80);
  });

  it('an error is red', async () => {
    const file = join(folder.path, 'broken.json');
    await writeFile(file, '{"nodes": [}');
    const wrong = muster(['graphs', 'validate', file]);
    expect(await wrong.ended).toBe(2);
    expect(wrong.sent()).toContain(`${ESCAPE}[31m${file}:1:12: `);
  });
});
