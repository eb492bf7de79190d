import { createHash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';

/** Pinned on both sides: a token for anything else is refused. */
export const TOKEN_RULES = {
  algorithm: 'HS256',
  issuer: 'muster',
  audience: 'muster-api',
  clockToleranceSeconds: 5,
} as const;

/**
 * What every access token of ours says; everything else about the user is read from the database. Times are
 * seconds since 1970.
 */
export const tokenClaimsSchema = z.object({
  sub: z.uuid(),
  /** The session (family of refresh tokens) it belongs to: with it the token ends. */
  sid: z.uuid(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
});

/** Signs access tokens with the present secret, and knows the one before. */
export interface TokenSigner {
  /** Names the present secret in the token's `kid` header. */
  readonly keyId: string;
  /** Seconds an access token lives. */
  readonly expiresInSeconds: number;
  sign(subject: { userId: string; sessionId: string }): Promise<string>;
  /** @returns the secret a `kid` names, present or previous, or undefined: a token is checked with no other. */
  secretFor(keyId: string): string | undefined;
}

/** Whether tokens signed with this secret could be forged: it is missing, short, or too uniform to be random. */
export const isWeakSecret = (secret: string | undefined): boolean =>
  secret === undefined || secret.length < 32 || new Set(secret).size < 8;

const keyIdOf = (secret: string): string =>
  createHash('sha256').update(`muster access token\n${secret}`).digest('hex').slice(0, 16);

/**
 * @param ttlMs how long an access token lives
 * @param previousSecret still accepted, never signed with: for the time in which a secret is changed
 * @throws when a secret is weak.
 */
export function createTokenSigner(
  secret: string | undefined,
  ttlMs: number,
  previousSecret?: string,
): TokenSigner {
  if (secret === undefined || isWeakSecret(secret)) {
    throw new Error('JWT_SECRET must be given: at least 32 characters, made at random');
  }
  if (previousSecret !== undefined && isWeakSecret(previousSecret)) {
    throw new Error('JWT_SECRET_PREVIOUS is too weak: at least 32 characters, made at random');
  }
  const key = new TextEncoder().encode(secret);
  const keyId = keyIdOf(secret);
  const ring = new Map([secret, ...(previousSecret === undefined ? [] : [previousSecret])].map(byKeyId));
  const expiresInSeconds = Math.max(1, Math.floor(ttlMs / 1000));
  return {
    keyId,
    expiresInSeconds,
    secretFor: (named) => ring.get(named),
    sign: ({ userId, sessionId }) => {
      const nowSeconds = Math.floor(Date.now() / 1000);
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: TOKEN_RULES.algorithm, kid: keyId, typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(TOKEN_RULES.issuer)
        .setAudience(TOKEN_RULES.audience)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + expiresInSeconds)
        .setJti(randomUUID())
        .sign(key);
    },
  };
}

const byKeyId = (secret: string): [string, string] => [keyIdOf(secret), secret];
