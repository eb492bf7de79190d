import { MusterError } from '../domain/errors.ts';
import type { ApiKeyScope } from '../security/api-key.ts';
import type { Caller } from './context.ts';
import type { RouteSpec } from './define-route.ts';

/** The scopes of which a key needs one: what the spec says, else `read` for GET and `write` for the rest. */
export function scopesFor(spec: RouteSpec): readonly ApiKeyScope[] {
  return spec.scopes ?? (spec.method === 'GET' ? ['read'] : ['write']);
}

/** Why the caller may not do this; undefined when nothing speaks against it. */
function refusalOf(caller: Caller, spec: RouteSpec): MusterError | undefined {
  if (caller.credential === 'api_key' && spec.refusesKeys === true) {
    return new MusterError('FORBIDDEN', 'An API key cannot do this; use an access token');
  }
  const scopes = scopesFor(spec);
  if (caller.credential === 'api_key' && !scopes.some((scope) => caller.scopes.includes(scope))) {
    return new MusterError('FORBIDDEN', `This API key lacks the scope ${scopes.join(' or ')}`, {
      details: { needs_one_of: [...scopes] },
    });
  }
  if ((spec.access === 'admin' || spec.access === 'metrics') && !caller.isAdmin)
    return new MusterError('FORBIDDEN', 'Only an admin may do this');
  return undefined;
}

export const isAllowed = (caller: Caller, spec: RouteSpec): boolean => refusalOf(caller, spec) === undefined;

/** @throws {MusterError} 403 when the caller is known, but may not do this. */
export function authorize(caller: Caller, spec: RouteSpec): void {
  const refusal = refusalOf(caller, spec);
  if (refusal !== undefined) throw refusal;
}
