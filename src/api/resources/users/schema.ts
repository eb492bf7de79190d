import { z } from 'zod';
import { pageQuery, uuidParam } from '../../parameters.ts';
import { emailSchema, newPasswordSchema, personNameSchema, userFields } from '../auth/schema.ts';

const roleSchema = z.enum(['user', 'admin']);
const shownPassword = z
  .string()
  .nullable()
  .meta({ description: 'The random password, shown this once; null when one was given' });

export const userParamsSchema = z.object({ id: uuidParam });
export const listUsersSchema = z.object(pageQuery);

export const createUserSchema = z
  .object({
    email: emailSchema,
    password: newPasswordSchema
      .optional()
      .meta({ description: 'Left out: a random one is made and shown once' }),
    name: personNameSchema.default(null),
    role: roleSchema.default('user'),
    is_active: z.boolean().default(true),
  })
  .meta({ id: 'CreateUser' });

export const newUserSchema = z.object({ ...userFields, password: shownPassword }).meta({ id: 'NewUser' });

export const updateUserSchema = z
  .object({
    role: roleSchema.optional(),
    is_active: z.boolean().optional(),
    name: personNameSchema.optional(),
  })
  .meta({ id: 'UpdateUser' });

export const resetPasswordSchema = z
  .object({
    new_password: newPasswordSchema
      .optional()
      .meta({ description: 'Left out: a random one is made and shown once' }),
  })
  .meta({ id: 'ResetPassword' });

export const passwordResetSchema = z
  .object({ message: z.string(), password: shownPassword })
  .meta({ id: 'PasswordReset' });
