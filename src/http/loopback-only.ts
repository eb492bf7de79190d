import type Koa from 'koa';
import { MusterError } from '../domain/errors.ts';

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

/** What a browser says of requests that the API's own pages make, or a person by the address bar or a bookmark. */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

/**
 * Whether a browser says that another page asks: also one of this machine, on another port. A link from there may be
 * followed, as that shows its answer to nobody but the person. Programs say nothing.
 */
function isOfAnotherPage(ctx: Koa.ParameterizedContext): boolean {
  const site = ctx.get('Sec-Fetch-Site');
  if (site === '' || OWN_SITES.has(site)) return false;
  const opensPage = ctx.get('Sec-Fetch-Mode') === 'navigate' && ctx.get('Sec-Fetch-Dest') === 'document';
  return !(opensPage && (ctx.method === 'GET' || ctx.method === 'HEAD'));
}

/**
 * The guard of `--no-auth`: no page but the API's own must reach the open API through somebody's browser, be it directly
 * (its Origin tells, and Sec-Fetch-Site) or by a DNS name that points here (its Host tells).
 * @param mayUse whether pages of this origin were allowed by a setting
 */
export function loopbackOnly(
  mayUse: (ctx: Koa.ParameterizedContext, origin: string) => boolean,
): Koa.Middleware {
  return async (ctx, next) => {
    const host = ctx.req.headers.host ?? '';
    const origin = ctx.get('Origin');
    if (!isLoopback(hostOf(`http://${host}`)) || (origin !== '' && !isLoopback(hostOf(origin)))) {
      throw new MusterError('FORBIDDEN', 'Without authentication this API answers only to this machine');
    }
    const isListed = origin !== '' && mayUse(ctx, origin);
    const isOwn =
      origin === '' ? !isOfAnotherPage(ctx) : URL.parse(origin)?.host === URL.parse(`http://${host}`)?.host;
    if (!isListed && !isOwn) {
      throw new MusterError(
        'FORBIDDEN',
        'Without authentication this API answers to no page but its own; CORS_ORIGINS names others',
      );
    }
    await next();
  };
}
