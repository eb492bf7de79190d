import { defineEntity, p } from '@mikro-orm/core';
import type { ApiKeyScope } from '../../security/api-key.ts';
import { UserSchema } from './user.entity.ts';

const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.uuid().primary(),
    owner: () => p.manyToOne(UserSchema).fieldName('owner_id'),
    name: p.text(),
    /** The `<id>` of `mst_<id>_…`: how a presented key is found. */
    publicId: p.text().fieldName('public_id'),
    /** Hex SHA-256 of the whole key; the key itself is kept nowhere. */
    secretHash: p.text().fieldName('secret_hash'),
    scopes: p.array().$type<ApiKeyScope[]>(),
    expiresAt: p.datetime().fieldName('expires_at').nullable(),
    revokedAt: p.datetime().fieldName('revoked_at').nullable(),
    lastUsedAt: p.datetime().fieldName('last_used_at').nullable(),
    createdAt: p.datetime().fieldName('created_at'),
  },
});

/** A credential a program uses in its owner's name. */
export class ApiKey extends ApiKeySchema.class {}
ApiKeySchema.setClass(ApiKey);
export { ApiKeySchema };
