import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** Cost of one hash: OWASP's smaller argon2id setting, about 20 ms and 19 MiB. Memory is in KiB. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Each hash takes memory and a thread of the pool; more at once would only starve files and DNS. */
const AT_ONCE = 4;

interface Phc {
  memory: number;
  passes: number;
  parallelism: number;
  salt: Buffer;
  tag: Buffer;
}

const PHC_FORM =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function readPhc(text: string): Phc {
  const [, memory = '', passes = '', parallelism = '', salt = '', tag = ''] = PHC_FORM.exec(text) ?? [];
  if (tag === '') throw new Error('a stored password hash is not an argon2id PHC string');
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

function writePhc({ memory, passes, parallelism, salt, tag }: Phc): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

function derive(
  password: string,
  cost: Omit<Phc, 'tag' | 'salt'>,
  salt: Buffer,
  tagLength: number,
): Promise<Buffer> {
  const { memory, passes, parallelism } = cost;
  // One accent typed in two ways (composed or not) is one password.
  const parameters = {
    message: password.normalize('NFC'),
    nonce: salt,
    memory,
    passes,
    parallelism,
    tagLength,
  };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Lets at most `places` pieces of work run at once; the others wait their turn in order. */
function turnstile(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** Makes and checks password hashes (argon2id, PHC strings). */
export interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * Compares in constant time. With no stored hash it does the same work and answers false, so that an
   * unknown e-mail takes as long as a wrong password. @throws when the stored hash is not one.
   */
  verify(password: string, stored: string | null | undefined): Promise<boolean>;
}

/** One per process: the limit on hashes at once holds within one of these. */
export function createPasswords(): Passwords {
  const take = turnstile(AT_ONCE);
  const nobody: Phc = { ...COST, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) };
  return {
    hash: (password) =>
      take(async () => {
        const salt = randomBytes(SALT_BYTES);
        return writePhc({ ...COST, salt, tag: await derive(password, COST, salt, TAG_BYTES) });
      }),
    verify: async (password, stored) => {
      const known = stored === null || stored === undefined ? nobody : readPhc(stored);
      const tag = await take(() => derive(password, known, known.salt, known.tag.length));
      return timingSafeEqual(tag, known.tag) && known !== nobody;
    },
  };
}

const RANDOM_LENGTH = 20;
/** No 0/O, 1/l/I: a person may have to type it. */
const RANDOM_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** A password for somebody who did not choose one: 115 random bits, to be shown once. */
export const randomPassword = (): string =>
  Array.from({ length: RANDOM_LENGTH }, () => RANDOM_LETTERS.charAt(randomInt(RANDOM_LETTERS.length))).join(
    '',
  );
