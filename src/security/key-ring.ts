import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/** AES-256-GCM under keys derived from secrets of the operator's: the first one encrypts, all of them decrypt. */

const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface KeyRing {
  /** Id of the key that encrypts, null when there is none. */
  readonly present: string | null;
  /**
   * @param place bound to what is encrypted: it does not open with another
   * @throws {SecretLost} when there is no key
   */
  seal(bytes: Uint8Array, place: string): { keyId: string; sealed: Buffer };
  /** @throws {SecretLost} */
  open(keyId: string, sealed: Uint8Array, place: string): Buffer;
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

function keyOf(secret: string, label: string): Key {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', label, 32));
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 12), bytes };
}

/** @param label keeps keys of different uses apart, though they come of the same secrets */
export function createKeyRing(secrets: readonly string[], label: string): KeyRing {
  const keys = secrets.map((secret) => keyOf(secret, label));
  const ring = new Map(keys.map((key) => [key.id, key]));
  const [present] = keys;
  return {
    present: present?.id ?? null,
    seal(bytes, place) {
      if (present === undefined) throw new SecretLost('there is no key to encrypt with');
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', present.bytes, iv).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
      return { keyId: present.id, sealed };
    },
    open(keyId, sealed, place) {
      const key = ring.get(keyId);
      if (key === undefined)
        throw new SecretLost(`something was encrypted with key ${keyId}, which is not here`);
      return opened(key, sealed, place);
    },
  };
}

function opened(key: Key, sealed: Uint8Array, place: string): Buffer {
  const [iv, tag] = [sealed.subarray(0, IV_BYTES), sealed.subarray(-TAG_BYTES)];
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(place)).setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new SecretLost('what was encrypted was changed or moved', { cause: error });
  }
}
