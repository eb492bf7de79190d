import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { buildConsole } from '../../src/embedded/console-build.ts';
import { callsTool, says } from '../support/scripted-replies.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';
import { openPage, signIn, startChromium, type WatchedPage } from './chromium.ts';
import { PAYLOADS } from './payloads.ts';

/**
 * Script that somebody stored, in every text a page shows, with the Content-Security-Policy switched off: it is the
 * pages that must not run it, the policy is for what they overlook.
 */

let stack: TestStack;
let browser: Browser;
let shown: WatchedPage;
let page: Page;
let runId: number;
let graphId: string;
let webhookIds: string[];
const instanceId = randomUUID();

/** A name may be no longer than this, of whatever it is. */
const name = (payload: string): string => payload.replaceAll(/\s+/g, ' ').slice(0, 100);

async function made(method: string, path: string, body: unknown): Promise<unknown> {
  const answer = await stack.call(method, path, body);
  if (answer.status >= 300)
    throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

const idOf = (body: unknown): string =>
  String(z.looseObject({ id: z.union([z.string(), z.int()]) }).parse(body).id);

/** In turns of ten: as fast as the API takes them. */
async function forEachPayload(work: (payload: string, number: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < PAYLOADS.length; from += 10)
    await Promise.all(PAYLOADS.slice(from, from + 10).map((payload, at) => work(payload, from + at)));
}

/** A crew of a task for each payload, in its agent's role, its name, its description and its output. */
async function runCrew(): Promise<void> {
  const nodes = PAYLOADS.flatMap((payload, number) => [
    {
      id: `agent-${number}`,
      type: 'agent',
      data: { role: payload, goal: payload, backstory: payload, tools: ['hello_world'] },
    },
    {
      id: `task-${number}`,
      type: 'task',
      data: { name: payload, description: `number ${number}: ${payload}`, expected_output: payload },
    },
  ]);
  const edges = PAYLOADS.map((_, number) => ({ source: `agent-${number}`, target: `task-${number}` }));
  const crew = { id: 'crew', type: 'crew', data: { process: 'graph' } };
  const graph = { name: name(PAYLOADS[0] ?? ''), description: PAYLOADS[1], nodes: [crew, ...nodes], edges };
  graphId = idOf(await made('POST', '/api/v1/graphs', graph));
  stack.model.always((request) => {
    const told = request.messages.map(({ content }) => content ?? '').join('\n');
    const payload = PAYLOADS[Number(/number (\d+):/.exec(told)?.[1] ?? 0)] ?? '';
    const hasGreeted = request.messages.some(({ role }) => role === 'tool');
    return hasGreeted ? says(payload) : callsTool('hello_world', { name: payload });
  });
  await stack.startWorker();
  const started = await made('POST', `/api/v1/graphs/${graphId}/execute`, {
    inputs: {},
    tags: [name(PAYLOADS[15] ?? '')],
  });
  runId = Number(idOf(started));
  await until(
    'the run has ended',
    async () => {
      const { body } = await stack.call('GET', `/api/v1/executions/${runId}/status`);
      return z.looseObject({ status: z.string() }).parse(body).status === 'completed';
    },
    120_000,
  );
}

beforeAll(async () => {
  await buildConsole();
  stack = await startTestStack();
  await runCrew();
  await made('POST', '/api/v1/messages/agent', {
    agent_instance_id: instanceId,
    agent_type: name(PAYLOADS[16] ?? ''),
    content: 'begin',
  });
  for (const [number, content] of PAYLOADS.entries())
    await made('POST', '/api/v1/messages/agent', {
      agent_instance_id: instanceId,
      content,
      requires_user_input: number % 10 === 0,
      ...(number % 10 === 0 && { message_metadata: { question: { options: [name(content), 'no'] } } }),
    });
  await forEachPayload((payload, number) =>
    made('POST', '/api/v1/graphs', { name: `${number} ${name(payload)}`, description: payload }),
  );
  await forEachPayload((payload, number) =>
    made('POST', '/api/v1/messages/agent', {
      agent_type: `${number} ${name(payload)}`.slice(0, 100),
      content: payload,
    }),
  );
  await forEachPayload(async (payload, number) => {
    await made('POST', '/api/v1/api-keys', { name: `${number} ${name(payload)}`.slice(0, 100) });
    await made('POST', '/api/v1/users', {
      email: `person-${number}@example.com`,
      password: 'a long enough password',
      name: name(payload),
    });
    await made('POST', '/api/v1/schedules', {
      name: `${number} ${name(payload)}`.slice(0, 100),
      graph_id: graphId,
      cron: '0 7 * * *',
      paused: true,
    });
  });
  webhookIds = await Promise.all(
    PAYLOADS.slice(0, 20).map(async (payload) =>
      idOf(
        await made('POST', '/api/v1/webhooks', {
          url: `https://example.com/?${encodeURIComponent(payload)}`,
          events: ['*'],
          description: payload,
        }),
      ),
    ),
  );
  browser = await startChromium();
  shown = await openPage(browser, stack.api.url, { withoutPolicy: true });
  ({ page } = shown);
  await page.addInitScript('window.ran = []; window.__ran = (number) => { window.ran.push(number); };');
  await signIn(page, stack.api.admin);
});
afterAll(async () => {
  await browser?.close();
  await stack?.close();
});

/** Waits for what a page shows, presses everything a text could have made pressable, and asks what ran. */
async function look(path: string, sight: string): Promise<void> {
  await page.goto(`/console${path}`);
  await page.getByText(sight).first().waitFor();
  // What a page leaves to a pointer or to the focus is asked for too.
  await page.evaluate(
    `for (const one of document.querySelectorAll('main *')) {
       one.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
       if (one.matches('.markdown *')) one.click();
     }`,
  );
  await page.waitForTimeout(300);
  expect([path, await page.evaluate('window.ran')]).toEqual([path, []]);
  const leads = await page.evaluate(
    `[...document.querySelectorAll('[href], [src], [action]')].map((one) =>
       one.getAttribute('href') ?? one.getAttribute('src') ?? one.getAttribute('action'))
       .filter((to) => !/^(\\/|\\.\\/|https?:|#)/.test(to))`,
  );
  expect([path, leads]).toEqual([path, []]);
  // Of an inert link one sees where it leads; nobody has gone there.
  expect([path, shown.problems]).toEqual([path, []]);
}

describe('a hundred stored scripts', () => {
  it('are a hundred', () => {
    expect(new Set(PAYLOADS).size).toBe(100);
  });

  it('would run in a page that showed them as HTML', async () => {
    const probe = await openPage(browser, stack.api.url, { withoutPolicy: true });
    await probe.page.addInitScript(
      'window.ran = []; window.__ran = (number) => { window.ran.push(number); };',
    );
    await probe.page.goto('/livez');
    await probe.page.evaluate(
      (all) => {
        const place: { innerHTML: string } = Reflect.get(globalThis, 'document').body;
        place.innerHTML = all.join('\n');
      },
      PAYLOADS.slice(15, 40),
    );
    await probe.page.waitForTimeout(300);
    const ran = z.array(z.int()).parse(await probe.page.evaluate('window.ran'));
    expect(ran.length).toBeGreaterThan(5);
    await probe.context.close();
  });

  it.each(['graph', 'timeline', 'log', 'result'])('never run in the %s of a run', async (view) => {
    await look(`/runs/${runId}?view=${view}`, '__ran');
  });

  it('never run in what is told about each task', async () => {
    for (const [number] of PAYLOADS.entries())
      await look(`/runs/${runId}?view=log&task=task-${number}`, '__ran');
  });

  it('never run in the lists of runs, crews and agents, nor in the inbox', async () => {
    for (const path of [
      '/runs',
      '/inbox',
      '/crews',
      '/crews?page=2',
      '/crews?page=3',
      '/agents',
      '/agents?page=2',
    ])
      await look(path, '__ran');
    await look(`/agents/${instanceId}`, '__ran');
  });

  it('never run in schedules, keys, webhooks, people and the audit trail', async () => {
    for (const path of ['/schedules', '/keys', '/webhooks', '/users', '/audit'])
      await look(path, path === '/audit' ? 'Audit' : '__ran');
    for (const id of webhookIds.slice(15)) await look(`/webhooks/${id}`, '__ran');
  });

  it.each(['drawing', 'editor', 'versions'])('never run in the %s of a crew', async (view) => {
    await look(`/crews/${graphId}?view=${view}`, view === 'versions' ? 'Version' : '__ran');
  });

  it('never run in what is said about a file that cannot be read', async () => {
    await page.goto('/console/crews');
    await page.getByRole('button', { name: 'Import' }).click();
    const dialog = page.getByRole('dialog');
    for (const payload of PAYLOADS.slice(15, 20)) {
      const file = `${payload.replaceAll('/', '-')}.json`;
      await page
        .getByLabel('Files')
        .setInputFiles({ name: file, mimeType: 'application/json', buffer: Buffer.from('{"nodes": [') });
      await dialog.getByRole('button', { name: 'Import' }).click();
      await dialog.getByText(file).waitFor();
    }
    expect(await page.evaluate('window.ran')).toEqual([]);
  });
});
