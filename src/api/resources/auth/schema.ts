import { z } from 'zod';
import { USER_LIMIT_NAMES } from '../../../domain/user-limits.ts';
import { timestampSchema } from '../../parameters.ts';
import type { User } from '../../../persistence/entities/user.entity.ts';

/** What a new address must look like; it is kept in lower case. */
/** RFC 5321 §4.5.3.1: 64 characters before the @, 254 in all. */
export const emailSchema = z
  .email('an e-mail address')
  .max(254)
  .regex(/^(?:[^@]{1,64}@|[^@]*$)/, 'an e-mail address with at most 64 characters before the @')
  .toLowerCase();
/** Long rather than colourful: no rules about letters and digits. */
export const newPasswordSchema = z
  .string()
  .min(8, 'at least 8 characters')
  .max(1024, 'at most 1024 characters')
  .meta({ description: '8 to 1024 characters', format: 'password' });
export const personNameSchema = z.string().trim().min(1).max(200).nullable();

export const userFields = {
  id: z.uuid(),
  email: z
    .string()
    .nullable()
    .meta({ description: 'Null for people of an external issuer without a verified address of their own' }),
  name: z.string().nullable(),
  role: z.enum(['user', 'admin']),
  is_active: z.boolean(),
  created_at: timestampSchema,
};
export const userSchema = z.object(userFields).meta({ id: 'User' });

const limitSchema = z.object({
  maximum: z.int().nullable().meta({ description: 'Null: no limit' }),
  used: z.int(),
});
export const meSchema = z
  .object({ ...userFields, limits: z.partialRecord(z.enum(USER_LIMIT_NAMES), limitSchema) })
  .meta({ id: 'Me' });

export const registerSchema = z
  .object({ email: emailSchema, password: newPasswordSchema, name: personNameSchema.optional() })
  .meta({ id: 'Register' });

/** Lax on purpose: whether an e-mail or password is well-formed is nobody's business at the login. */
export const loginSchema = z
  .object({ email: z.string().min(1).max(320), password: z.string().min(1).max(1024) })
  .meta({ id: 'Login' });

const presentedRefreshToken = z.string().min(1).max(200);
export const refreshSchema = z.object({ refresh_token: presentedRefreshToken }).meta({ id: 'Refresh' });
export const logoutSchema = z
  .object({ refresh_token: presentedRefreshToken.optional() })
  .meta({ id: 'Logout' });

export const updateMeSchema = z
  .object({
    name: personNameSchema.optional(),
    email: emailSchema
      .nullable()
      .optional()
      .meta({ description: 'Null only where there is none: an address cannot be taken away' }),
  })
  .meta({ id: 'UpdateMe' });

export const changePasswordSchema = z
  .object({ current_password: z.string().min(1).max(1024), new_password: newPasswordSchema })
  .meta({ id: 'ChangePassword' });

export const sessionSchema = z
  .object({
    access_token: z.string(),
    refresh_token: z.string().meta({ description: 'Good for one refresh' }),
    token_type: z.literal('bearer'),
    expires_in: z.int().meta({ description: 'Seconds the access token is valid' }),
    user: userSchema,
  })
  .meta({ id: 'Session' });

export const messageSchema = z.object({ message: z.string() }).meta({ id: 'Message' });

/** A user as the API shows one: never the password hash. */
export const presentUser = (user: User): z.input<typeof userSchema> => ({
  id: user.id,
  email: user.email ?? null,
  name: user.name ?? null,
  role: user.role,
  is_active: user.isActive,
  created_at: user.createdAt.toISOString(),
});

export const userExample = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  email: 'ada@example.com',
  name: 'Ada',
  role: 'user',
  is_active: true,
  created_at: '2026-11-20T09:30:00.000Z',
};

export const meExample = {
  ...userExample,
  limits: { webhooks: { maximum: 100, used: 3 }, queued_executions: { maximum: 2_000, used: 0 } },
};

export const sessionExample = {
  access_token: 'eyJhbGciOiJIUzI1NiIs…',
  refresh_token: 'vU2rX0cY3n…',
  token_type: 'bearer',
  expires_in: 900,
  user: userExample,
};
