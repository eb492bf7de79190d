/** Codes of the network and of Postgres (class 08, 57P0x, 53300) that mean "not now", not "never". */
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
]);
/** What `pg` says without a code. */
const AWAY_TEXTS = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'timeout expired',
];

/** True when an error means that Postgres cannot be reached right now, however deep it is wrapped. */
export function isDatabaseAway(error: unknown): boolean {
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 6; current = current.cause, depth += 1) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : '';
    if (AWAY_CODES.has(code) || /^08[0-9A-Z]{3}$/.test(code)) return true;
    if (AWAY_TEXTS.some((text) => current instanceof Error && current.message.startsWith(text))) return true;
    if (current instanceof AggregateError && current.errors.some(isDatabaseAway)) return true;
  }
  return false;
}
