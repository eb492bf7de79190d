import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createTokenSigner } from '../../src/security/tokens.ts';
import { peopleOf, statusOf, type Person } from '../support/people.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

const PREVIOUS_SECRET = 'what signed the tokens until yesterday 9876543210';

let api: TestApi;
let user: Person;
let sessionId: string;
const { send, register } = peopleOf(() => api);
const me = (token: string): Promise<number> => statusOf(send('GET', '/auth/me', token));

beforeAll(async () => {
  api = await startTestApi({ settings: { JWT_SECRET_PREVIOUS: PREVIOUS_SECRET } });
  user = await register('ada@example.com');
  sessionId = String(decodeJwt(user.token)['sid']);
});
afterAll(() => api.close());

describe('an access token of ours', () => {
  const key = (): Uint8Array => new TextEncoder().encode(api.settings.JWT_SECRET);
  const good = (): { kid: string; claims: SignJWT } => ({
    kid: createTokenSigner(api.settings.JWT_SECRET, 900_000).keyId,
    claims: new SignJWT({ sid: sessionId })
      .setSubject(user.id)
      .setJti(randomUUID())
      .setIssuer('muster')
      .setAudience('muster-api')
      .setIssuedAt()
      .setExpirationTime('5m'),
  });
  const sign = (change: (claims: SignJWT) => SignJWT, kid?: string): Promise<string> => {
    const { kid: rightKid, claims } = good();
    return change(claims)
      .setProtectedHeader({ alg: 'HS256', kid: kid ?? rightKid })
      .sign(key());
  };
  const signClaims = (change: (claims: JWTPayload) => JWTPayload): Promise<string> => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const claims = {
      sub: user.id,
      sid: sessionId,
      jti: randomUUID(),
      iss: 'muster',
      aud: 'muster-api',
      iat: nowSeconds,
      exp: nowSeconds + 300,
    };
    return new SignJWT(change(claims)).setProtectedHeader({ alg: 'HS256', kid: good().kid }).sign(key());
  };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('is accepted when all is right (else the refusals below prove nothing)', async () => {
    expect(await me(await sign((claims) => claims))).toBe(200);
    expect(await me(await signClaims((claims) => claims))).toBe(200);
    expect(await me(user.token)).toBe(200);
  });

  it('is accepted up to five seconds after its end, for clocks that differ', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await me(await sign((claims) => claims.setExpirationTime(now - 2)))).toBe(200);
    expect(await me(await sign((claims) => claims.setExpirationTime(now - 10)))).toBe(401);
  });

  it.each<[string, () => Promise<string>]>([
    ['expired', () => sign((claims) => claims.setExpirationTime('-1h'))],
    ['for another audience', () => sign((claims) => claims.setAudience('other'))],
    ['of another issuer', () => sign((claims) => claims.setIssuer('other'))],
    ['not valid yet', () => sign((claims) => claims.setNotBefore('1h'))],
    ['issued in the future', () => sign((claims) => claims.setIssuedAt('1h').setExpirationTime('2h'))],
    ['that never ends', () => signClaims(({ exp: _exp, ...claims }) => claims)],
    ['without a subject', () => signClaims(({ sub: _sub, ...claims }) => claims)],
    ['without an issuer', () => signClaims(({ iss: _iss, ...claims }) => claims)],
    ['without an audience', () => signClaims(({ aud: _aud, ...claims }) => claims)],
    ['without a session', () => signClaims(({ sid: _sid, ...claims }) => claims)],
    ['of no session there is', () => signClaims((claims) => ({ ...claims, sid: randomUUID() }))],
    [
      'of somebody else’s session',
      async () => {
        const other = await register('other@example.com');
        return signClaims((claims) => ({ ...claims, sid: decodeJwt(other.token)['sid'] }));
      },
    ],
    ['without a key id', async () => good().claims.setProtectedHeader({ alg: 'HS256' }).sign(key())],
    [
      'whose claims were changed afterwards',
      async () => {
        const [header = '', claims = '', signature = ''] = (await sign((claims) => claims)).split('.');
        const changed: unknown = { ...decodeJwt(`${header}.${claims}.${signature}`), sub: randomUUID() };
        return `${header}.${encode(Object(changed))}.${signature}`;
      },
    ],
    [
      'whose header was changed afterwards',
      async () => {
        const [, claims = '', signature = ''] = (await sign((claims) => claims)).split('.');
        return `${encode({ alg: 'HS256', kid: good().kid, typ: 'other' })}.${claims}.${signature}`;
      },
    ],
    [
      'signed with a key pair of one’s own',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        return good().claims.setProtectedHeader({ alg: 'RS256', kid: good().kid }).sign(privateKey);
      },
    ],
    [
      'signed by HS256 with a public key as the secret',
      async () => {
        const { publicKey } = await generateKeyPair('RS256', { extractable: true });
        const secret = new TextEncoder().encode(await exportSPKI(publicKey));
        return good().claims.setProtectedHeader({ alg: 'HS256', kid: good().kid }).sign(secret);
      },
    ],
    [
      'that brings its own key',
      async () => {
        const own = new TextEncoder().encode('a secret that only the attacker knows 42');
        const jwk = { kty: 'oct', k: Buffer.from(own).toString('base64url') };
        return good().claims.setProtectedHeader({ alg: 'HS256', kid: good().kid, jwk }).sign(own);
      },
    ],
    ['of an unknown key', () => sign((claims) => claims, 'another-kid')],
    ['for no user', () => sign((claims) => claims.setSubject(randomUUID()))],
    ['whose subject is no id', () => sign((claims) => claims.setSubject('admin'))],
    [
      'signed with another secret',
      () =>
        createTokenSigner(`${api.settings.JWT_SECRET}!`, 900_000).sign({
          userId: user.id,
          sessionId,
        }),
    ],
    [
      'signed by another algorithm',
      () => good().claims.setProtectedHeader({ alg: 'HS512', kid: good().kid }).sign(key()),
    ],
    [
      'that says it needs no signature',
      async () => {
        const claims = {
          sub: user.id,
          sid: sessionId,
          jti: 'x',
          iat: Math.floor(Date.now() / 1000),
          iss: 'muster',
          aud: 'muster-api',
          exp: Math.floor(Date.now() / 1000) + 300,
        };
        return `${encode({ alg: 'none', kid: good().kid })}.${encode(claims)}.`;
      },
    ],
    ['that is garbage', async () => 'garbage'],
    ['that looks like one', async () => 'a.b.c'],
  ])('is refused: %s', async (_name, token) => {
    const response = await send('GET', '/auth/me', await token());
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: 'UNAUTHENTICATED' });
  });

  it('carries an id of its own', async () => {
    const tokens = await Promise.all(
      [1, 2].map(() => createTokenSigner(PREVIOUS_SECRET, 1000).sign({ userId: user.id, sessionId })),
    );
    expect(new Set(tokens.map((token) => decodeJwt(token).jti)).size).toBe(2);
  });

  it('is accepted when the secret before this one signed it, under its own key id', async () => {
    const previous = createTokenSigner(PREVIOUS_SECRET, 900_000);
    expect(await me(await previous.sign({ userId: user.id, sessionId }))).toBe(200);
    const crossed = good().claims.setProtectedHeader({ alg: 'HS256', kid: previous.keyId }).sign(key());
    expect(await me(await crossed)).toBe(401);
  });
});
