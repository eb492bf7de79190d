import { defineEntity, p } from '@mikro-orm/core';

/**
 * A webhook hears of events; a user agent is called when one of its instances is made; a kickoff's hears of that one execution
 * (persistence/kickoff-endpoints.ts), and is shown in no list.
 */
export type EndpointKind = 'webhook' | 'user_agent' | 'kickoff';

const DeliveryEndpointSchema = defineEntity({
  name: 'DeliveryEndpoint',
  tableName: 'delivery_endpoints',
  properties: {
    id: p.uuid().primary(),
    ownerId: p.uuid(),
    kind: p.text().$type<EndpointKind>(),
    /** Of a user agent. */
    name: p.text(),
    description: p.text(),
    url: p.text(),
    /** As they were given: names of event types, with `*` for any piece of one. */
    events: p.array(),
    /** The same as patterns of LIKE. */
    eventPatterns: p.array(),
    /** What an event must belong to; null where that does not matter. */
    workflowId: p.integer().nullable(),
    graphId: p.uuid().nullable(),
    flowName: p.text().nullable(),
    /** Encrypted: what a webhook signs with, what a user agent is shown as its bearer token. */
    secret: p.text().nullable(),
    previousSecret: p.text().nullable(),
    /** Until then the secret before signs too. */
    previousSecretUntil: p.datetime().nullable(),
    isEnabled: p.boolean(),
    /** Why it was switched off by itself. */
    disabledReason: p.text().nullable(),
    /** Failed attempts since the last success. */
    failuresInARow: p.integer().fieldName('failures_in_a_row'),
    failingSince: p.datetime().nullable(),
    /** Nothing is sent before. */
    heldUntil: p.datetime(),
    lastSuccessAt: p.datetime().nullable(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

/** An address of somebody's that is told things. */
export class DeliveryEndpoint extends DeliveryEndpointSchema.class {}
DeliveryEndpointSchema.setClass(DeliveryEndpoint);
export { DeliveryEndpointSchema };
