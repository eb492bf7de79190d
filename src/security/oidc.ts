import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors as joseErrors,
  jwtVerify,
  type RemoteJWKSet,
} from 'jose';
import { z } from 'zod';
import { TOKEN_RULES } from './tokens.ts';

/** Public-key signatures only: a shared secret or none at all could be forged with what the issuer publishes. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const FETCH_TIMEOUT_MS = 5_000;
/** How long the issuer's keys are used without asking again. */
const KEYS_MAX_AGE_MS = 600_000;
/** A key nobody has heard of makes us ask again, but strangers' tokens not more often than this. */
const ASK_AGAIN_MS = 5_000;
/** After a failure the issuer is left alone so long. */
const REST_AFTER_FAILURE_MS = 2_000;

/** Thrown when the issuer cannot be reached or answers nonsense: its tokens can be neither trusted nor refused. */
export class IssuerAway extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'IssuerAway';
  }
}

/** Whether an error of `verify` says that the token itself is bad. */
export const isTokenRefusal = (error: unknown): boolean => error instanceof joseErrors.JOSEError;

/** What a verified token of the issuer says about its bearer. */
export interface ExternalPerson {
  issuer: string;
  subject: string;
  /** Lower-case; null unless the issuer says that it was verified. */
  email: string | null;
  name: string | null;
  /** Seconds since 1970. */
  issuedAt: number;
  expiresAt: number;
}

/** Checks access tokens of one external OpenID Connect issuer. */
export interface OidcVerifier {
  /** Whether a token claims to be of this issuer. Nothing is verified by that. */
  claimsToBeFrom(token: string): boolean;
  /** @throws {IssuerAway} and what `isTokenRefusal` recognises. */
  verify(token: string): Promise<ExternalPerson>;
}

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const storable = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000');
const claimsSchema = z.object({
  sub: z.string().min(1).max(255).refine(storable),
  iat: z.number(),
  exp: z.number(),
  email: z.email().max(254).toLowerCase().optional().catch(undefined),
  // Some issuers write it as a text.
  email_verified: z
    .union([z.boolean(), z.literal('true').transform(() => true)])
    .optional()
    .catch(undefined),
  name: z.string().trim().min(1).max(200).refine(storable).optional().catch(undefined),
});

/**
 * Finds the issuer's keys by discovery at the first token, keeps them, and asks again when they are old or a token
 * names an unknown one.
 * @param issuer exactly as its tokens spell it
 * @param askAgainMs for tests
 */
export function createOidcVerifier(
  issuer: string,
  audience: string,
  askAgainMs: number = ASK_AGAIN_MS,
): OidcVerifier {
  const fetchJson = createFetchJson();
  const findKeys = rememberSuccess(() => discoverKeys(issuer, fetchJson, askAgainMs));
  return {
    claimsToBeFrom: (token) => issuerOf(token) === issuer,
    verify: async (token) => {
      const { payload } = await jwtVerify(token, await findKeys(), {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: TOKEN_RULES.clockToleranceSeconds,
      });
      const claims = claimsSchema.safeParse(payload);
      if (!claims.success) throw new joseErrors.JWTInvalid('unusable claims', { cause: claims.error });
      refuseFutureIssue(claims.data.iat);
      const { sub, iat, exp, email, email_verified: isVerified, name } = claims.data;
      return {
        issuer,
        subject: sub,
        email: isVerified === true ? (email ?? null) : null,
        name: name ?? null,
        issuedAt: iat,
        expiresAt: exp,
      };
    },
  };
}

/** One issued in the future would outlive every "void what was issued before": jose looks at `nbf` and `exp` only. */
function refuseFutureIssue(iat: number): void {
  if (iat > Date.now() / 1000 + TOKEN_RULES.clockToleranceSeconds)
    throw new joseErrors.JWTInvalid('issued in the future');
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    // What is no token at all is refused like any wrong one.
    if (isTokenRefusal(error)) return undefined;
    throw error;
  }
}

type FetchJson = (url: string, init: RequestInit) => Promise<Response>;

/** Fetches, or fails with IssuerAway; after a failure it fails for a while without asking. */
function createFetchJson(): FetchJson {
  let restUntil = 0;
  return async (url, init) => {
    if (Date.now() < restUntil) throw new IssuerAway('the issuer failed just now');
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`it answers ${response.status}`);
      JSON.parse(text);
      return new Response(text);
    } catch (error) {
      restUntil = Date.now() + REST_AFTER_FAILURE_MS;
      throw new IssuerAway(`${url} cannot be read`, error);
    }
  };
}

async function discoverKeys(issuer: string, fetchJson: FetchJson, askAgainMs: number): Promise<RemoteJWKSet> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetchJson(url, { redirect: 'manual', headers: { accept: 'application/json' } });
  const document = discoverySchema.safeParse(await response.json());
  if (!document.success) throw new IssuerAway(`${url} is no discovery document`, document.error);
  if (document.data.issuer !== issuer) {
    throw new IssuerAway(
      `${url} speaks of the issuer ${document.data.issuer}: is OIDC_ISSUER spelled exactly so?`,
    );
  }
  return createRemoteJWKSet(new URL(document.data.jwks_uri), {
    cacheMaxAge: KEYS_MAX_AGE_MS,
    cooldownDuration: askAgainMs,
    [customFetch]: fetchJson,
  });
}

/** Many callers share one attempt, and its result once it succeeded. */
function rememberSuccess<T>(attempt: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    const mine = (made ??= attempt());
    try {
      return await mine;
    } catch (error) {
      if (made === mine) made = undefined;
      throw error;
    }
  };
}
