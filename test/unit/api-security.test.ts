import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { isLoopback } from '../../src/http/loopback-only.ts';
import { createApiKey, hashApiKey, matchesApiKey, readApiKey } from '../../src/security/api-key.ts';
import { createPasswords } from '../../src/security/passwords.ts';
import { createTokenSigner } from '../../src/security/tokens.ts';

describe('API keys', () => {
  it('have the published form and are found by their id', () => {
    const { key, publicId, secretHash } = createApiKey();
    expect(key).toMatch(/^mst_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/);
    expect(readApiKey(key)).toEqual({ publicId });
    expect(secretHash).toBe(hashApiKey(key));
    expect(secretHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('are never the same twice', () => {
    expect(new Set(Array.from({ length: 200 }, () => createApiKey().key)).size).toBe(200);
  });

  it('do not survive a changed character anywhere', () => {
    const { key } = createApiKey();
    for (let place = 4; place < key.length; place += 1) {
      const other = key.charAt(place) === 'a' ? 'b' : 'a';
      expect(readApiKey(key.slice(0, place) + other + key.slice(place + 1))).toBeUndefined();
    }
  });

  it('match their own hash only', () => {
    const { key, secretHash } = createApiKey();
    expect(matchesApiKey(key, secretHash)).toBe(true);
    expect(matchesApiKey(createApiKey().key, secretHash)).toBe(false);
    expect(matchesApiKey(key, '')).toBe(false);
  });
});

describe('passwords', () => {
  const passwords = createPasswords();

  it('are kept as argon2id PHC strings with a salt of their own', async () => {
    const [one, other] = await Promise.all([passwords.hash('same'), passwords.hash('same')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(other);
  });

  it('verify, and only the right one', async () => {
    const stored = await passwords.hash('Grüße, Welt');
    expect(await passwords.verify('Grüße, Welt', stored)).toBe(true);
    expect(await passwords.verify('Grüße, Welt'.normalize('NFD'), stored)).toBe(true);
    expect(await passwords.verify('grüße, welt', stored)).toBe(false);
    expect(await passwords.verify('', stored)).toBe(false);
  });

  it('answer false, after the same work, when nobody has them', async () => {
    expect(await passwords.verify('anything', null)).toBe(false);
    expect(await passwords.verify('anything', undefined)).toBe(false);
  });

  it('agree with a hash another implementation made', async () => {
    // The argon2 reference tool: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1
    const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await passwords.verify('password', stored)).toBe(true);
  });

  it('refuse a stored hash that is none, instead of answering false', async () => {
    await expect(passwords.verify('x', 'plain text')).rejects.toThrow('PHC');
  });

  it('work through many at once, each with its own answer', async () => {
    const stored = await passwords.hash('p3');
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => passwords.verify(`p${at}`, stored)),
    );
    expect(answers.map((isRight, at) => (isRight ? at : -1)).filter((at) => at >= 0)).toEqual([3]);
  });
});

describe('access tokens', () => {
  const secret = 'a secret that only tests know: 0123456789';

  it('carry issuer, audience, key id and expiry', async () => {
    const signer = createTokenSigner(secret, 900_000);
    const sessionId = '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e60';
    const token = await signer.sign({ userId: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f', sessionId });
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'HS256', kid: signer.keyId });
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      issuer: 'muster',
      audience: 'muster-api',
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
    expect(payload).toMatchObject({
      sub: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
      sid: sessionId,
      jti: expect.any(String),
    });
  });

  it('name another key id when the secret changes', () => {
    expect(createTokenSigner(secret, 1000).keyId).not.toBe(createTokenSigner(`${secret}!`, 1000).keyId);
  });

  it('are checked with the present secret and the one before, and no other', () => {
    const before = createTokenSigner(`${secret}!`, 1000);
    const signer = createTokenSigner(secret, 1000, `${secret}!`);
    expect(signer.secretFor(signer.keyId)).toBe(secret);
    expect(signer.secretFor(before.keyId)).toBe(`${secret}!`);
    expect(createTokenSigner(secret, 1000).secretFor(before.keyId)).toBeUndefined();
    expect(() => createTokenSigner(secret, 1000, 'short')).toThrow('JWT_SECRET_PREVIOUS');
  });

  it.each([undefined, 'short', 'a'.repeat(64)])('are not signed with %s', (weak) => {
    expect(() => createTokenSigner(weak, 1000)).toThrow('JWT_SECRET');
  });
});

describe('isLoopback', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.10', '::1', '[::1]', 'muster.localhost'])(
    'says yes to %s',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  it.each([
    '',
    '0.0.0.0',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '10.0.0.1',
    '[::]',
    'example.com',
  ])('says no to %s', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
