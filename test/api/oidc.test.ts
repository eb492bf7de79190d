import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UnsecuredJWT, type JWTPayload } from 'jose';
import { z } from 'zod';
import { ExternalIdentity } from '../../src/persistence/entities/external-identity.entity.ts';
import { User } from '../../src/persistence/entities/user.entity.ts';
import { UsersRepository } from '../../src/persistence/repositories/users.repository.ts';
import { createOidcVerifier } from '../../src/security/oidc.ts';
import { startTestIssuer, type TestIssuer } from '../support/oidc-issuer.ts';
import { peopleOf, statusOf } from '../support/people.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

let api: TestApi;
let issuer: TestIssuer;
const { send, register, makeKey } = peopleOf(() => api);
const userSchema = z.object({
  id: z.string(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  role: z.string(),
});

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await startTestApi({ settings: { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: issuer.audience } });
});
afterAll(async () => {
  await api.close();
  await issuer.close();
});

const meStatus = (token: string): Promise<number> => statusOf(send('GET', '/auth/me', token));
const userOf = async (claims: JWTPayload): Promise<z.infer<typeof userSchema>> => {
  const response = await send('GET', '/auth/me', await issuer.sign(claims));
  expect(response.status).toBe(200);
  return userSchema.parse(await response.json());
};

