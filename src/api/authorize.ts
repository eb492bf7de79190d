import { MusterError } from '../domain/errors.ts';
import type { ApiKeyScope } from '../security/api-key.ts';
import type { Caller } from './context.ts';
import type { RouteSpec } from './define-route.ts';

/** The scopes of which a key needs one: what the spec says, else `read` for GET and `write` for the rest. */
export function scopesFor(spec: RouteSpec): readonly ApiKeyScope[] {
  return spec.scopes ?? (spec.method === 'GET' ? ['read'] : ['write']);
}

/** @throws {MusterError} 403 when the caller is known, but may not do this. */
export function authorize(caller: Caller, spec: RouteSpec): void {
  if (caller.credential === 'api_key' && spec.refusesKeys === true) {
    throw new MusterError('FORBIDDEN', 'An API key cannot do this; use an access token');
  }
  const scopes = scopesFor(spec);
  if (caller.credential === 'api_key' && !scopes.some((scope) => caller.scopes.includes(scope))) {
    throw new MusterError('FORBIDDEN', `This API key lacks the scope ${scopes.join(' or ')}`, {
      details: { needs_one_of: [...scopes] },
    });
  }
  if ((spec.access === 'admin' || spec.access === 'metrics') && !caller.isAdmin)
    throw new MusterError('FORBIDDEN', 'Only an admin may do this');
}
