import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import getPort from 'get-port';
import type { Browser, Locator, Page } from 'playwright-core';
import { buildConsole } from '../../src/embedded/console-build.ts';
import { startApiProcess, type ApiProcess } from '../support/api-process.ts';
import { hangs, says, slowly } from '../support/scripted-replies.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';
import { openPage, signIn, startChromium, type WatchedPage } from './chromium.ts';

/** One person's way through the console, in a real browser: from signing in to a run that outlives the API. */

let stack: TestStack;
let api: ApiProcess;
let browser: Browser;
let shown: WatchedPage;
let page: Page;

beforeAll(async () => {
  await buildConsole();
  stack = await startTestStack();
  api = await startApiProcess(stack, await getPort());
  await stack.startWorker();
  browser = await startChromium();
  shown = await openPage(browser, api.url);
  ({ page } = shown);
});
afterAll(async () => {
  await browser?.close();
  await api?.stop();
  await stack?.close();
});

const CREW = `name: Tea house
description: Looks a thing up, then writes about it
nodes:
  - id: researcher
    type: agent
    data: { role: Researcher, goal: "Know about {topic}", backstory: Reads a lot, llm: openai/gpt-4o-mini }
  - id: look-up
    type: task
    data: { name: look-up, description: "Look up {topic}", expected_output: notes }
  - id: write
    type: task
    data: { name: write, description: "Write about {topic}", human_input: true }
edges:
  - { source: researcher, target: look-up }
  - { source: researcher, target: write }
`;
const FAULTY_NODE = 'task write: 1 at fault';

const heading = (name: string): Locator => page.getByRole('heading', { name, exact: false, level: 1 });
/** The state beside the heading of a run. */
const state = (word: string): Locator => page.locator('header .badge', { hasText: new RegExp(`^${word}$`) });
const taskNode = (name: string): Locator => page.getByRole('group').getByLabel(name);
const runIdOf = (): string => new URL(page.url()).pathname.split('/').at(-1) ?? '';

