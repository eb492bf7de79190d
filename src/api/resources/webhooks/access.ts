import type { EntityManager } from '@mikro-orm/postgresql';
import { invalid, notFound } from '../../../domain/errors.ts';
import type {
  DeliveryEndpoint,
  EndpointKind,
} from '../../../persistence/entities/delivery-endpoint.entity.ts';
import { findEndpoint } from '../../../persistence/repositories/delivery-endpoints.repository.ts';
import type { Caller } from '../../context.ts';
import type { Engine } from '../../engine.ts';
import { reachOf } from '../executions/access.ts';

/** What an endpoint of each kind is called. */
const NAMES: Record<EndpointKind, string> = { webhook: 'webhook', user_agent: 'user agent' };

/**
 * Works on the endpoint a path names, in a transaction that shows what the caller may see.
 * @throws {MusterError} NOT_FOUND, whether absent or somebody else's
 */
export function withEndpoint<T>(
  engine: Engine,
  caller: Caller,
  named: { kind: EndpointKind; id: string },
  work: (em: EntityManager, endpoint: DeliveryEndpoint) => Promise<T>,
): Promise<T> {
  const scope = reachOf(caller);
  return engine.database.as(scope, async (em) => {
    const endpoint = await findEndpoint(em, named.kind, named.id, scope);
    if (endpoint === null) throw notFound(NAMES[named.kind]);
    return work(em, endpoint);
  });
}

/** @throws {MusterError} VALIDATION_FAILED for an address that is never called */
export async function checkUrlOf(engine: Engine, field: string, url: string | undefined): Promise<void> {
  if (url === undefined) return;
  const problem = await engine.checkUrl(url);
  if (problem === null) return;
  const message = `${problem}; give an http or https address that can be reached from the internet`;
  throw invalid('The request does not fit', [{ path: `/${field}`, message }]);
}
