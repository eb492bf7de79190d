import type { Sql } from '../../persistence/sql.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Caller } from '../context.ts';

/** An open connection outlives its caller's rights by no more than this. */
const LOOK_MS = 10_000;

/** Ends what stays open when a user is disabled, a session ended, or a key revoked. */
export interface CredentialWatch {
  /** @returns a function that stops watching. */
  watch(caller: Caller, end: () => void): () => void;
  /** Looks now; also called by the timer. */
  look(): Promise<void>;
  close(): void;
}

interface Watched {
  caller: Caller;
  end: () => void;
}

const GONE = `
  select w.n from unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[]) as w (n, user_id, session_id, key_id)
   where not exists (select 1 from users u where u.id = w.user_id and u.is_active)
      or (w.session_id is not null and not exists (
        select 1 from sessions s where s.id = w.session_id and s.revoked_at is null))
      or (w.key_id is not null and not exists (
        select 1 from api_keys k where k.id = w.key_id and k.revoked_at is null
           and (k.expires_at is null or k.expires_at > $5)))`;

/** One query a look, however many are open. */
export function createCredentialWatch(deps: { sql: Sql; logger: Logger; now: () => Date }): CredentialWatch {
  const { sql, logger, now } = deps;
  const open = new Set<Watched>();

  const look = async (): Promise<void> => {
    const watched = [...open];
    if (watched.length === 0) return;
    const gone = await sql.query<{ n: number }>(GONE, [
      watched.map((_one, index) => index),
      watched.map(({ caller }) => caller.userId),
      watched.map(({ caller }) => caller.sessionId ?? null),
      watched.map(({ caller }) => caller.apiKeyId ?? null),
      now().toISOString(),
    ]);
    for (const { n } of gone) {
      const one = watched[n];
      if (one !== undefined && open.delete(one)) one.end();
    }
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => logger.warn({ err: error }, 'credentials could not be looked at'));
  }, LOOK_MS);

  return {
    watch(caller, end) {
      const one = { caller, end };
      open.add(one);
      return () => void open.delete(one);
    },
    look,
    close: () => clearInterval(timer),
  };
}
