import { MusterError } from '../../domain/errors.ts';
import type { ApiMiddleware } from '../context.ts';

/** Whether a host name or address (no port) can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
  );
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

/**
 * The guard of `--no-auth`: a page from elsewhere must not reach the open API through somebody's browser, be it
 * directly (its Origin tells) or by a DNS name that points here (its Host tells).
 */
export function loopbackOnly(): ApiMiddleware {
  return async (ctx, next) => {
    const origin = ctx.get('Origin');
    const fromHere = isLoopback(hostOf(`http://${ctx.req.headers.host ?? ''}`));
    if (!fromHere || (origin !== '' && !isLoopback(hostOf(origin)))) {
      throw new MusterError('FORBIDDEN', 'Without authentication this API answers only to this machine');
    }
    await next();
  };
}
