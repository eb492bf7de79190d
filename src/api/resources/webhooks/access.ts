import type { EntityManager } from '@mikro-orm/postgresql';
import { invalid, notFound } from '../../../domain/errors.ts';
import type {
  DeliveryEndpoint,
  EndpointKind,
} from '../../../persistence/entities/delivery-endpoint.entity.ts';
import { findEndpoint } from '../../../persistence/repositories/delivery-endpoints.repository.ts';
import type { Caller } from '../../context.ts';
import type { ApiServices } from '../../services.ts';
import { reachOf } from '../executions/access.ts';

/** The endpoints that a path may name. */
type NamedKind = Exclude<EndpointKind, 'kickoff'>;
/** What an endpoint of each kind is called. */
const NAMES: Record<NamedKind, string> = { webhook: 'webhook', user_agent: 'user agent' };

/**
 * Works on the endpoint a path names, in a transaction that shows what the caller may see.
 * @throws {MusterError} NOT_FOUND, whether absent or somebody else's
 */
export function withEndpoint<T>(
  engine: Pick<ApiServices, 'database'>,
  caller: Caller,
  named: { kind: NamedKind; id: string },
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
export const checkUrlOf = (
  engine: Pick<ApiServices, 'checkUrl'>,
  field: string,
  url: string | undefined,
): Promise<void> => checkUrls(engine, { [field]: url });

/**
 * @param urls addresses by the field of the body they stand in
 * @throws {MusterError} VALIDATION_FAILED naming each that is never called
 */
export async function checkUrls(
  engine: Pick<ApiServices, 'checkUrl'>,
  urls: Readonly<Record<string, string | null | undefined>>,
): Promise<void> {
  const checked = await Promise.all(
    Object.entries(urls).map(async ([field, url]) => ({
      path: `/${field}`,
      problem: typeof url === 'string' ? await engine.checkUrl(url) : null,
    })),
  );
  const issues = checked.flatMap(({ path, problem }) =>
    problem === null
      ? []
      : [
          {
            path,
            message: `${problem}; give an http or https address that can be reached from the internet`,
          },
        ],
  );
  if (issues.length > 0) throw invalid('The request does not fit', issues);
}