/** From a crew's page to the page of a new run. */
async function start(topic: string): Promise<void> {
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByRole('dialog').getByLabel('topic').fill(topic);
  await page.getByRole('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  await page.waitForURL(/\/console\/runs\/\d+$/);
}

async function toTheCrew(): Promise<void> {
  await page.goto('/console/crews');
  await page.getByRole('link', { name: 'Tea house', exact: true }).click();
  await heading('Tea house').waitFor();
}

describe('a person at the console', () => {
  it('is told when the password is wrong, and signs in', async () => {
    await page.goto('/console');
    await page.getByLabel('E-mail').fill(stack.api.admin.email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await signIn(page, stack.api.admin);
  });

  it('writes a crew as YAML, sees it drawn and the node at fault marked, and mends it', async () => {
    await page.getByRole('link', { name: 'Crews' }).click();
    await page.getByRole('button', { name: 'New crew' }).click();
    await page.getByLabel('Notation').selectOption('yaml');
    const text = page.getByLabel('The crew as text');
    await text.fill(CREW);
    await taskNode(FAULTY_NODE).waitFor();
    expect(await page.locator('#crew-faults').textContent()).toContain('expected_output');
    await page
      .locator('#crew-faults')
      .getByRole('button', { name: /^Line 1\d$/ })
      .first()
      .click();
    const at = await page.evaluate('getSelection().toString()');
    expect(at).toContain('human_input');
    await text.fill(CREW.replace('human_input: true', 'expected_output: a text, human_input: true'));
    await page.getByText('Valid', { exact: true }).waitFor();
  });

  it('draws an arrow from one task to the other, and saves', async () => {
    const from = taskNode('task look-up').locator('.react-flow__handle.source');
    const to = taskNode('task write').locator('.react-flow__handle.target');
    await from.dragTo(to);
    await until('the arrow stands in the text', async () =>
      (await page.getByLabel('The crew as text').inputValue()).includes('source: look-up'),
    );
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('saved as version 2').waitFor();
    await heading('Tea house').waitFor();
  });

  it('starts it, sees its tasks turn and the text appear while the model speaks', async () => {
    const told = 'Tea is a drink. It is made of leaves.';
    stack.model.script([
      slowly(told, { chunks: 12, chunkMs: 800 }),
      says('A text about tea.'),
      says('A better text.'),
    ]);
    await page.getByRole('tab', { name: 'drawing' }).click();
    await start('tea');
    await taskNode('look-up: running').click();
    const written = page.getByRole('region', { name: 'Being written' });
    await written.getByText(/Tea/).waitFor();
    expect(await written.textContent()).not.toContain(told);
    await taskNode('look-up: completed').waitFor();
    await page.getByLabel('Task look-up').getByRole('paragraph').filter({ hasText: told }).waitFor();
    await state('waiting').waitFor();
  });

  it('answers its question from the inbox, and sees the result', async () => {
    await page.getByRole('link', { name: /^Inbox/ }).click();
    const question = page.getByRole('article').filter({ hasText: 'A text about tea.' });
    await question.getByLabel('Your answer').fill('shorter');
    await question.getByRole('button', { name: 'Answer' }).click();
    const again = page.getByRole('article').filter({ hasText: 'A better text.' });
    await again.getByRole('link', { name: /^run/ }).click();
    await page.getByRole('button', { name: 'Accept it', exact: true }).click();
    await state('completed').waitFor();
    await page.getByRole('tab', { name: 'result' }).click();
    await page.getByLabel('This run').getByText('A better text.', { exact: true }).waitFor();
    stack.model.assertDone();
  });

  it('replays it from its second task with other inputs, beside the old result', async () => {
    const before = runIdOf();
    stack.model.script([says('A text about coffee.')]);
    await page.getByRole('tab', { name: 'graph' }).click();
    await taskNode('write: completed').click();
    await page.getByRole('button', { name: 'replay from here …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Inputs').fill('{ "topic": "coffee" }');
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.waitForURL((url) => /\/runs\/\d+$/.test(url.pathname) && !url.pathname.endsWith(`/${before}`));
    await page.getByRole('button', { name: 'Accept it', exact: true }).click();
    await state('completed').waitFor();
    await page.getByRole('tab', { name: 'result' }).click();
    await page.getByLabel('The run before').getByText('A better text.', { exact: true }).waitFor();
    await page.getByLabel('This run').getByText('A text about coffee.', { exact: true }).waitFor();
    stack.model.assertDone();
  });

  it('cancels a run, and the model is left alone', async () => {
    stack.model.script([hangs()]);
    await toTheCrew();
    const asked = stack.model.requests.length;
    await start('water');
    await taskNode('look-up: running').waitFor();
    const call = await stack.model.waitForRequest(asked + 1);
    await page.getByRole('button', { name: 'cancel', exact: true }).click();
    await state('cancelled').waitFor();
    await call.ended;
    expect(stack.model.requests).toHaveLength(asked + 1);
  });

  it('is told when the API is gone, and misses nothing when it is back', async () => {
    stack.model.script([
      slowly('Milk, in many words', { chunks: 16, chunkMs: 500 }),
      says('A text about milk.'),
    ]);
    await toTheCrew();
    await start('milk');
    await taskNode('look-up: running').waitFor();
    await page.getByRole('tab', { name: 'log' }).click();
    await api.kill();
    await page.getByText('The connection is lost').waitFor();
    api = await startApiProcess(stack, Number(new URL(api.url).port));
    await page.getByText('live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Accept it', exact: true }).click();
    await state('completed').waitFor();
    const seqs = await page.locator('.log__seq').allTextContents();
    const numbers = seqs.map(Number).toSorted((one, other) => one - other);
    expect(numbers.at(-1)).toBeGreaterThan(10);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => (numbers[0] ?? 0) + at));
    stack.model.assertDone();
  });

  it('takes the crew away as a CrewAI project, and brings it back', async () => {
    await toTheCrew();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export JSON' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('Tea-house.json');
    await page.getByRole('link', { name: 'Crews' }).click();
    await page.getByRole('button', { name: 'Import' }).click();
    const buffer = await readFile(await file.path());
    await page
      .getByLabel('Files')
      .setInputFiles({ name: file.suggestedFilename(), mimeType: 'application/json', buffer });
    await page.getByRole('dialog').getByRole('button', { name: 'Import' }).click();
    await page.getByRole('dialog').getByRole('link', { name: 'Tea house' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    expect(await page.getByRole('link', { name: 'Tea house', exact: true }).count()).toBe(2);
  });

  it('sees two versions side by side, and goes back to one', async () => {
    await page.getByRole('link', { name: 'Tea house', exact: true }).last().click();
    await page.getByRole('tab', { name: 'versions' }).click();
    const beside = page.getByRole('region', { name: 'Both versions side by side' });
    await beside.getByText('name: A new crew').waitFor();
    await beside.getByText('name: Tea house').waitFor();
    await page.getByRole('button', { name: 'Restore 1' }).click();
    await heading('A new crew').waitFor();
  });

  it('signs out, and is shown nothing any more', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail').waitFor();
    await page.goto('/console/crews');
    await page.getByLabel('E-mail').waitFor();
    expect(shown.problems).toEqual([]);
  });
});
