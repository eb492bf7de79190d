import { z } from 'zod';
import { timestampSchema } from '../../parameters.ts';
import type { User } from '../../../persistence/entities/user.entity.ts';

export const userSchema = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string().nullable(),
    role: z.enum(['user', 'admin']),
    is_active: z.boolean(),
    created_at: timestampSchema,
  })
  .meta({ id: 'User' });

/** Lax on purpose: whether an e-mail or password is well-formed is nobody's business at the login. */
export const loginSchema = z
  .object({ email: z.string().min(1).max(320), password: z.string().min(1).max(1024) })
  .meta({ id: 'Login' });

export const sessionSchema = z
  .object({
    access_token: z.string(),
    refresh_token: z.string().nullable(),
    token_type: z.literal('bearer'),
    expires_in: z.int().meta({ description: 'Seconds the access token is valid' }),
    user: userSchema,
  })
  .meta({ id: 'Session' });

/** A user as the API shows one: never the password hash. */
export const presentUser = (user: User): z.input<typeof userSchema> => ({
  id: user.id,
  email: user.email,
  name: user.name ?? null,
  role: user.role,
  is_active: user.isActive,
  created_at: user.createdAt.toISOString(),
});
