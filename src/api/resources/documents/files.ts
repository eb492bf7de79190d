import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { ApiContext } from '../../context.ts';

/** A file as a browser gets it. */
export interface BrowserFile {
  body: string | Buffer;
  /** A file ending or MIME type, as Koa's `ctx.type` takes it. */
  type: string;
  /** Seconds a browser may keep it without asking again; it asks with the ETag afterwards. */
  maxAgeSeconds: number;
}

/** Sends a file with caching headers, or 304 when the browser has it already. */
export function sendFile(ctx: ApiContext, file: BrowserFile): void {
  ctx.status = 200;
  ctx.type = file.type;
  ctx.etag = createHash('sha256').update(file.body).digest('base64url').slice(0, 27);
  ctx.set('Cache-Control', file.maxAgeSeconds === 0 ? 'no-cache' : `public, max-age=${file.maxAgeSeconds}`);
  if (ctx.fresh) ctx.status = 304;
  else ctx.body = file.body;
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
