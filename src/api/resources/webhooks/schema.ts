import { z } from 'zod';
import type { DeliveryEndpoint } from '../../../persistence/entities/delivery-endpoint.entity.ts';
import { DELIVERY_STATUSES, type Delivery } from '../../../persistence/repositories/deliveries.repository.ts';
import { integerId, ownershipQuery, pageQuery, timestampSchema, uuidParam } from '../../parameters.ts';
import { meansSomething } from './event-patterns.ts';

export const urlSchema = z.url({ protocol: /^https?$/, error: 'an http:// or https:// address' }).max(2_000);

const patternSchema = z
  .string()
  .max(100)
  .regex(/^[a-z_*]+$/, 'the name of an event type, with * for any piece of it')
  .refine(
    meansSomething,
    'no event type is meant by it: see the types under /executions/{execution_id}/events',
  );

const fields = {
  url: urlSchema,
  events: z
    .array(patternSchema)
    .min(1, 'name at least one event type, or *')
    .max(50)
    .transform((list) => [...new Set(list)])
    .describe('Event types, with `*` for any piece of a name: `workflow_*`, `task_failed`, `*`'),
  description: z.string().trim().max(1_000),
  workflow_id: integerId.nullable().describe('Only events of runs of this stored workflow'),
  graph_id: z.uuid().nullable().describe('Only events of runs of this graph'),
  flow_name: z.string().max(200).nullable().describe('Only events of runs of this flow, as in `poem_flow`'),
  is_enabled: z.boolean(),
};

export const createWebhookSchema = z
  .object({
    url: fields.url,
    events: fields.events,
    description: fields.description.default(''),
    workflow_id: fields.workflow_id.default(null),
    graph_id: fields.graph_id.default(null),
    flow_name: fields.flow_name.default(null),
    is_enabled: fields.is_enabled.default(true),
  })
  .meta({ id: 'CreateWebhook' });

export const updateWebhookSchema = z.object(fields).partial().meta({ id: 'UpdateWebhook' });

const webhookFields = {
  id: z.uuid(),
  owner_id: z.uuid(),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string(),
  workflow_id: z.int().nullable(),
  graph_id: z.uuid().nullable(),
  flow_name: z.string().nullable(),
  is_enabled: z.boolean(),
  disabled_reason: z.string().nullable().describe('Why it was switched off by itself; null when it was not'),
  failing_since: timestampSchema.nullable().describe('The first failed attempt since the last success'),
  held_until: timestampSchema
    .nullable()
    .describe('Several attempts in a row failed, or the receiver asked for it: nothing is sent before'),
  last_success_at: timestampSchema.nullable().describe('To the minute'),
  previous_secret_until: timestampSchema
    .nullable()
    .describe('After a change of the secret: until then the old one signs too'),
  created_at: timestampSchema,
  updated_at: timestampSchema,
};

export const webhookSchema = z.object(webhookFields).meta({ id: 'Webhook' });

export const newWebhookSchema = z
  .object({
    ...webhookFields,
    secret: z
      .string()
      .nullable()
      .meta({ description: 'Verifies signatures; shown this once, null when the answer is repeated' }),
  })
  .meta({ id: 'NewWebhook' });

export const rotateSecretSchema = z
  .object({
    overlap_seconds: z
      .int()
      .min(0)
      .max(7 * 86_400)
      .default(86_400)
      .describe('How long both secrets sign; 0 ends the old one at once'),
  })
  .meta({ id: 'RotateWebhookSecret' });

export const deliverySchema = z
  .object({
    id: z.uuid().describe('Also the webhook-id: the same for every attempt and redelivery'),
    webhook_id: z.uuid(),
    event_type: z.string(),
    execution_id: z.uuid().nullable(),
    seq: z.int().nullable().describe('Of the event in the log of its execution'),
    status: z.enum(DELIVERY_STATUSES),
    attempts: z.int(),
    next_attempt_at: timestampSchema.nullable(),
    last_attempt_at: timestampSchema.nullable(),
    response_code: z.int().nullable().describe('Of the last attempt; null when there was no answer'),
    duration_ms: z.int().nullable(),
    error: z.string().nullable().describe('What went wrong at the last attempt'),
    created_at: timestampSchema,
    delivered_at: timestampSchema.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });

export const webhookParamsSchema = z.object({ webhook_id: uuidParam });
export const deliveryParamsSchema = z.object({ webhook_id: uuidParam, delivery_id: uuidParam });
export const listWebhooksQuery = z.object({ ...pageQuery, ...ownershipQuery });
export const listDeliveriesQuery = z.object({
  ...pageQuery,
  status: z.enum(DELIVERY_STATUSES).optional().describe('Only those that are so'),
});

const time = (date: Date | null | undefined): string | null => date?.toISOString() ?? null;

/** A webhook as the API shows one: never its secret. */
export const presentWebhook = (endpoint: DeliveryEndpoint, now: Date): z.input<typeof webhookSchema> => ({
  id: endpoint.id,
  owner_id: endpoint.ownerId,
  url: endpoint.url,
  events: endpoint.events,
  description: endpoint.description,
  workflow_id: endpoint.workflowId ?? null,
  graph_id: endpoint.graphId ?? null,
  flow_name: endpoint.flowName ?? null,
  is_enabled: endpoint.isEnabled,
  disabled_reason: endpoint.disabledReason ?? null,
  failing_since: time(endpoint.failingSince),
  held_until: endpoint.heldUntil > now ? endpoint.heldUntil.toISOString() : null,
  last_success_at: time(endpoint.lastSuccessAt),
  previous_secret_until:
    endpoint.previousSecretUntil !== null &&
    endpoint.previousSecretUntil !== undefined &&
    endpoint.previousSecretUntil > now
      ? endpoint.previousSecretUntil.toISOString()
      : null,
  created_at: endpoint.createdAt.toISOString(),
  updated_at: endpoint.updatedAt.toISOString(),
});

export const presentDelivery = (delivery: Delivery): z.input<typeof deliverySchema> => ({
  id: delivery.id,
  webhook_id: delivery.endpointId,
  event_type: delivery.eventType,
  execution_id: delivery.executionId,
  seq: delivery.eventSeq,
  status: delivery.status,
  attempts: delivery.attempts,
  next_attempt_at: time(delivery.nextAttemptAt),
  last_attempt_at: time(delivery.lastAttemptAt),
  response_code: delivery.responseCode,
  duration_ms: delivery.durationMs,
  error: delivery.error,
  created_at: delivery.createdAt.toISOString(),
  delivered_at: time(delivery.deliveredAt),
});
