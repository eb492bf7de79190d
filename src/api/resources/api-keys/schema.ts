import { z } from 'zod';
import type { ApiKey } from '../../../persistence/entities/api-key.entity.ts';
import { API_KEY_SCOPES } from '../../../security/api-key.ts';
import { ownershipQuery, pageQuery, timestampSchema, uuidParam } from '../../parameters.ts';

const scopeSchema = z.enum(API_KEY_SCOPES);

const apiKeyFields = {
  id: z.uuid(),
  owner_id: z.uuid(),
  name: z.string(),
  prefix: z.string().meta({ description: 'How the key begins: enough to recognise it, not to use it' }),
  scopes: z.array(scopeSchema),
  expires_at: timestampSchema.nullable(),
  last_used_at: timestampSchema.nullable().meta({ description: 'To the minute' }),
  created_at: timestampSchema,
};

export const apiKeySchema = z.object(apiKeyFields).meta({ id: 'ApiKey' });

export const newApiKeySchema = z
  .object({
    ...apiKeyFields,
    key: z
      .string()
      .nullable()
      .meta({ description: 'The key itself; shown this once, null when the answer is repeated' }),
  })
  .meta({ id: 'NewApiKey' });

export const createApiKeySchema = z
  .object({
    name: z.string().trim().min(1).max(200),
    scopes: z
      .array(scopeSchema)
      .min(1)
      .default(['read', 'write'])
      .transform((scopes) => [...new Set(scopes)]),
    expires_at: z.iso.datetime({ offset: true }).nullable().default(null),
  })
  .meta({ id: 'CreateApiKey' });

export const listApiKeysSchema = z.object({ ...pageQuery, ...ownershipQuery });
export const apiKeyParamsSchema = z.object({ id: uuidParam });
export const deletedSchema = z.object({ message: z.string() }).meta({ id: 'Deleted' });

/** A key as the API shows one: never its hash. */
export const presentApiKey = (key: ApiKey): z.input<typeof apiKeySchema> => ({
  id: key.id,
  owner_id: key.owner.id,
  name: key.name,
  prefix: `mst_${key.publicId}`,
  scopes: key.scopes,
  expires_at: key.expiresAt?.toISOString() ?? null,
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
  created_at: key.createdAt.toISOString(),
});
