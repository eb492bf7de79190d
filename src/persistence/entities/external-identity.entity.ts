import { defineEntity, p } from '@mikro-orm/core';
import { UserSchema } from './user.entity.ts';

const ExternalIdentitySchema = defineEntity({
  name: 'ExternalIdentity',
  tableName: 'external_identities',
  properties: {
    issuer: p.text().primary(),
    subject: p.text().primary(),
    user: () => p.manyToOne(UserSchema).fieldName('user_id'),
    createdAt: p.datetime().fieldName('created_at'),
  },
});

/** Who one of our users is to an external issuer. */
export class ExternalIdentity extends ExternalIdentitySchema.class {}
ExternalIdentitySchema.setClass(ExternalIdentity);
export { ExternalIdentitySchema };
