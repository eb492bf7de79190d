import { createHash, randomBytes } from 'node:crypto';

/** Hex SHA-256 of a refresh token. It has 256 random bits, so a slow hash would add nothing. */
export const hashRefreshToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Makes an opaque token. `token` is shown to its user once; the hash is stored. */
export function createRefreshToken(): { token: string; tokenHash: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, tokenHash: hashRefreshToken(token) };
}
