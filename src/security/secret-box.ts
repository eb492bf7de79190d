import type { Settings } from '../config.ts';
import { createKeyRing, SecretLost } from './key-ring.ts';

/**
 * Secrets of others that must be used again, and so cannot be kept as hashes: signing secrets of webhooks, keys of
 * user agents.
 */

const FORMAT = 'v1';
const LABEL = 'muster secrets at rest';

export interface SecretBox {
  /**
   * @param place where the secret is kept (table, row, column): a sealed text that was moved elsewhere does not open
   * @returns a text for a column: format, id of the key, and the rest in base64url
   */
  seal(secret: string, place: string): string;
  /** @throws {SecretLost} */
  open(sealed: string, place: string): string;
}

/**
 * The first of PAYLOAD_ENCRYPTION_KEYS seals, without them JWT_SECRET; all of these and JWT_SECRET_PREVIOUS open. So a
 * secret is changed by putting the new one first, and turning PAYLOAD_ENCRYPTION_KEYS on loses nothing.
 */
export function createSecretBox(
  settings: Pick<Settings, 'PAYLOAD_ENCRYPTION_KEYS' | 'JWT_SECRET' | 'JWT_SECRET_PREVIOUS'>,
): SecretBox {
  const secrets = [
    ...settings.PAYLOAD_ENCRYPTION_KEYS,
    settings.JWT_SECRET,
    settings.JWT_SECRET_PREVIOUS,
  ].filter((secret) => secret !== undefined);
  const ring = createKeyRing(secrets, LABEL);
  return {
    seal(secret, place) {
      const { keyId, sealed } = ring.seal(Buffer.from(secret), place);
      return `${FORMAT}.${keyId}.${sealed.toString('base64url')}`;
    },
    open(text, place) {
      const [format, keyId, body] = text.split('.');
      if (format !== FORMAT || keyId === undefined || body === undefined)
        throw new SecretLost('a kept secret has an unknown form');
      return ring.open(keyId, Buffer.from(body, 'base64url'), place).toString('utf8');
    },
  };
}
