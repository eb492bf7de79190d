import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ApiContext } from '../../context.ts';

/** A file as a browser gets it. */
export interface BrowserFile {
  body: Buffer;
  /** The same compressed; undefined where that makes nothing smaller. */
  gzipped: Buffer | undefined;
  etag: string;
  /** A file ending or MIME type, as Koa's `ctx.type` takes it. */
  type: string;
  /** Value of Cache-Control. */
  cache: string;
}

/** To be asked for again each time, or kept for so many seconds, or for good since its name changes with what is in it. */
export type Keeping = 'ask' | 'forever' | { maxAgeSeconds: number };

const cacheControl = (keeping: Keeping): string => {
  if (keeping === 'ask') return 'no-cache';
  if (keeping === 'forever') return 'public, max-age=31536000, immutable';
  return `public, max-age=${keeping.maxAgeSeconds}`;
};

const compress = promisify(gzip);
/** Types that are small already. */
const DENSE = /png|woff2|jpe?g|webp/;

/** Makes what is sent, once: a large file is compressed and hashed one time, not for each reader. */
export async function browserFile(
  content: string | Buffer,
  { type, keeping }: { type: string; keeping: Keeping },
): Promise<BrowserFile> {
  const body = Buffer.isBuffer(content) ? content : Buffer.from(content);
  const gzipped = DENSE.test(type) ? undefined : await compress(body, { level: 9 });
  return {
    body,
    gzipped: gzipped !== undefined && gzipped.length < body.length ? gzipped : undefined,
    etag: createHash('sha256').update(body).digest('base64url').slice(0, 27),
    type,
    cache: cacheControl(keeping),
  };
}

/** Sends a file with caching headers, or 304 when the browser has it already. */
export function sendFile(ctx: ApiContext, file: BrowserFile): void {
  const packed = file.gzipped !== undefined && ctx.acceptsEncodings('gzip', 'identity') === 'gzip';
  ctx.status = 200;
  ctx.type = file.type;
  ctx.vary('Accept-Encoding');
  // Weak: compressed or not, it is the same file.
  ctx.etag = `W/"${file.etag}"`;
  ctx.set('Cache-Control', file.cache);
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  if (packed) ctx.set('Content-Encoding', 'gzip');
  ctx.body = packed ? file.gzipped : file.body;
}

const require = createRequire(import.meta.url);

/** Reads a file of an installed package, such as `redoc/bundles/redoc.standalone.js`. */
export const readPackageFile = (name: string): Promise<Buffer> => readFile(require.resolve(name));

/** Runs `make` at the first call and answers from memory afterwards; a failure is not remembered. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    made ??= make();
    try {
      return await made;
    } catch (error) {
      made = undefined;
      throw error;
    }
  };
}
