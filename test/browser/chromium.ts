import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** The browser of `npm run test:browser`: a Chromium of the machine, without a window. */

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** @returns the program to start: what MUSTER_TEST_BROWSER names, else the first Chromium of the PATH */
async function findChromium(): Promise<string> {
  const named = process.env['MUSTER_TEST_BROWSER'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const path of folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new Error(
    'No Chromium was found: install one (apt-get install chromium) or name it in MUSTER_TEST_BROWSER',
  );
}

export async function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await findChromium(),
    // As root, in a container, there is no sandbox to be had.
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--enable-precise-memory-info',
    ],
  });
}

/** A page that keeps what went wrong in it. */
export interface WatchedPage {
  page: Page;
  context: BrowserContext;
  /** Errors of scripts and of the console; requests to elsewhere. Lost connections are not among them. */
  problems: string[];
}

interface PageOptions {
  width?: number;
  colorScheme?: 'light' | 'dark';
  /** Lets scripts in that the Content-Security-Policy forbids: what then runs was never kept out by us. */
  withoutPolicy?: boolean;
}

/** @param origin the API under test: a request to anywhere else is a problem */
export async function openPage(
  browser: Browser,
  origin: string,
  options: PageOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width: options.width ?? 1280, height: 800 },
    colorScheme: options.colorScheme ?? 'light',
    reducedMotion: 'reduce',
    bypassCSP: options.withoutPolicy ?? false,
    acceptDownloads: true,
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // A refused request is the API's word, and the page says it; a script that breaks is ours.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url());
    if (protocol !== 'blob:' && protocol !== 'data:' && to !== origin)
      problems.push(`asked ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, context, problems };
}

/** Signs in the way a person does. */
export async function signIn(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.goto('/console');
  await page.getByLabel('E-mail').fill(who.email);
  await page.getByLabel('Password').fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
}
