import { createHash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

/** A part of a token. */
export const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token signed with the true secret that is wrong in one way. */
export function forged(
  secret: string,
  sub: string,
  wrong: { expiresIn?: string; audience?: string },
): Promise<string> {
  const kid = createHash('sha256').update(secret).digest('hex').slice(0, 8);
  return new SignJWT({ sid: randomUUID() })
    .setProtectedHeader({ alg: 'HS256', kid })
    .setSubject(sub)
    .setIssuer('muster')
    .setAudience(wrong.audience ?? 'muster-api')
    .setIssuedAt()
    .setExpirationTime(wrong.expiresIn ?? '1h')
    .sign(new TextEncoder().encode(secret));
}
