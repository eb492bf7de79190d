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

const nameSchema = z.string().trim().min(1).max(200);
const scopesSchema = z.array(scopeSchema).min(1);
const expirySchema = z.iso.datetime({ offset: true }).nullable();
const once = <T>(list: readonly T[]): T[] => [...new Set(list)];

export const createApiKeySchema = z
  .object({
    name: nameSchema,
    scopes: scopesSchema.default(['read', 'write']).transform(once),
    expires_at: expirySchema.default(null),
  })
  .meta({ id: 'CreateApiKey' });

export const updateApiKeySchema = z
  .object({
    name: nameSchema.optional(),
    scopes: scopesSchema.transform(once).optional(),
    expires_at: expirySchema.optional(),
  })
  .meta({ id: 'UpdateApiKey' });

export const listApiKeysSchema = z.object({ ...pageQuery, ...ownershipQuery });
export const apiKeyParamsSchema = z.object({ id: uuidParam });

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
