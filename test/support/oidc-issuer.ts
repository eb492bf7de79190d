import type { webcrypto } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWK } from 'jose';

/** A key pair of the issuer, as its key set names it. */
interface IssuerKey {
  kid: string;
  alg: string;
  privateKey: webcrypto.CryptoKey;
  publicKey: webcrypto.CryptoKey;
  jwk: JWK;
}

/** An OpenID Connect issuer on loopback: discovery, key set, rotation, and tokens signed as a test wants them. */
export interface TestIssuer {
  /** As its tokens and its discovery document spell it. */
  url: string;
  audience: string;
  /** How often each document was asked for. */
  asked: { discovery: number; keys: number };
  /** While set, everything is answered with this status. */
  failWith: number | undefined;
  /** Makes a new key and forgets those before. */
  rotate(alg?: string): Promise<void>;
  /** A token that is right but for what `claims` changes; an undefined claim is left out. */
  sign(
    claims?: Record<string, unknown>,
    header?: { alg?: string; kid?: string },
    secret?: Uint8Array,
  ): Promise<string>;
  publicKeyPem(): Promise<string>;
  close(): Promise<void>;
}

export async function startTestIssuer(audience = 'muster-tests'): Promise<TestIssuer> {
  let made = 0;
  const makeKey = async (alg: string): Promise<IssuerKey> => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    made += 1;
    const kid = `key-${made}`;
    return {
      kid,
      alg,
      privateKey,
      publicKey,
      jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    };
  };
  let key = await makeKey('RS256');
  const asked = { discovery: 0, keys: 0 };

  const server = createServer((request, response) => {
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    asked[isDiscovery ? 'discovery' : 'keys'] += 1;
    const body = isDiscovery ? { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` } : { keys: [key.jwk] };
    response.writeHead(issuer.failWith ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${address.port}`,
    audience,
    asked,
    failWith: undefined,
    rotate: async (alg = 'RS256') => {
      key = await makeKey(alg);
    },
    sign: (claims = {}, header = {}, secret) => {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: issuer.url, aud: audience, sub: 'somebody', iat: now, exp: now + 300, ...claims };
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      return new SignJWT(given)
        .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
        .sign(secret ?? key.privateKey);
    },
    publicKeyPem: () => exportSPKI(key.publicKey),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
