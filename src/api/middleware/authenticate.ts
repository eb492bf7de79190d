import jwt from 'koa-jwt';
import { z } from 'zod';
import type { Database } from '../../persistence/database.ts';
import type { User } from '../../persistence/entities/user.entity.ts';
import { ApiKeysRepository } from '../../persistence/repositories/api-keys.repository.ts';
import { UsersRepository } from '../../persistence/repositories/users.repository.ts';
import { API_KEY_SCOPES, looksLikeApiKey, matchesApiKey, readApiKey } from '../../security/api-key.ts';
import { TOKEN_RULES, tokenClaimsSchema, type TokenSigner } from '../../security/tokens.ts';
import { MusterError } from '../../domain/errors.ts';
import type { ApiContext, Caller } from '../context.ts';

/** How often at most the use of one key is written down. */
const LAST_USED_EVERY_MS = 60_000;

/** Finds out who sent a request. @throws {MusterError} 401 without a valid credential. */
export type Authenticate = (ctx: ApiContext, options: { tokenInQuery: boolean }) => Promise<Caller>;

interface AuthenticateDeps {
  database: Database;
  tokens: TokenSigner;
  noAuth: boolean;
}

const refused = (message: string, cause?: unknown): MusterError =>
  new MusterError('UNAUTHENTICATED', message, cause === undefined ? {} : { cause });
/** One answer for a key that is unknown, mistyped, revoked, expired or its owner's no more: nothing to learn. */
const keyRefused = (): MusterError => refused('The API key is not valid');
const tokenRefused = (cause?: unknown): MusterError =>
  refused('The access token is not valid or has expired', cause);

/**
 * Access tokens and API keys, from `Authorization: Bearer`, `X-API-Key` or (streams only) `?token=`. The user's
 * row is read on every request, so that disabling a user takes effect at once.
 */
export function createAuthenticate({ database, tokens, noAuth }: AuthenticateDeps): Authenticate {
  if (noAuth) return () => localAdmin(database);
  const verifyToken = createTokenVerifier(tokens);
  return async (ctx, { tokenInQuery }) => {
    const credential = presentedCredential(ctx, tokenInQuery);
    return looksLikeApiKey(credential)
      ? callerByKey(database, credential)
      : callerByToken(await findUser(database, await verifyToken(ctx, credential)));
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

/** @returns a function from a context and a token to the user id the token speaks for. */
function createTokenVerifier(tokens: TokenSigner): (ctx: ApiContext, token: string) => Promise<string> {
  const presented = new WeakMap<object, string>();
  const options = {
    key: 'claims',
    getToken: (ctx: { req: object }) => presented.get(ctx.req) ?? null,
    secret: async (header: unknown) => {
      const { kid } = z.object({ kid: z.string() }).parse(header);
      if (kid !== tokens.keyId) throw new Error('the token was signed with another secret');
      return tokens.secret;
    },
    algorithms: [TOKEN_RULES.algorithm],
    issuer: TOKEN_RULES.issuer,
    audience: TOKEN_RULES.audience,
    clockTolerance: TOKEN_RULES.clockToleranceSeconds,
  };
  const verify = jwt(options);
  return async (ctx, token) => {
    presented.set(ctx.req, token);
    try {
      await verify(ctx, async () => {});
    } catch (error) {
      // koa-jwt says 401 for whatever is wrong with a token, and verifying does nothing but look at the token.
      throw tokenRefused(error);
    }
    const claims = tokenClaimsSchema.safeParse(ctx.state.claims);
    if (!claims.success) throw tokenRefused(claims.error);
    return claims.data.sub;
  };
}

const findUser = (database: Database, id: string): Promise<User | null> =>
  new UsersRepository(database.em()).findById(id);

function callerByToken(user: User | null): Caller {
  if (user === null || !user.isActive) throw tokenRefused();
  return {
    userId: user.id,
    email: user.email,
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
    email: owner.email,
    role: owner.role,
    isAdmin: owner.role === 'admin' && key.scopes.includes('admin'),
    credential: 'api_key',
    scopes: key.scopes,
    apiKeyId: key.id,
  };
}

async function localAdmin(database: Database): Promise<Caller> {
  const admin = await new UsersRepository(database.em()).findFirstAdmin();
  if (admin === null) throw refused('There is no active admin in whose name this API could act');
  return { ...callerByToken(admin), credential: 'none' };
}
