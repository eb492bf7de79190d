import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What a key may do. `agent` opens only the agent side of agent monitoring; `admin` needs an admin as owner. */
export const API_KEY_SCOPES = ['read', 'write', 'agent', 'admin'] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const KEY_FORM = new RegExp(
  `^(mst_([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);

const randomBase62 = (length: number): string =>
  Array.from({ length }, () => BASE62.charAt(randomInt(BASE62.length))).join('');

/** CRC32 in six base62 digits: tells a mistyped key from an unknown one without asking the database. */
function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    digits = BASE62.charAt(rest % BASE62.length) + digits;
    rest = Math.floor(rest / BASE62.length);
  }
  return digits;
}

/** Hex SHA-256 of a key. The secret has 190 random bits, so a slow hash would add nothing. */
export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** Makes a key `mst_<id>_<secret><checksum>`. `key` is shown to its owner once; the rest is stored. */
export function createApiKey(): { key: string; publicId: string; secretHash: string } {
  const publicId = randomBase62(ID_LENGTH);
  const signed = `mst_${publicId}_${randomBase62(SECRET_LENGTH)}`;
  const key = signed + checksum(signed);
  return { key, publicId, secretHash: hashApiKey(key) };
}

/** Whether a credential claims to be an API key at all (and not an access token). */
export const looksLikeApiKey = (credential: string): boolean => credential.startsWith('mst_');

/** @returns the public id of a well-formed key with the right checksum, else undefined. */
export function readApiKey(key: string): { publicId: string } | undefined {
  const parts = KEY_FORM.exec(key);
  const [, signed, publicId, digits] = parts ?? [];
  if (signed === undefined || publicId === undefined || digits !== checksum(signed)) return undefined;
  return { publicId };
}

/** Compares a presented key with a stored hash in constant time. */
export function matchesApiKey(key: string, secretHash: string): boolean {
  const presented = Buffer.from(hashApiKey(key), 'hex');
  const stored = Buffer.from(secretHash, 'hex');
  return presented.length === stored.length && timingSafeEqual(presented, stored);
}
