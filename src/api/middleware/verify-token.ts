import jwt from 'koa-jwt';
import { z } from 'zod';
import { TOKEN_RULES, tokenClaimsSchema, type TokenSigner } from '../../security/tokens.ts';
import type { ApiContext } from '../context.ts';

/** What a verified access token of ours says. */
export type TokenClaims = z.output<typeof tokenClaimsSchema>;
type VerifyToken = (ctx: ApiContext, token: string) => Promise<TokenClaims | undefined>;

/**
 * @returns a function from a context and a token to the token's claims, or to undefined when anything is wrong with it.
 * The claims are left on `ctx.state.claims`.
 */
export function createTokenVerifier(tokens: TokenSigner): VerifyToken {
  const presented = new WeakMap<object, string>();
  const options = {
    key: 'claims',
    getToken: (ctx: { req: object }) => presented.get(ctx.req) ?? null,
    secret: async (header: unknown) => {
      const { kid } = z.object({ kid: z.string() }).parse(header);
      const secret = tokens.secretFor(kid);
      if (secret === undefined) throw new Error('the token was signed with another secret');
      return secret;
    },
    algorithms: [TOKEN_RULES.algorithm],
    issuer: TOKEN_RULES.issuer,
    audience: TOKEN_RULES.audience,
    clockTolerance: TOKEN_RULES.clockToleranceSeconds,
  };
  const verify = jwt(options);
  return async (ctx, token) => {
    presented.set(ctx.req, token);
    try {
      await verify(ctx, async () => {});
    } catch (error) {
      // koa-jwt says 401 for whatever is wrong with a token, and verifying does nothing but look at the token.
      ctx.state.log.debug({ err: error }, 'access token refused');
      return undefined;
    }
    const claims = tokenClaimsSchema.safeParse(ctx.state.claims);
    const latestIssue = Date.now() / 1000 + TOKEN_RULES.clockToleranceSeconds;
    return claims.success && claims.data.iat <= latestIssue ? claims.data : undefined;
  };
}
