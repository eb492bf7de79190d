import type Koa from 'koa';
import type { Logger } from 'pino';
import type { ApiKeyScope } from '../security/api-key.ts';
import type { LimitState } from './rate-limits.ts';

/** Who asks. Made anew for every request from the credential and the user's row. */
export interface Caller {
  userId: string;
  email: string;
  role: 'user' | 'admin';
  /** False for an admin who came by a key without the scope `admin`. */
  isAdmin: boolean;
  /** `none`: the process runs with `--no-auth`. */
  credential: 'token' | 'api_key' | 'none';
  /** What the credential allows; people and `--no-auth` have all that their role allows. */
  scopes: readonly ApiKeyScope[];
  apiKeyId?: string;
}

/** What middleware leaves on `ctx.state`. */
export interface RequestState {
  requestId: string;
  /** Writes the request id with every line. */
  log: Logger;
  caller?: Caller;
  /** What this request was counted against. */
  limits?: readonly LimitState[];
  /** Claims of a verified access token, as koa-jwt leaves them; not yet parsed. */
  claims?: unknown;
}

export type ApiContext = Koa.ParameterizedContext<RequestState>;
export type ApiMiddleware = (ctx: ApiContext, next: Koa.Next) => Promise<void>;
