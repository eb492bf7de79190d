import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { createRefreshToken, hashRefreshToken } from '../../security/refresh-token.ts';
import { RefreshToken } from '../entities/refresh-token.entity.ts';
import { Session } from '../entities/session.entity.ts';
import { User } from '../entities/user.entity.ts';

/**
 * A refresh token that comes again so soon after its use is a client that sent twice (two tabs, a lost answer): it is
 * refused, and nobody is logged out. Later it is a copy in the wrong hands, and the whole family ends.
 */
const REUSE_WINDOW_MS = 10_000;
/** Sessions that ended are kept so long, for the reuse of their tokens to be noticed. */
const KEEP_ENDED_MS = 86_400_000;

/** What a login or a refresh hands out. The refresh token is kept nowhere. */
export interface StartedSession {
  sessionId: string;
  refreshToken: string;
}

/** What became of a refresh token that was presented. */
export type Rotation =
  | { kind: 'rotated'; user: User; session: StartedSession }
  | { kind: 'refused' }
  | { kind: 'reused'; userId: string };

/** Sessions and their refresh tokens; one per unit of work. */
export class SessionsRepository {
  readonly #em: EntityManager;

  constructor(em: EntityManager) {
    this.#em = em;
  }

  /** The session of an access token with its user, in one query by primary key; revoked ones too. */
  findWithUser(sessionId: string, userId: string): Promise<Session | null> {
    return this.#em.findOne(
      Session,
      { id: sessionId, user: userId },
      { populate: ['user'], strategy: 'joined' },
    );
  }

  /**
   * Starts a session for somebody whose password was just checked.
   * @param passwordHash the hash it was checked against
   * @returns null when the password was changed, or the user disabled, in the meantime.
   */
  start(
    userId: string,
    passwordHash: string | null,
    now: Date,
    ttlMs: number,
  ): Promise<StartedSession | null> {
    return this.#em.transactional(async (em) => {
      // The lock makes a password change wait for this session, to end it, or this one see the change.
      const [unchanged] = await em.execute<object[]>(
        'select id from users where id = ? and is_active and password_hash is not distinct from ? for share',
        [userId, passwordHash],
      );
      if (unchanged === undefined) return null;
      const longAgo = new Date(now.getTime() - KEEP_ENDED_MS);
      await em.nativeDelete(Session, { user: userId, expiresAt: { $lt: longAgo } });
      return beginSession(em, userId, now, ttlMs);
    });
  }

  /** Trades a refresh token for its successor. Of many who try at once, one wins. */
  rotate(token: string, now: Date, ttlMs: number): Promise<Rotation> {
    const tokenHash = hashRefreshToken(token);
    return this.#em.transactional(async (em): Promise<Rotation> => {
      const consumed = await em.nativeUpdate(
        RefreshToken,
        { tokenHash, consumedAt: null, expiresAt: { $gt: now } },
        { consumedAt: now },
      );
      const found = await em.findOne(
        RefreshToken,
        { tokenHash },
        { populate: ['family.user'], strategy: 'joined' },
      );
      if (found === null || found.family.revokedAt instanceof Date) return { kind: 'refused' };
      const { family } = found;
      if (consumed === 0) {
        if (!isReuse(found, now)) return { kind: 'refused' };
        await em.nativeUpdate(Session, { id: family.id }, { revokedAt: now });
        return { kind: 'reused', userId: family.user.id };
      }
      if (!family.user.isActive) return { kind: 'refused' };
      const expiresAt = new Date(now.getTime() + ttlMs);
      await em.nativeDelete(RefreshToken, { family: family.id, expiresAt: { $lt: now } });
      await em.nativeUpdate(Session, { id: family.id }, { expiresAt });
      const refreshToken = await addToken(em, family.id, now, expiresAt);
      return { kind: 'rotated', user: family.user, session: { sessionId: family.id, refreshToken } };
    });
  }

  /** Ends a session of this user. */
  async end(sessionId: string, userId: string, now: Date): Promise<void> {
    await this.#em.nativeUpdate(
      Session,
      { id: sessionId, user: userId, revokedAt: null },
      { revokedAt: now },
    );
  }

  /** Ends the session a refresh token belongs to, if it is this user's. */
  async endByToken(token: string, userId: string, now: Date): Promise<void> {
    const found = await this.#em.findOne(RefreshToken, { tokenHash: hashRefreshToken(token) });
    if (found !== null) await this.end(found.family.id, userId, now);
  }

  /** Ends every session of a user. */
  async endAll(userId: string, now: Date): Promise<void> {
    await this.#em.nativeUpdate(Session, { user: userId, revokedAt: null }, { revokedAt: now });
  }

  /**
   * Sets a new password, and ends every session there was and every token issued before.
   * @param from the hash the present password was checked against; left out when nobody had to know it
   * @returns false when the user is gone, or `from` is the hash no more.
   */
  changePassword(userId: string, hashes: { from?: string; to: string }, now: Date): Promise<boolean> {
    const known = hashes.from === undefined ? {} : { passwordHash: hashes.from };
    return this.#em.transactional(async (em) => {
      const changed = await em.nativeUpdate(
        User,
        { id: userId, ...known },
        { passwordHash: hashes.to, tokensValidAfter: now, updatedAt: now },
      );
      if (changed > 0) await new SessionsRepository(em).endAll(userId, now);
      return changed > 0;
    });
  }
}

const isReuse = ({ consumedAt }: RefreshToken, now: Date): boolean =>
  consumedAt instanceof Date && now.getTime() - consumedAt.getTime() > REUSE_WINDOW_MS;

async function beginSession(
  em: EntityManager,
  userId: string,
  now: Date,
  ttlMs: number,
): Promise<StartedSession> {
  const expiresAt = new Date(now.getTime() + ttlMs);
  const sessionId = randomUUID();
  await em.insert(Session, { id: sessionId, user: userId, createdAt: now, expiresAt, revokedAt: null });
  return { sessionId, refreshToken: await addToken(em, sessionId, now, expiresAt) };
}

async function addToken(em: EntityManager, familyId: string, now: Date, expiresAt: Date): Promise<string> {
  const { token, tokenHash } = createRefreshToken();
  await em.insert(RefreshToken, { tokenHash, family: familyId, createdAt: now, expiresAt, consumedAt: null });
  return token;
}
