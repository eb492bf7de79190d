import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import type { OwnerScope } from '../database.ts';
import { DeliveryEndpoint, type EndpointKind } from '../entities/delivery-endpoint.entity.ts';

const owned = (scope: OwnerScope): { ownerId?: string } =>
  'ownerId' in scope ? { ownerId: scope.ownerId } : {};

/** A page of endpoints of one kind, newest first, and how many there are in all. */
export function listEndpoints(
  em: EntityManager,
  kind: EndpointKind,
  scope: OwnerScope,
  page: { skip: number; limit: number },
): Promise<[DeliveryEndpoint[], number]> {
  const where: FilterQuery<DeliveryEndpoint> = { kind, ...owned(scope) };
  return em.findAndCount(DeliveryEndpoint, where, {
    orderBy: { createdAt: 'desc', id: 'desc' },
    offset: page.skip,
    limit: page.limit,
  });
}

/** One endpoint, or null: absent and foreign look the same. */
export const findEndpoint = (
  em: EntityManager,
  kind: EndpointKind,
  id: string,
  scope: OwnerScope,
): Promise<DeliveryEndpoint | null> => em.findOne(DeliveryEndpoint, { id, kind, ...owned(scope) });

/** What is given when an endpoint is made; the rest stands at its beginning. */
export type NewEndpoint = Pick<DeliveryEndpoint, 'id' | 'ownerId' | 'kind' | 'url'> &
  Partial<
    Pick<
      DeliveryEndpoint,
      | 'name'
      | 'description'
      | 'events'
      | 'eventPatterns'
      | 'workflowId'
      | 'graphId'
      | 'flowName'
      | 'secret'
      | 'isEnabled'
    >
  >;

export async function createEndpoint(
  em: EntityManager,
  given: NewEndpoint,
  now: Date,
): Promise<DeliveryEndpoint> {
  const endpoint = em.create(DeliveryEndpoint, {
    name: '',
    description: '',
    events: [],
    eventPatterns: [],
    workflowId: null,
    graphId: null,
    flowName: null,
    secret: null,
    previousSecret: null,
    previousSecretUntil: null,
    isEnabled: true,
    disabledReason: null,
    failuresInARow: 0,
    failingSince: null,
    heldUntil: new Date(0),
    lastSuccessAt: null,
    createdAt: now,
    updatedAt: now,
    ...given,
  });
  await em.flush();
  return endpoint;
}

/** Switches an endpoint on or off. Switched on, it begins anew: what waited is due at once. */
export async function switchEndpoint(
  em: EntityManager,
  endpoint: DeliveryEndpoint,
  isEnabled: boolean,
): Promise<void> {
  if (endpoint.isEnabled === isEnabled) return;
  endpoint.isEnabled = isEnabled;
  if (!isEnabled) return;
  endpoint.disabledReason = null;
  endpoint.failuresInARow = 0;
  endpoint.failingSince = null;
  endpoint.heldUntil = new Date(0);
  await em.execute(
    `update deliveries set is_announced = false where id in (
       select id from deliveries where endpoint_id = ? and status = 'pending' order by position limit 1)`,
    [endpoint.id],
  );
}

/** Deletes an endpoint with its deliveries. @returns false when there is none */
export async function deleteEndpoint(
  em: EntityManager,
  kind: EndpointKind,
  id: string,
  scope: OwnerScope,
): Promise<boolean> {
  const deleted = await em.nativeDelete(DeliveryEndpoint, { id, kind, ...owned(scope) });
  if (deleted > 0) await em.execute('delete from deliveries where endpoint_id = ?', [id]);
  return deleted > 0;
}
