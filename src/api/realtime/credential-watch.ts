import { z } from 'zod';
import type { Sql } from '../../persistence/sql.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { API_KEY_SCOPES } from '../../security/api-key.ts';
import type { Caller } from '../context.ts';

/** How often the rights behind open connections are read; each outlives a change of them by no more than this. */
const LOOK_MS = 5_000;

/** Tells open connections what has become of the rights of those who opened them. */
export interface CredentialWatch {
  /**
   * @param seen called at each look with the caller as the rights are now, or null when the credential has ended: the
   *   user disabled or gone, the session ended, the key revoked, rotated or expired
   * @returns a function that stops watching.
   */
  watch(caller: Caller, seen: (now: Caller | null) => void): () => void;
  /** The caller as the rights are now, in one query; null when the credential has ended. */
  present(caller: Caller): Promise<Caller | null>;
  /** Looks now; also called by the timer. */
  look(): Promise<void>;
  close(): void;
}

interface Watched {
  caller: Caller;
  seen: (now: Caller | null) => void;
}

const rightsSchema = z.object({
  n: z.int(),
  role: z.enum(['user', 'admin']),
  scopes: z.array(z.enum(API_KEY_SCOPES)).nullable(),
});
type Rights = z.output<typeof rightsSchema>;

/** Those credentials that still hold, with what they allow. A key that was rotated has another public id. */
const RIGHTS = `
  select w.n, u.role, k.scopes
    from unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[])
           as w (n, user_id, session_id, key_id, public_id, issued_at)
    join users u on u.id = w.user_id and u.is_active
    left join sessions s on s.id = w.session_id and s.revoked_at is null
    left join api_keys k on k.id = w.key_id and k.public_id = w.public_id and k.revoked_at is null
                        and (k.expires_at is null or k.expires_at > $7)
   where (w.session_id is null or s.id is not null)
     and (w.key_id is null or k.id is not null)
     and (w.issued_at is null or u.tokens_valid_after is null or w.issued_at >= u.tokens_valid_after)`;

const credentialOf = ({ userId, sessionId, apiKeyId, apiKeyPublicId, tokenIssuedAt }: Caller): string =>
  [userId, sessionId, apiKeyId, apiKeyPublicId, tokenIssuedAt?.getTime()].join('/');

function presentCaller(caller: Caller, rights: Rights | undefined): Caller | null {
  if (rights === undefined) return null;
  const { role, scopes } = rights;
  const isKey = caller.credential === 'api_key';
  const allowed = isKey ? (scopes ?? []) : caller.scopes;
  const isAdmin = role === 'admin' && (!isKey || allowed.includes('admin'));
  return { ...caller, role, scopes: allowed, isAdmin };
}

/** One query a look, however many connections are open; those of one credential are one row of it. */
export function createCredentialWatch(deps: { sql: Sql; logger: Logger; now: () => Date }): CredentialWatch {
  const { sql, logger, now } = deps;
  const open = new Set<Watched>();
  let looking: Promise<void> | undefined;

  const rightsOf = async (callers: readonly Caller[]): Promise<Map<number, Rights>> => {
    const rows = await sql.query(RIGHTS, [
      callers.map((_one, index) => index),
      callers.map(({ userId }) => userId),
      callers.map(({ sessionId }) => sessionId ?? null),
      callers.map(({ apiKeyId }) => apiKeyId ?? null),
      callers.map(({ apiKeyPublicId }) => apiKeyPublicId ?? null),
      callers.map(({ tokenIssuedAt }) => tokenIssuedAt?.toISOString() ?? null),
      now().toISOString(),
    ]);
    return new Map(rows.map((row) => rightsSchema.parse(row)).map((rights) => [rights.n, rights]));
  };
  const lookOnce = async (): Promise<void> => {
    if (open.size === 0) return;
    const groups = new Map<string, Watched[]>();
    for (const one of open) {
      const credential = credentialOf(one.caller);
      const group = groups.get(credential);
      if (group === undefined) groups.set(credential, [one]);
      else group.push(one);
    }
    const watched = [...groups.values()];
    const rights = await rightsOf(watched.flatMap(([first]) => (first === undefined ? [] : [first.caller])));
    for (const [index, group] of watched.entries()) {
      for (const one of group) if (open.has(one)) one.seen(presentCaller(one.caller, rights.get(index)));
    }
  };
  /** One at a time: a database that is slow is not asked again before it has answered. */
  const look = (): Promise<void> => {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => logger.warn({ err: error }, 'credentials could not be looked at'));
  }, LOOK_MS);
  timer.unref();

  return {
    watch(caller, seen) {
      const one = { caller, seen };
      open.add(one);
      return () => void open.delete(one);
    },
    present: async (caller) => presentCaller(caller, (await rightsOf([caller])).get(0)),
    look,
    close: () => clearInterval(timer),
  };
}
