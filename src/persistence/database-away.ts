/**
 * Codes of the network and of Postgres (class 08, 57P0x, 53300; 55P03 and 25P03: somebody else held a lock, or
 * a transaction, for too long; 40P01: two wanted each other's locks) that mean "not now", not "never".
 */
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '40P01',
  '55P03',
  '25P03',
]);
/** What `pg` says without a code. */
const AWAY_TEXTS = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'timeout expired',
];

/** How deep a cause is looked for. */
const MAX_DEPTH = 6;

/** True when an error means that Postgres cannot be reached right now, however deep it is wrapped. */
export function isDatabaseAway(error: unknown, depth = 0): boolean {
  // By shape, not by class: errors of the network come from outside a test's or a sandbox's realm.
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  if (AWAY_CODES.has(code) || /^08[0-9A-Z]{3}$/.test(code)) return true;
  if (AWAY_TEXTS.some((text) => message.startsWith(text))) return true;
  if (
    'errors' in error &&
    Array.isArray(error.errors) &&
    error.errors.some((inner) => isDatabaseAway(inner, depth + 1))
  )
    return true;
  return 'cause' in error && isDatabaseAway(error.cause, depth + 1);
}
