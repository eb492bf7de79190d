import type Koa from 'koa';
import type { Logger } from 'pino';
import type { Concern } from '../telemetry/tracing/ambient.ts';
import type { ApiKeyScope } from '../security/api-key.ts';
import type { LimitState } from './rate-limits.ts';

/** Who asks. Made anew for every request from the credential and the user's row. */
export interface Caller {
  userId: string;
  /** Null for people of an external issuer without an address that is proven and free. */
  email: string | null;
  role: 'user' | 'admin';
  /** False for an admin who came by a key without the scope `admin`. */
  isAdmin: boolean;
  /** `none`: the process runs with `--no-auth`. */
  credential: 'token' | 'api_key' | 'none';
  /** What the credential allows; people and `--no-auth` have all that their role allows. */
  scopes: readonly ApiKeyScope[];
  apiKeyId?: string;
  /** The public part of the key as it is since its last rotation. */
  apiKeyPublicId?: string;
  /** Of our own access tokens: the session that ends with a logout. */
  sessionId?: string;
  /** Of tokens of an external issuer: a disabled user's are void from then on. */
  tokenIssuedAt?: Date;
}

/** Something for the audit trail. What is left out is the request's own: operation, path parameter, caller. */
export interface AuditNote {
  action?: string;
  /** What it was done to: an id. */
  target?: string;
  /** Who did it, where no credential says so, as at a login. */
  actorUserId?: string;
}

/** What middleware leaves on `ctx.state`. */
export interface RequestState {
  requestId: string;
  /** Writes the request id with every line. */
  log: Logger;
  caller?: Caller;
  /** What this request was counted against. */
  limits?: readonly LimitState[];
  /** What is asked for: set once a route was found. `path` as its spec writes it; `target` is what the path names. */
  operation?: { id: string; path: string; isStream: boolean; isReading: boolean; target?: string };
  /** The trace it is part of: the caller's, or its own where traces are exported. */
  traceId?: string | undefined;
  /** What it turned out to be about. */
  concern?: Concern;
  /** What handlers noted for the audit trail. */
  notes?: AuditNote[];
  /** Claims of a verified access token (ours as koa-jwt leaves them, `exp` of an external one); not yet parsed. */
  claims?: unknown;
  /** Ends the open answer of a stream in its own way, as whoever writes it has said. */
  endStream?: () => void;
}

export type ApiContext = Koa.ParameterizedContext<RequestState>;
export type ApiMiddleware = (ctx: ApiContext, next: Koa.Next) => Promise<void>;
