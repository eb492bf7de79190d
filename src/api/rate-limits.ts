import { isIP, isIPv4 } from 'node:net';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { Settings } from '../config.ts';
import type { Sql } from '../persistence/sql.ts';
import type { Logger } from '../telemetry/logger.ts';

/**
 * What is counted. `default`: calls of an IP. `auth`: its logins, registrations and refreshes. `login`: its wrong
 * attempts at one account. `register`: its registrations in an hour. `websocket`: its new WebSocket connections.
 */
export type LimitPolicy = 'default' | 'auth' | 'login' | 'register' | 'websocket';

const POLICIES = ['default', 'auth', 'login', 'register', 'websocket'] as const;
const WINDOW_SECONDS: Record<LimitPolicy, number> = {
  default: 60,
  auth: 60,
  login: 60,
  register: 3_600,
  websocket: 60,
};
const REGISTRATIONS_PER_HOUR = 20;
const AUTH_PER_MINUTE = 20;
const WRONG_LOGINS_PER_MINUTE = 5;
/** A store that takes longer than this is away; so long is it left alone then. */
const STORE_TIMEOUT_MS = 1_000;
const STORE_AWAY_MS = 5_000;

/** Where a caller stands with one limit. */
export interface LimitState {
  policy: LimitPolicy;
  /** Whether this call is still within it. */
  allowed: boolean;
  quota: number;
  windowSeconds: number;
  remaining: number;
  /** Seconds until the window ends and everything is there again. */
  resetSeconds: number;
}

/** Counts calls. Never throws: without its store it counts in memory. */
export interface RateLimits {
  /** Counts one. @returns undefined when this limit is off. */
  take(policy: LimitPolicy, key: string): Promise<LimitState | undefined>;
  /** Takes one back that turned out not to count. */
  giveBack(policy: LimitPolicy, key: string): Promise<void>;
}

/**
 * @param shared the database, when several processes answer for one address; otherwise the counts stay in memory
 */
export function createRateLimits(deps: { settings: Settings; logger: Logger; shared?: Sql }): RateLimits {
  const { RATE_LIMIT_PER_MINUTE: perMinute, WS_CONNECTIONS_PER_MINUTE } = deps.settings;
  const quotas: Record<LimitPolicy, number> = {
    default: perMinute,
    auth: perMinute === 0 ? 0 : AUTH_PER_MINUTE,
    login: perMinute === 0 ? 0 : WRONG_LOGINS_PER_MINUTE,
    register: perMinute === 0 ? 0 : REGISTRATIONS_PER_HOUR,
    websocket: WS_CONNECTIONS_PER_MINUTE,
  };
  const counters = new Map<LimitPolicy, Counter>();
  for (const policy of POLICIES) {
    if (quotas[policy] > 0) counters.set(policy, createCounter(policy, quotas[policy], deps));
  }
  return {
    async take(policy, key) {
      const counter = counters.get(policy);
      if (counter === undefined) return undefined;
      const { allowed, result } = await counter((limiter) => limiter.consume(key));
      return {
        policy,
        allowed,
        quota: quotas[policy],
        windowSeconds: WINDOW_SECONDS[policy],
        remaining: Math.max(result.remainingPoints, 0),
        resetSeconds: Math.min(Math.max(Math.ceil(result.msBeforeNext / 1000), 1), WINDOW_SECONDS[policy]),
      };
    },
    async giveBack(policy, key) {
      await counters.get(policy)?.((limiter) => limiter.reward(key));
    },
  };
}

type Use = (limiter: RateLimiterAbstract) => Promise<RateLimiterRes>;
type Counter = (use: Use) => Promise<{ allowed: boolean; result: RateLimiterRes }>;

function createCounter(
  policy: LimitPolicy,
  points: number,
  { shared, logger }: { shared?: Sql; logger: Logger },
): Counter {
  const options = { keyPrefix: policy, points, duration: WINDOW_SECONDS[policy] };
  const memory = new RateLimiterMemory(options);
  const inMemory: Counter = (use) => settled(use(memory));
  if (shared === undefined) return inMemory;
  const store = new RateLimiterPostgres({
    ...options,
    storeClient: clientOf(shared),
    storeType: 'client',
    tableName: 'rate_limits',
    tableCreated: true,
    clearExpiredByTimeout: false,
    // Whoever is over it is refused without asking the database again. Attempts at a login may be given back.
    ...(policy !== 'login' && { inMemoryBlockOnConsumed: points }),
  });
  let awayUntil = 0;
  return async (use) => {
    if (Date.now() < awayUntil) return inMemory(use);
    try {
      return await inTime(settled(use(store)));
    } catch (error) {
      awayUntil = Date.now() + STORE_AWAY_MS;
      logger.warn({ err: error, policy }, 'rate limits are counted in memory: the database does not answer');
      return inMemory(use);
    }
  };
}

/** The library rejects with the count when it is exceeded. */
async function settled(counted: Promise<RateLimiterRes>): ReturnType<Counter> {
  try {
    return { allowed: true, result: await counted };
  } catch (thrown) {
    if (thrown instanceof RateLimiterRes) return { allowed: false, result: thrown };
    throw thrown;
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${STORE_TIMEOUT_MS} ms`)), STORE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Our pool as the library's idea of a client. The pool has names of its own for what it prepares. */
const clientOf = (sql: Sql) => ({
  async query({ text, values }: { text: string; values: unknown[] }) {
    const rows = await sql.query(text, values);
    return { rows, rowCount: rows.length };
  },
});

/**
 * The part of an address that one subscriber has: an IPv4 address, also when written as IPv6, or the first 64 bits
 * of an IPv6 one, whose other half is its owner's to choose.
 */
export function addressGroup(address: string): string {
  // Some proxies send the port along.
  const plain = address
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/%.*$/, '');
  if (isIPv4(plain)) return plain;
  if (isIP(plain) !== 6) return 'unknown';
  // The URL parser writes any spelling of an IPv6 address in the one canonical form.
  const [head = '', tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  const groups = [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16));
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

const item = ({ policy }: LimitState): string => `"${policy}"`;

/** The headers of draft-ietf-httpapi-ratelimit-headers-11 for the limits a call was counted against. */
export const limitHeaders = (states: readonly LimitState[]): Record<string, string> => ({
  'RateLimit-Policy': states
    .map((state) => `${item(state)};q=${state.quota};w=${state.windowSeconds}`)
    .join(', '),
  RateLimit: states.map((state) => `${item(state)};r=${state.remaining};t=${state.resetSeconds}`).join(', '),
});
