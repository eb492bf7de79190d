import type { z } from 'zod';
import type { User } from '../../../persistence/entities/user.entity.ts';
import {
  SessionsRepository,
  type StartedSession,
} from '../../../persistence/repositories/sessions.repository.ts';
import type { ResourceDeps } from '../../deps.ts';
import { presentUser, type sessionSchema } from './schema.ts';

type SessionAnswer = z.input<typeof sessionSchema>;

/** A session as it is handed out, with a fresh access token. */
export async function sessionAnswer(
  { tokens }: ResourceDeps,
  user: User,
  { sessionId, refreshToken }: StartedSession,
): Promise<SessionAnswer> {
  return {
    access_token: await tokens.sign({ userId: user.id, sessionId }),
    refresh_token: refreshToken,
    token_type: 'bearer',
    expires_in: tokens.expiresInSeconds,
    user: presentUser(user),
  };
}

/**
 * Starts a session for somebody whose password was just checked against `passwordHash`.
 * @returns null when that is the password no more, or the user was disabled.
 */
export async function startSession(
  deps: ResourceDeps,
  user: User,
  passwordHash: string | null,
): Promise<SessionAnswer | null> {
  const sessions = new SessionsRepository(deps.database.em());
  const ttlMs = deps.settings.REFRESH_TOKEN_TTL;
  const started = await sessions.start(user.id, passwordHash, new Date(), ttlMs);
  return started === null ? null : sessionAnswer(deps, user, started);
}
