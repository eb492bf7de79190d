import { defineEntity, p } from '@mikro-orm/core';

/** What a user may do: `admin` sees and manages everything. */
export type UserRole = 'user' | 'admin';

const UserSchema = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.uuid().primary(),
    /** Always lower-case; null for people of an external issuer without an address that is proven and free. */
    email: p.text().nullable(),
    name: p.text().nullable(),
    /** A PHC string; null for people who only come by OIDC. */
    passwordHash: p.text().fieldName('password_hash').nullable(),
    role: p.text().$type<UserRole>(),
    isActive: p.boolean().fieldName('is_active'),
    /** Access tokens issued before are refused: the password was changed, or the user was disabled. */
    tokensValidAfter: p.datetime().fieldName('tokens_valid_after').nullable(),
    createdAt: p.datetime().fieldName('created_at'),
    updatedAt: p.datetime().fieldName('updated_at'),
  },
});

/** A person with an account. */
export class User extends UserSchema.class {}
UserSchema.setClass(User);
export { UserSchema };
