import { createHash } from 'node:crypto';
import { MusterError } from '../../domain/errors.ts';
import type { ApiContext, ApiMiddleware } from '../context.ts';
import { ERROR_STATUS, toMusterError } from '../errors.ts';
import { addressGroup, limitHeaders, type LimitPolicy, type RateLimits } from '../rate-limits.ts';

/** What is not a call to the API: probes, documents, pages. */
const FREE = new Set(['/', '/health', '/livez', '/readyz', '/docs', '/redoc', '/openapi.json', '/metrics']);
const FREE_FOLDERS = ['/docs/', '/redoc/', '/console/'];
/** Where passwords and tokens could be guessed. */
const REGISTER = '/api/v1/auth/register';
const GUESSABLE = new Set(['/api/v1/auth/login', REGISTER, '/api/v1/auth/refresh']);

const plainPath = (path: string): string => path.replace(/(?<=.)\/$/, '');

/** Whether calls to this path count, be they answered or refused. */
export function isLimited(path: string): boolean {
  const plain = plainPath(path);
  return !FREE.has(plain) && plain !== '/console' && !FREE_FOLDERS.some((folder) => path.startsWith(folder));
}

/**
 * Counts calls by IP, before anybody looks at credentials: also those that lead nowhere. A stream is one call, for
 * as long as it lasts.
 */
export function rateLimit(limits: RateLimits): ApiMiddleware {
  return async (ctx, next) => {
    const address = addressGroup(ctx.ip);
    if (!isLimited(ctx.path)) return refusedCounts(ctx, limits, address, next);
    await count(ctx, limits, 'default', address);
    const opensSocket = plainPath(ctx.path) === '/ws' && ctx.get('Upgrade') !== '';
    if (opensSocket) await count(ctx, limits, 'websocket', address);
    if (GUESSABLE.has(plainPath(ctx.path))) await count(ctx, limits, 'auth', address);
    if (plainPath(ctx.path) === REGISTER && ctx.method === 'POST')
      await count(ctx, limits, 'register', address);
    await next();
  };
}

/** What is free is what is there: a path, method or token that is refused was a try like any other. */
async function refusedCounts(
  ctx: ApiContext,
  limits: RateLimits,
  address: string,
  next: () => Promise<unknown>,
): Promise<void> {
  try {
    await next();
  } catch (error) {
    if (ERROR_STATUS[toMusterError(error).code] < 500) await count(ctx, limits, 'default', address);
    throw error;
  }
}

/** @throws {MusterError} 429 when this is one too many. */
async function count(ctx: ApiContext, limits: RateLimits, policy: LimitPolicy, key: string): Promise<void> {
  const state = await limits.take(policy, key);
  if (state === undefined) return;
  ctx.state.limits = [...(ctx.state.limits ?? []), state];
  ctx.set(limitHeaders(ctx.state.limits));
  if (state.allowed) return;
  throw new MusterError('RATE_LIMITED', `Too many requests; try again in ${state.resetSeconds} seconds`, {
    details: { limit: state.quota, window_seconds: state.windowSeconds, policy },
    retryAfterSeconds: state.resetSeconds,
  });
}

/**
 * Lets an attempt at an account's password go on, unless this IP has been wrong about it too often. Attempts under
 * way count as wrong ones, so that many at once are no way around.
 * @param account the name as it was given, known or not: the answer must not tell
 */
export async function countAttempt<T>(
  ctx: ApiContext,
  limits: RateLimits,
  account: string,
  attempt: () => Promise<T>,
): Promise<T> {
  const name = createHash('sha256').update(account.trim().toLowerCase()).digest('base64url').slice(0, 22);
  const key = `${addressGroup(ctx.ip)}/${name}`;
  await count(ctx, limits, 'login', key);
  try {
    const result = await attempt();
    await limits.giveBack('login', key);
    return result;
  } catch (error) {
    if (toMusterError(error).code !== 'UNAUTHENTICATED') await limits.giveBack('login', key);
    throw error;
  }
}
