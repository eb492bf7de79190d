import {
  answer,
  answerWithTotal,
  api,
  type CreateUserSchema,
  type NewUserSchema,
  type PasswordResetSchema,
  type UpdateUserSchema,
  type UserSchema,
} from '../api/client.ts';

/** What the page of users asks of the API; all of it is for admins. */

const one = (id: string) => ({ params: { path: { id } } });

export const ROLES = ['user', 'admin'] as const satisfies readonly UserSchema['role'][];

/** What people call a user. */
export const nameOfUser = ({ email, name, id }: UserSchema): string => email ?? name ?? id;

export const listUsers = (query: {
  skip: number;
  limit: number;
}): Promise<{ data: UserSchema[]; total: number }> =>
  answerWithTotal(api.GET('/api/v1/users', { params: { query } }));

export const createUser = (body: CreateUserSchema): Promise<NewUserSchema> =>
  answer(api.POST('/api/v1/users', { body }));

export const changeUser = (id: string, body: UpdateUserSchema): Promise<UserSchema> =>
  answer(api.PATCH('/api/v1/users/{id}', { ...one(id), body }));

/** The server makes a random password and tells it in the answer. */
export const resetPassword = (id: string): Promise<PasswordResetSchema> =>
  answer(api.POST('/api/v1/users/{id}/reset-password', { ...one(id), body: {} }));

export const deleteUser = (id: string): Promise<{ message: string }> =>
  answer(api.DELETE('/api/v1/users/{id}', one(id)));
