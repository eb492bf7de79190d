import { createHash } from 'node:crypto';
import type { Sql } from './sql.ts';

/** Wrong guesses at one thing that cost nothing but the guess. */
const FREE_GUESSES = 10;
/** After the eleventh in a row; each further one doubles it. */
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 15 * 60_000;
/** After so long without a guess the count begins anew. */
const FORGET_MS = 86_400_000;
/** An address from which an account has succeeded is trusted with it so long. */
const KNOWN_MS = 90 * 86_400_000;
/** Addresses an account keeps; the newest. */
const MOST_ADDRESSES = 50;

/** Of an e-mail address, known or not, as tables keep it. */
export const accountHash = (account: string): string =>
  createHash('sha256').update(account.trim().toLowerCase()).digest('base64url');

/**
 * Takes one guess. It counts as wrong from its start, so that many at once are no way around; `giveBackGuess` takes back
 * one that was right. After the free ones each makes the next wait, twice as long as before, up to a quarter of an hour.
 * @param subject what is guessed at
 * @returns milliseconds to wait before the next guess is heard, when this one is not; 0 when it is
 */
export async function takeGuess(sql: Sql, subject: string, now: Date): Promise<number> {
  const [taken] = await sql.query(
    `insert into guesses as g (subject, wrong, last_at, open_at) values ($1, 1, $2, 'epoch')
     on conflict (subject) do update set
       wrong = case when g.last_at < $3 then 1 else g.wrong + 1 end,
       last_at = $2,
       open_at = case when g.last_at < $3 or g.wrong < $4 then 'epoch'
         else $2::timestamptz + least($5 * power(2, least(g.wrong - $4, 30)), $6) * interval '1 millisecond' end
     where g.open_at <= $2
     returning subject`,
    [
      subject,
      now.toISOString(),
      new Date(now.getTime() - FORGET_MS).toISOString(),
      FREE_GUESSES,
      FIRST_DELAY_MS,
      LONGEST_DELAY_MS,
    ],
  );
  if (taken !== undefined) return 0;
  const [row] = await sql.query<{ wait: number }>(
    `select ceil(extract(epoch from open_at - $2::timestamptz) * 1000)::integer as wait from guesses where subject = $1`,
    [subject, now.toISOString()],
  );
  return Math.max(1, row?.wait ?? 0);
}

/** Takes a guess back that turned out right, or not to be one. */
export async function giveBackGuess(sql: Sql, subject: string): Promise<void> {
  await sql.query(`update guesses set wrong = greatest(wrong - 1, 0), open_at = 'epoch' where subject = $1`, [
    subject,
  ]);
}

/** Whether the account has succeeded from this address in the last 90 days. */
export async function isKnownAddress(
  sql: Sql,
  account: string,
  address: string,
  now: Date,
): Promise<boolean> {
  const rows = await sql.query(
    'select 1 from known_addresses where account = $1 and address = $2 and seen_at > $3',
    [account, address, new Date(now.getTime() - KNOWN_MS).toISOString()],
  );
  return rows.length > 0;
}

/** Remembers that the account has succeeded from this address. */
export async function rememberAddress(sql: Sql, account: string, address: string, now: Date): Promise<void> {
  await sql.query(
    `insert into known_addresses (account, address, seen_at) values ($1, $2, $3)
     on conflict (account, address) do update set seen_at = excluded.seen_at`,
    [account, address, now.toISOString()],
  );
  await sql.query(
    `delete from known_addresses where account = $1 and address not in
       (select address from known_addresses where account = $1 order by seen_at desc limit $2)`,
    [account, MOST_ADDRESSES],
  );
}

/** Deletes what has had its time. @returns the rows deleted */
export async function pruneGuesses(sql: Sql, now: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    'delete from guesses where subject in (select subject from guesses where last_at < $1 limit $2) returning 1',
    [new Date(now.getTime() - FORGET_MS).toISOString(), limit],
  );
  return rows.length;
}

/** Deletes addresses that are trusted no more. @returns the rows deleted */
export async function pruneKnownAddresses(sql: Sql, now: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    `delete from known_addresses where (account, address) in
       (select account, address from known_addresses where seen_at < $1 limit $2) returning 1`,
    [new Date(now.getTime() - KNOWN_MS).toISOString(), limit],
  );
  return rows.length;
}
