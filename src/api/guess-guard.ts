import type { Settings } from '../config.ts';
import { MusterError } from '../domain/errors.ts';
import {
  accountHash,
  giveBackGuess,
  isKnownAddress,
  rememberAddress,
  takeGuess,
} from '../persistence/guesses.ts';
import type { Sql } from '../persistence/sql.ts';
import { toMusterError } from './errors.ts';
import { addressGroup } from './rate-limits.ts';

/** Slows down who guesses passwords, over all addresses and all processes. Off where RATE_LIMIT_PER_MINUTE is 0. */
export interface GuessGuard {
  /**
   * An attempt to log in. Addresses from which the account has succeeded before are not slowed down by what strangers do:
   * for them the limit of each address stands alone.
   * @param account the e-mail as it was given, known or not: the answer must not tell
   * @throws {MusterError} RATE_LIMITED, without a look at the password
   */
  login<T>(account: string, ip: string, attempt: () => Promise<T>): Promise<T>;
  /**
   * Somebody logged in who tries something that others must not find out by trying.
   * @param isWrong whether an error says that it was a wrong guess
   * @throws {MusterError} RATE_LIMITED
   */
  guess<T>(subject: string, attempt: () => Promise<T>, isWrong: (error: MusterError) => boolean): Promise<T>;
}

export function createGuessGuard(deps: { settings: Settings; sql: Sql; now: () => Date }): GuessGuard {
  const { sql, now } = deps;
  if (deps.settings.RATE_LIMIT_PER_MINUTE === 0) {
    return { login: (_account, _ip, attempt) => attempt(), guess: (_subject, attempt) => attempt() };
  }
  const guess: GuessGuard['guess'] = async (subject, attempt, isWrong) => {
    const waitMs = await takeGuess(sql, subject, now());
    if (waitMs > 0) throw tooMany(waitMs);
    try {
      const result = await attempt();
      await giveBackGuess(sql, subject);
      return result;
    } catch (error) {
      if (!isWrong(toMusterError(error))) await giveBackGuess(sql, subject);
      throw error;
    }
  };
  return {
    guess,
    async login(name, ip, attempt) {
      const account = accountHash(name);
      const address = addressGroup(ip);
      const isKnown = await isKnownAddress(sql, account, address, now());
      const result = isKnown
        ? await attempt()
        : await guess(`login/${account}`, attempt, ({ code }) => code === 'UNAUTHENTICATED');
      await rememberAddress(sql, account, address, now());
      return result;
    },
  };
}

function tooMany(waitMs: number): MusterError {
  const seconds = Math.ceil(waitMs / 1000);
  return new MusterError('RATE_LIMITED', `Too many wrong attempts; try again in ${seconds} seconds`, {
    details: { policy: 'guesses' },
    retryAfterSeconds: seconds,
  });
}
