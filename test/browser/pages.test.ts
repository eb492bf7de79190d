import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { buildConsole } from '../../src/embedded/console-build.ts';
import { says, slowly } from '../support/scripted-replies.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';
import { openPage, signIn, startChromium, type WatchedPage } from './chromium.ts';

/**
 * Every page, wide and narrow, light and dark: nothing that axe finds, nothing wider than the screen, no error.
 * With MUSTER_SCREENSHOTS=docs/console the pictures of the documentation are made anew.
 */

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const LOOKS = [1280, 375].flatMap((width) =>
  (['light', 'dark'] as const).map((scheme) => ({ width, scheme })),
);

let stack: TestStack;
let browser: Browser;
/** Addresses of the pages, by their names. */
let pages: Record<string, string>;
const screenshots = process.env['MUSTER_SCREENSHOTS'];

const idOf = (body: unknown): string =>
  String(z.looseObject({ id: z.union([z.string(), z.int()]) }).parse(body).id);
const made = async (path: string, body: unknown): Promise<unknown> => {
  const answer = await stack.call('POST', path, body);
  if (answer.status >= 300)
    throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

const NEWSROOM = {
  name: 'Newsroom',
  description: 'Researches a topic, weighs what was found, writes about it and has it looked at',
  nodes: [
    { id: 'crew', type: 'crew', data: { process: 'graph' } },
    {
      id: 'researcher',
      type: 'agent',
      data: { role: 'Researcher', goal: 'Know about {topic}', backstory: 'Curious' },
    },
    { id: 'writer', type: 'agent', data: { role: 'Writer', goal: 'Write well', backstory: 'Exact' } },
    { id: 'calculator', type: 'tool', data: { name: 'calculator' } },
    {
      id: 'sources',
      type: 'task',
      data: { name: 'sources', description: 'Find sources on {topic}', expected_output: 'notes' },
    },
    {
      id: 'figures',
      type: 'task',
      data: { name: 'figures', description: 'Collect figures on {topic}', expected_output: 'a table' },
    },
    {
      id: 'draft',
      type: 'task',
      data: { name: 'draft', description: 'Write about {topic}', expected_output: 'a text' },
    },
    {
      id: 'review',
      type: 'task',
      data: { name: 'review', description: 'Make it shorter', expected_output: 'a text', human_input: true },
    },
  ],
  edges: [
    { source: 'researcher', target: 'sources' },
    { source: 'researcher', target: 'figures' },
    { source: 'writer', target: 'draft' },
    { source: 'writer', target: 'review' },
    { source: 'calculator', target: 'researcher' },
    { source: 'sources', target: 'draft' },
    { source: 'figures', target: 'draft' },
    { source: 'draft', target: 'review' },
  ],
};

/** A run that waits for a person, one that is over, one at work; an agent elsewhere that asks. */
async function furnish(): Promise<Record<string, string>> {
  const graphId = idOf(await made('/api/v1/graphs', NEWSROOM));
  await stack.call('PATCH', `/api/v1/graphs/${graphId}`, { description: `${NEWSROOM.description}.` });
  stack.model.when(/coffee/i, [
    says('- **Sources**: three of them'),
    says('| year | bags |\n|---|---|\n| 2025 | 170 m |'),
    says('# Coffee\nA drink of many people.'),
    says('Coffee: a drink of many people.'),
  ]);
  stack.model.when(/\btea\b/i, [
    says('Two sources'),
    says('Figures'),
    says('A draft on tea'),
    says('Tea, in short.'),
  ]);
  const spoken = 'Rain, told at length. '.repeat(20);
  stack.model.when(/\brain\b/i, [slowly(spoken, { chunks: 100, chunkMs: 4_000 }), says('Figures on rain')]);
  await stack.startWorker();
  const start = async (topic: string): Promise<string> =>
    idOf(await made(`/api/v1/graphs/${graphId}/execute`, { inputs: { topic }, tags: ['demo'] }));
  const [finished, waiting, working] = [await start('coffee'), await start('tea'), await start('rain')];
  const isAt = async (id: string, status: string): Promise<boolean> =>
    z.looseObject({ status: z.string() }).parse((await stack.call('GET', `/api/v1/executions/${id}`)).body)
      .status === status;
  await until('two runs wait', async () => (await isAt(finished, 'waiting')) && isAt(waiting, 'waiting'));
  const { body } = await stack.call('GET', `/api/v1/executions/${finished}/questions`);
  const [question] = z.array(z.looseObject({ id: z.string() })).parse(body);
  await made(`/api/v1/questions/${question?.id}/answer`, { answer: '' });
  await until('one run is over', () => isAt(finished, 'completed'));
  const scheduleId = idOf(
    await made('/api/v1/schedules', {
      name: 'Morning news',
      graph_id: graphId,
      inputs: { topic: 'weather' },
      cron: '0 7 * * 1-5',
      timezone: 'Europe/Berlin',
    }),
  );
  const webhookId = idOf(
    await made('/api/v1/webhooks', {
      url: 'https://example.com/hooks/muster',
      events: ['workflow_*', 'question_asked'],
      description: 'The chat of the newsroom',
    }),
  );
  await made(`/api/v1/webhooks/${webhookId}/test`, {});
  await made('/api/v1/api-keys', { name: 'build server', scopes: ['read', 'write'] });
  await made('/api/v1/users', {
    email: 'editor@example.com',
    password: 'a long enough password',
    name: 'Editor',
  });
  const instanceId = randomUUID();
  const say = (content: string, more: object = {}): Promise<unknown> =>
    made('/api/v1/messages/agent', {
      agent_instance_id: instanceId,
      agent_type: 'coder',
      name: 'Refactoring',
      content,
      ...more,
    });
  await say('I have read the module and begin with **its tests**.');
  await say('Shall I push the branch?', {
    requires_user_input: true,
    message_metadata: { question: { options: ['Push it', 'Wait'] } },
  });
  return {
    runs: '/runs',
    'run-at-work': `/runs/${working}?task=sources`,
    'run-waiting': `/runs/${waiting}`,
    'run-timeline': `/runs/${finished}?view=timeline`,
    'run-log': `/runs/${finished}?view=log`,
    'run-result': `/runs/${finished}?view=result`,
    inbox: '/inbox',
    crews: '/crews',
    templates: '/crews?view=templates',
    'crew-drawing': `/crews/${graphId}`,
    'crew-editor': `/crews/${graphId}?view=editor`,
    'crew-versions': `/crews/${graphId}?view=versions`,
    agents: '/agents',
    agent: `/agents/${instanceId}`,
    'agents-called': '/agents?view=called',
    schedules: '/schedules',
    schedule: `/schedules/${scheduleId}`,
    keys: '/keys',
    webhooks: '/webhooks',
    webhook: `/webhooks/${webhookId}`,
    statistics: '/statistics',
    users: '/users',
    audit: '/audit',
  };
}

/** What the tests have pages for; `furnish` says where they are. */
const NAMES = [
  'runs',
  'run-at-work',
  'run-waiting',
  'run-timeline',
  'run-log',
  'run-result',
  'inbox',
  'crews',
  'templates',
  'crew-drawing',
  'crew-editor',
  'crew-versions',
  'agents',
  'agent',
  'agents-called',
  'schedules',
  'schedule',
  'keys',
  'webhooks',
  'webhook',
  'statistics',
  'users',
  'audit',
];

beforeAll(async () => {
  await buildConsole();
  if (screenshots !== undefined) await mkdir(screenshots, { recursive: true });
  stack = await startTestStack();
  pages = await furnish();
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await stack?.close();
});

const violationsSchema = z.array(z.object({ id: z.string(), at: z.array(z.string()) }));

async function violations({ page }: WatchedPage): Promise<unknown> {
  await page.evaluate(await axe);
  return violationsSchema.parse(
    await page.evaluate(
      `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) =>
         violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ target }) => target.join(' ')) })))`,
    ),
  );
}

describe.each(LOOKS)('at $width px in $scheme', ({ width, scheme }) => {
  let shown: WatchedPage;
  beforeAll(async () => {
    // axe is a script of the test's own, which the policy would keep out.
    shown = await openPage(browser, stack.api.url, { width, colorScheme: scheme, withoutPolicy: true });
    await shown.page.goto('/console');
    await shown.page.getByLabel('E-mail').waitFor();
    expect(await violations(shown)).toEqual([]);
    await signIn(shown.page, stack.api.admin);
  });
  afterAll(() => shown.context.close());

  it.each(NAMES)('%s is without fault', async (name) => {
    const { page, problems } = shown;
    await page.goto(`/console${pages[name] ?? ''}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('load');
    await until(
      'nothing is on its way any more',
      async () => (await page.getByText(/^Loading /).count()) === 0,
    );
    await page.waitForTimeout(400);
    if (screenshots !== undefined)
      await page.screenshot({ path: join(screenshots, `${name}-${width}-${scheme}.png`) });
    expect(await violations(shown)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(problems).toEqual([]);
  });

  it('is gone through by keyboard alone: past the menu, to a run, along its views', async () => {
    const { page } = shown;
    await page.goto('/console/runs');
    await page.getByRole('link', { name: 'Newsroom' }).first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('To the page');
    await page.keyboard.press('Enter');
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement.textContent')) === 'Newsroom') break;
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/\d+/);
    const first = page.getByRole('tab', { name: 'graph' });
    await first.focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { name: 'timeline' }).getAttribute('aria-selected')).toBe('true');
  });
});