describe('a token of the issuer', () => {
  it('makes its bearer an ordinary user at first sight, and is known again', async () => {
    const claims = {
      sub: 'lin',
      email: 'Lin@Example.com',
      email_verified: true,
      name: 'Lin',
      role: 'admin',
      roles: ['admin'],
    };
    const user = await userOf(claims);
    expect(user).toMatchObject({ email: 'lin@example.com', name: 'Lin', role: 'user' });
    expect(await userOf({ ...claims, email: 'other@example.com', name: 'Other' })).toEqual(user);
    expect((await userOf({ sub: 'another' })).id).not.toBe(user.id);
  });

  it('makes one user, however many come at once', async () => {
    const token = await issuer.sign({ sub: 'crowd', email: 'crowd@example.com', email_verified: true });
    const statuses = await Promise.all(Array.from({ length: 30 }, () => meStatus(token)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    const now = Math.floor(Date.now() / 1000);
    const seen = { issuer: issuer.url, email: 'crowd2@example.com', issuedAt: now, expiresAt: now + 300 };
    const made = await Promise.all(
      Array.from({ length: 8 }, () =>
        new UsersRepository(api.database.em()).makeExternal(
          { ...seen, subject: 'crowd2', name: null },
          new Date(),
        ),
      ),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    const em = api.database.em();
    expect(await em.count(ExternalIdentity, { subject: 'crowd' })).toBe(1);
    expect(await em.count(User, { email: 'crowd@example.com' })).toBe(1);
  });

  it.each<[string, JWTPayload]>([
    ['not verified', { email: 'unverified@example.com' }],
    ['said not to be verified', { email: 'unverified@example.com', email_verified: false }],
    ['taken here', { email: 'HERE@example.com', email_verified: true }],
    ['no address', { email: 'nonsense', email_verified: true }],
  ])('brings no e-mail address that is %s', async (how, claims) => {
    if (how === 'taken here') await register('here@example.com');
    expect(await userOf({ sub: `mail ${how}`, ...claims })).toMatchObject({ email: null });
  });

  it('does not open an account here that has the same address', async () => {
    const here = await register('same@example.com');
    const there = await userOf({ sub: 'same', email: 'same@example.com', email_verified: true });
    expect(there.id).not.toBe(here.id);
  });

  it('serves like any other: keys can be made, a disabled user is out at once', async () => {
    const token = await issuer.sign({ sub: 'works' });
    const { key } = await makeKey(token, { name: 'k' });
    expect(await meStatus(key)).toBe(200);
    const { id } = await userOf({ sub: 'works' });
    expect(await statusOf(send('PATCH', `/users/${id}`, api.admin.token, { is_active: false }))).toBe(200);
    expect([await meStatus(token), await meStatus(key)]).toEqual([401, 401]);
    expect(await statusOf(send('PATCH', `/users/${id}`, api.admin.token, { is_active: true }))).toBe(200);
    expect([await meStatus(token), await meStatus(key)]).toEqual([401, 200]);
  });

  it('is not logged out here, and changes no password that is not there', async () => {
    const token = await issuer.sign({ sub: 'elsewhere' });
    expect(await statusOf(send('POST', '/auth/logout', token, {}))).toBe(200);
    const body = { current_password: 'x', new_password: 'long enough' };
    expect(await statusOf(send('POST', '/auth/change-password', token, body))).toBe(409);
    expect(await meStatus(token)).toBe(200);
  });

  const past = (): number => Math.floor(Date.now() / 1000) - 60;
  it.each<[string, () => Promise<string>]>([
    ['for another audience', () => issuer.sign({ aud: 'other' })],
    ['for no audience', () => issuer.sign({ aud: undefined })],
    ['expired', () => issuer.sign({ exp: past() })],
    ['that never ends', () => issuer.sign({ exp: undefined })],
    ['issued in the future', () => issuer.sign({ iat: past() + 120 })],
    ['not valid yet', () => issuer.sign({ nbf: past() + 120 })],
    ['without a subject', () => issuer.sign({ sub: undefined })],
    ['with a subject nothing can keep', () => issuer.sign({ sub: 'a\u0000b' })],
    ['without a time of issue', () => issuer.sign({ iat: undefined })],
    ['of another issuer', () => issuer.sign({ iss: 'http://127.0.0.1:9' })],
    ['of ours, signed by theirs', () => issuer.sign({ iss: 'muster', aud: 'muster-api' })],
    ['of a key it never had', () => issuer.sign({}, { kid: 'key-99' })],
    [
      'signed by HS256 with the public key',
      async () => issuer.sign({}, { alg: 'HS256' }, new TextEncoder().encode(await issuer.publicKeyPem())),
    ],
    [
      'that says it needs no signature',
      async () =>
        new UnsecuredJWT({ sub: 'x' })
          .setIssuer(issuer.url)
          .setAudience(issuer.audience)
          .setIssuedAt()
          .setExpirationTime('5m')
          .encode(),
    ],
    [
      'whose claims were changed afterwards',
      async () => {
        const [header = '', , signature = ''] = (await issuer.sign()).split('.');
        const [, claims = ''] = (await issuer.sign({ sub: 'victim' })).split('.');
        return `${header}.${claims}.${signature}`;
      },
    ],
  ])('is refused: %s', async (_how, token) => {
    const before = await api.database.em().count(User, {});
    expect(await meStatus(await token())).toBe(401);
    expect(await api.database.em().count(User, {})).toBe(before);
  });

  it('is accepted up to five seconds after its end', async () => {
    expect(await meStatus(await issuer.sign({ exp: past() + 58 }))).toBe(200);
  });
});

describe('the issuer’s keys', () => {
  it('are asked for once, though many tokens come', async () => {
    const other = await startTestIssuer();
    try {
      const verifier = createOidcVerifier(other.url, other.audience);
      const tokens = await Promise.all(Array.from({ length: 20 }, () => other.sign()));
      await Promise.all(tokens.map((token) => verifier.verify(token)));
      expect(other.asked).toEqual({ discovery: 1, keys: 1 });
      await expect(verifier.verify(await other.sign({}, { kid: 'made-up' }))).rejects.toThrow(
        'no applicable key',
      );
      await expect(verifier.verify(await other.sign({}, { kid: 'made-up' }))).rejects.toThrow(
        'no applicable key',
      );
      expect(other.asked).toEqual({ discovery: 1, keys: 1 });
    } finally {
      await other.close();
    }
  });

  it.each(['RS256', 'ES256', 'PS256', 'EdDSA'])(
    'are asked for again when a token names a new one (%s)',
    async (alg) => {
      const other = await startTestIssuer();
      try {
        const verifier = createOidcVerifier(other.url, other.audience, 0);
        const old = await other.sign();
        await verifier.verify(old);
        await other.rotate(alg);
        expect(await verifier.verify(await other.sign({ sub: 'new' }))).toMatchObject({ subject: 'new' });
        await expect(verifier.verify(old)).rejects.toThrow('no applicable key');
      } finally {
        await other.close();
      }
    },
  );

  it('being out of reach is 503, and no reason to refuse anybody else', async () => {
    const other = await startTestIssuer();
    const elsewhere = await startTestApi({
      settings: { OIDC_ISSUER: other.url, OIDC_AUDIENCE: other.audience },
    });
    try {
      const people = peopleOf(() => elsewhere);
      other.failWith = 500;
      const response = await people.send('GET', '/auth/me', await other.sign());
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).not.toBeNull();
      expect(await statusOf(people.send('GET', '/auth/me', await other.sign()))).toBe(503);
      expect(other.asked.discovery).toBe(1);
      expect(await statusOf(people.send('GET', '/auth/me', elsewhere.admin.token))).toBe(200);
      other.failWith = undefined;
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      expect(await statusOf(people.send('GET', '/auth/me', await other.sign()))).toBe(200);
    } finally {
      await elsewhere.close();
      await other.close();
    }
  });

  it('are not taken from an issuer that calls itself by another name', async () => {
    const url = issuer.url.replace('127.0.0.1', 'localhost');
    await expect(createOidcVerifier(url, 'x').verify(await issuer.sign({ iss: url }))).rejects.toThrow(
      'OIDC_ISSUER',
    );
  });
});

describe('without an issuer', () => {
  it('its tokens are refused like any other', async () => {
    const plain = await startTestApi();
    try {
      const response = peopleOf(() => plain).send('GET', '/auth/me', await issuer.sign());
      expect(await statusOf(response)).toBe(401);
    } finally {
      await plain.close();
    }
  });
});
