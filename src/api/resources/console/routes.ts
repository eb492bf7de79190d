import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MusterError, notFound } from '../../../domain/errors.ts';
import { hasCode } from '../../../domain/system-error.ts';
import type { ApiContext } from '../../context.ts';
import { definePage, type AnyRoute } from '../../define-route.ts';
import { browserFile, once, sendFile, type BrowserFile } from '../documents/files.ts';

/** Where `npm start`, `npm run build-console` and the image put the built console. */
const BUILT = fileURLToPath(new URL('../../../../dist/console', import.meta.url));

/**
 * Everything from our own server, as files: nothing inline is run, and no style but those of its files (what React sets
 * on an element is no text of the page). The layouter of graphs is a worker.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** One page answers for every address of the console: its own router shows what the address names. */
const PAGE_PATHS = ['', '/{page}', '/{page}/{id}', '/{page}/{id}/{part}'].map((path) => `/console${path}`);

/** The console's files. They are read when they are first asked for, compressed once, and kept. */
export function consoleRoutes(folder: string = BUILT): AnyRoute[] {
  const index = once(async () =>
    browserFile(await readBuilt(join(folder, 'index.html')), { type: 'html', keeping: 'ask' }),
  );
  const icon = once(async () =>
    browserFile(await readBuilt(join(folder, 'icon.svg')), {
      type: 'svg',
      keeping: { maxAgeSeconds: 86_400 },
    }),
  );
  const asset = assets(join(folder, 'assets'));
  const page = async (ctx: ApiContext): Promise<void> => {
    ctx.set('Content-Security-Policy', POLICY);
    sendFile(ctx, await index());
  };
  return [
    ...PAGE_PATHS.map((path) => definePage(path, page)),
    definePage('/console/icon.svg', async (ctx) => sendFile(ctx, await icon())),
    definePage('/console/assets/{file}', async (ctx) => {
      // A worker is held to the policy of its own file.
      ctx.set('Content-Security-Policy', POLICY);
      sendFile(ctx, await asset(ctx.path.slice('/console/assets/'.length)));
    }),
  ];
}

async function readBuilt(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new MusterError(
      'NOT_FOUND',
      'The console has not been built. On the server: npm run build-console (npm start does it by itself)',
    );
  }
}

/** The folder is read anew for an unknown name no more often than this. */
const LOOK_MS = 1_000;

/** @returns what gives an asset by its name, and 404 for every name that is none of them */
function assets(folder: string): (name: string) => Promise<BrowserFile> {
  const known = new Map<string, () => Promise<BrowserFile>>();
  let lookedAt = -Infinity;
  return async (name) => {
    if (!known.has(name) && performance.now() - lookedAt > LOOK_MS) await look();
    const file = known.get(name);
    if (file === undefined) throw notFound('file');
    return file();
  };

  /** Names come from the folder, never from the request: there is no way out of it. */
  async function look(): Promise<void> {
    const names = await readdir(folder).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
    lookedAt = performance.now();
    for (const name of names.filter((one) => !known.has(one))) {
      const type = extname(name);
      const read = async () => browserFile(await readFile(join(folder, name)), { type, keeping: 'forever' });
      known.set(name, once(read));
    }
  }
}
