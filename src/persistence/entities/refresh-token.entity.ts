import { defineEntity, p } from '@mikro-orm/core';
import { SessionSchema } from './session.entity.ts';

const RefreshTokenSchema = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_tokens',
  properties: {
    /** Hex SHA-256; the token itself is kept nowhere. */
    tokenHash: p.text().fieldName('token_hash').primary(),
    family: () => p.manyToOne(SessionSchema).fieldName('family_id'),
    createdAt: p.datetime().fieldName('created_at'),
    expiresAt: p.datetime().fieldName('expires_at'),
    /** When it was traded for its successor; a use after that is a reuse. */
    consumedAt: p.datetime().fieldName('consumed_at').nullable(),
  },
});

/** A token that is good for one new pair of tokens. */
export class RefreshToken extends RefreshTokenSchema.class {}
RefreshTokenSchema.setClass(RefreshToken);
export { RefreshTokenSchema };
