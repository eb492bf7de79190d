import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Settings } from '../config.ts';

/**
 * Secrets of others that must be used again, and so cannot be kept as hashes: signing secrets of webhooks, keys of
 * user agents. AES-256-GCM under a key derived from a secret of the operator's.
 */

const FORMAT = 'v1';
const LABEL = 'muster secrets at rest';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface SecretBox {
  /**
   * @param place where the secret is kept (table, row, column): a sealed text that was moved elsewhere does not open
   * @returns a text for a column: format, id of the key, and the rest in base64url
   */
  seal(secret: string, place: string): string;
  /** @throws {SecretLost} */
  open(sealed: string, place: string): string;
}

/** No key that is known opens it, or it was changed. The message names the settings to look at, never the text. */
export class SecretLost extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(
      `${reason}: look at PAYLOAD_ENCRYPTION_KEYS, JWT_SECRET and JWT_SECRET_PREVIOUS of this process`,
      options,
    );
    this.name = 'SecretLost';
  }
}

interface Key {
  id: string;
  bytes: Buffer;
}

function keyOf(secret: string): Key {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', LABEL, 32));
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 12), bytes };
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
  const [present, ...others] = secrets.map(keyOf);
  const ring = new Map((present === undefined ? [] : [present, ...others]).map((key) => [key.id, key]));
  return {
    seal(secret, place) {
      if (present === undefined) throw new SecretLost('there is no key to encrypt with');
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', present.bytes, iv).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${FORMAT}.${present.id}.${sealed.toString('base64url')}`;
    },
    open(text, place) {
      const [format, keyId, body] = text.split('.');
      if (format !== FORMAT || keyId === undefined || body === undefined)
        throw new SecretLost('a kept secret has an unknown form');
      const key = ring.get(keyId);
      if (key === undefined)
        throw new SecretLost(`a secret was encrypted with key ${keyId}, which is not here`);
      return opened(key, Buffer.from(body, 'base64url'), place);
    },
  };
}

function opened(key: Key, sealed: Buffer, place: string): string {
  const [iv, tag] = [sealed.subarray(0, IV_BYTES), sealed.subarray(-TAG_BYTES)];
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(place)).setAuthTag(tag);
    return decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch (error) {
    throw new SecretLost('a kept secret was changed or moved', { cause: error });
  }
}
