import { defineEntity, p } from '@mikro-orm/core';
import { UserSchema } from './user.entity.ts';

const SessionSchema = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(UserSchema).fieldName('user_id'),
    createdAt: p.datetime().fieldName('created_at'),
    /** When its newest refresh token ends. */
    expiresAt: p.datetime().fieldName('expires_at'),
    /** Logged out, or ended for a reason; its access tokens are refused from then on. */
    revokedAt: p.datetime().fieldName('revoked_at').nullable(),
  },
});

/** One login and all that was refreshed from it: the family of its refresh tokens. */
export class Session extends SessionSchema.class {}
SessionSchema.setClass(Session);
export { SessionSchema };
