import { z } from 'zod';
import type { DeliveryEndpoint } from '../../../persistence/entities/delivery-endpoint.entity.ts';
import type { Delivery } from '../../../persistence/repositories/deliveries.repository.ts';
import { ownershipQuery, pageQuery, timestampSchema, uuidParam } from '../../parameters.ts';
import { deliverySchema, presentDelivery, urlSchema } from '../webhooks/schema.ts';

const fields = {
  name: z.string().trim().min(1).max(200),
  webhook_url: urlSchema.describe('What is called when an instance is made'),
  webhook_api_key: z
    .string()
    .min(1)
    .max(2_000)
    .regex(/^[!-~]+$/, 'printable characters of ASCII, without spaces')
    .nullable()
    .describe('Sent as `Authorization: Bearer …`; never shown again'),
  is_active: z.boolean(),
};

export const createUserAgentSchema = z
  .object({
    name: fields.name,
    webhook_url: fields.webhook_url,
    webhook_api_key: fields.webhook_api_key.default(null),
    is_active: fields.is_active.default(true),
  })
  .meta({ id: 'CreateUserAgent' });

export const updateUserAgentSchema = z.object(fields).partial().meta({ id: 'UpdateUserAgent' });

export const userAgentSchema = z
  .object({
    id: z.uuid(),
    owner_id: z.uuid(),
    name: z.string(),
    webhook_url: z.string(),
    has_webhook_api_key: z.boolean(),
    is_active: z.boolean(),
    disabled_reason: z
      .string()
      .nullable()
      .describe('Why it was switched off by itself; null when it was not'),
    failing_since: timestampSchema.nullable().describe('The first failed call since the last success'),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'UserAgent' });

export const requestInstanceSchema = z
  .object({ prompt: z.string().min(1).max(100_000).describe('What the agent is to do') })
  .meta({ id: 'RequestUserAgentInstance' });

const { webhook_id: _webhook, execution_id: _execution, seq: _seq, ...common } = deliverySchema.shape;

export const userAgentDeliverySchema = z
  .object({ ...common, user_agent_id: z.uuid(), agent_instance_id: z.uuid().nullable() })
  .meta({ id: 'UserAgentDelivery' });

export const requestedInstanceSchema = z
  .object({
    id: z.uuid().describe('Of the instance, under /agent-instances'),
    agent_instance_id: z.uuid().describe('The same'),
    user_agent_id: z.uuid(),
    agent_type_name: z.string(),
    status: z.literal('ACTIVE'),
    delivery: userAgentDeliverySchema,
  })
  .meta({ id: 'RequestedInstance' });

export const userAgentParamsSchema = z.object({ user_agent_id: uuidParam });
export const listUserAgentsQuery = z.object({ ...pageQuery, ...ownershipQuery });

/** A user agent as the API shows one: never its key. */
export const presentUserAgent = (endpoint: DeliveryEndpoint): z.input<typeof userAgentSchema> => ({
  id: endpoint.id,
  owner_id: endpoint.ownerId,
  name: endpoint.name,
  webhook_url: endpoint.url,
  has_webhook_api_key: typeof endpoint.secret === 'string',
  is_active: endpoint.isEnabled,
  disabled_reason: endpoint.disabledReason ?? null,
  failing_since: endpoint.failingSince?.toISOString() ?? null,
  created_at: endpoint.createdAt.toISOString(),
  updated_at: endpoint.updatedAt.toISOString(),
});

export const presentUserAgentDelivery = (delivery: Delivery): z.input<typeof userAgentDeliverySchema> => {
  const { webhook_id: userAgentId, execution_id: _run, seq: _place, ...rest } = presentDelivery(delivery);
  return { ...rest, user_agent_id: userAgentId, agent_instance_id: delivery.subjectId };
};
