import type { Database } from '../../persistence/database.ts';
import type { User } from '../../persistence/entities/user.entity.ts';
import { ApiKeysRepository } from '../../persistence/repositories/api-keys.repository.ts';
import { SessionsRepository } from '../../persistence/repositories/sessions.repository.ts';
import { UsersRepository } from '../../persistence/repositories/users.repository.ts';
import { API_KEY_SCOPES, looksLikeApiKey, matchesApiKey, readApiKey } from '../../security/api-key.ts';
import { IssuerAway, isTokenRefusal, type ExternalPerson, type OidcVerifier } from '../../security/oidc.ts';
import type { TokenSigner } from '../../security/tokens.ts';
import { MusterError } from '../../domain/errors.ts';
import type { ApiContext, Caller } from '../context.ts';
import { createTokenVerifier } from './verify-token.ts';

/** How often at most the use of one key is written down. */
const LAST_USED_EVERY_MS = 60_000;

/** Finds out who sent a request. @throws {MusterError} 401 without a valid credential. */
export type Authenticate = (ctx: ApiContext, options: { tokenInQuery: boolean }) => Promise<Caller>;

interface AuthenticateDeps {
  database: Database;
  tokens: TokenSigner;
  /** Given when there is an external issuer whose tokens are accepted beside ours. */
  oidc: OidcVerifier | undefined;
  noAuth: boolean;
}

const refused = (message: string, cause?: unknown): MusterError =>
  new MusterError('UNAUTHENTICATED', message, cause === undefined ? {} : { cause });
/** One answer for a key that is unknown, mistyped, revoked, expired or its owner's no more: nothing to learn. */
const keyRefused = (): MusterError => refused('The API key is not valid');
const tokenRefused = (cause?: unknown): MusterError =>
  refused('The access token is not valid or has expired', cause);

/**
 * Access tokens (ours, and those of the external issuer) and API keys, from `Authorization: Bearer`, `X-API-Key` or
 * (streams only) `?token=`. One query of every request reads the user and the session or key, so that a logout, a
 * revoked key, a changed password and a disabled user take effect at once.
 */
export function createAuthenticate({ database, tokens, oidc, noAuth }: AuthenticateDeps): Authenticate {
  if (noAuth) return () => localAdmin(database);
  const verifyToken = createTokenVerifier(tokens);
  return async (ctx, { tokenInQuery }) => {
    const credential = presentedCredential(ctx, tokenInQuery);
    if (looksLikeApiKey(credential)) return callerByKey(database, credential);
    if (oidc?.claimsToBeFrom(credential) === true)
      return callerByExternalToken(database, ctx, oidc, credential);
    return callerByToken(database, ctx, verifyToken, credential);
  };
}

function presentedCredential(ctx: ApiContext, tokenInQuery: boolean): string {
  const authorization = ctx.get('Authorization');
  if (authorization !== '') {
    const [, credential] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (credential === undefined)
      throw refused('The Authorization header must be: Bearer <access token or API key>');
    return credential;
  }
  const key = ctx.get('X-API-Key').trim();
  if (key !== '') {
    if (!looksLikeApiKey(key)) throw keyRefused();
    return key;
  }
  const token = ctx.query['token'];
  if (tokenInQuery && typeof token === 'string' && token !== '') return token;
  throw refused(
    'Credentials are missing: send Authorization: Bearer <access token or API key>, or X-API-Key',
  );
}

async function callerByToken(
  database: Database,
  ctx: ApiContext,
  verify: ReturnType<typeof createTokenVerifier>,
  token: string,
): Promise<Caller> {
  const claims = await verify(ctx, token);
  if (claims === undefined) throw tokenRefused();
  const session = await new SessionsRepository(database.em()).findWithUser(claims.sid, claims.sub);
  if (session === null || session.revokedAt instanceof Date) throw tokenRefused();
  // `iat` is cut to seconds. Of the second in which the password was changed the session tells: those before ended.
  const validAfter = Math.floor((session.user.tokensValidAfter?.getTime() ?? 0) / 1000);
  if (claims.iat < validAfter) throw tokenRefused();
  return { ...callerOf(session.user), sessionId: session.id };
}

/** Somebody the external issuer knows; made here at first sight. */
async function callerByExternalToken(
  database: Database,
  ctx: ApiContext,
  oidc: OidcVerifier,
  token: string,
): Promise<Caller> {
  const person = await verifyExternal(ctx, oidc, token);
  const users = new UsersRepository(database.em());
  const user = (await users.findExternal(person)) ?? (await users.makeExternal(person, new Date()));
  if (person.issuedAt * 1000 < (user.tokensValidAfter?.getTime() ?? 0)) throw tokenRefused();
  // A stream ends with the token it was opened with.
  ctx.state.claims = { exp: person.expiresAt };
  return { ...callerOf(user), tokenIssuedAt: new Date(person.issuedAt * 1000) };
}

async function verifyExternal(ctx: ApiContext, oidc: OidcVerifier, token: string): Promise<ExternalPerson> {
  try {
    return await oidc.verify(token);
  } catch (error) {
    if (isTokenRefusal(error)) throw tokenRefused(error);
    if (!(error instanceof IssuerAway)) throw error;
    ctx.state.log.warn({ err: error }, 'OIDC issuer away');
    throw new MusterError(
      'SERVICE_UNAVAILABLE',
      'The issuer of this token cannot be reached; try again shortly',
      {
        cause: error,
      },
    );
  }
}

function callerOf(user: User): Caller {
  if (!user.isActive) throw tokenRefused();
  return {
    userId: user.id,
    email: user.email ?? null,
    role: user.role,
    isAdmin: user.role === 'admin',
    credential: 'token',
    scopes: API_KEY_SCOPES,
  };
}

async function callerByKey(database: Database, presented: string): Promise<Caller> {
  const form = readApiKey(presented);
  if (form === undefined) throw keyRefused();
  const keys = new ApiKeysRepository(database.em());
  const found = await keys.findWithOwner(form.publicId);
  if (found === null || !matchesApiKey(presented, found.key.secretHash)) throw keyRefused();
  const { key, owner } = found;
  const now = new Date();
  const isExpired = key.expiresAt !== null && key.expiresAt !== undefined && key.expiresAt <= now;
  const isRevoked = key.revokedAt !== null && key.revokedAt !== undefined;
  if (isRevoked || isExpired || !owner.isActive) throw keyRefused();
  const notedBefore = new Date(now.getTime() - LAST_USED_EVERY_MS);
  if (!key.lastUsedAt || key.lastUsedAt < notedBefore) await keys.noteUse(key.id, now, notedBefore);
  return {
    userId: owner.id,
    email: owner.email ?? null,
    role: owner.role,
    isAdmin: owner.role === 'admin' && key.scopes.includes('admin'),
    credential: 'api_key',
    scopes: key.scopes,
    apiKeyId: key.id,
    apiKeyPublicId: key.publicId,
  };
}

async function localAdmin(database: Database): Promise<Caller> {
  const admin = await new UsersRepository(database.em()).findFirstAdmin();
  if (admin === null) throw refused('There is no active admin in whose name this API could act');
  return { ...callerOf(admin), credential: 'none' };
}
