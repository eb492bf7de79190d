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

/** What we read out of a verified access token; everything else about the user is read from the database. */
export const tokenClaimsSchema = z.object({ sub: z.uuid() });

/** Signs access tokens with one secret. */
export interface TokenSigner {
  /** Names the secret in the token's `kid` header, so that a changed secret is noticed before verifying. */
  readonly keyId: string;
  readonly secret: string;
  /** Seconds an access token lives. */
  readonly expiresInSeconds: number;
  sign(userId: string): Promise<string>;
}

/** Whether tokens signed with this secret could be forged: it is missing, short, or too uniform to be random. */
export const isWeakSecret = (secret: string | undefined): boolean =>
  secret === undefined || secret.length < 32 || new Set(secret).size < 8;

/** @throws when the secret is weak. */
export function createTokenSigner(secret: string | undefined, ttlMs: number): TokenSigner {
  if (secret === undefined || isWeakSecret(secret)) {
    throw new Error('JWT_SECRET must be given: at least 32 characters, made at random');
  }
  const key = new TextEncoder().encode(secret);
  const keyId = createHash('sha256').update(`muster access token\n${secret}`).digest('hex').slice(0, 16);
  const expiresInSeconds = Math.max(1, Math.floor(ttlMs / 1000));
  return {
    keyId,
    secret,
    expiresInSeconds,
    sign: (userId) => {
      const nowSeconds = Math.floor(Date.now() / 1000);
      return new SignJWT()
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
