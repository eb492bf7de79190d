import { conflict, notFound } from '../../../domain/errors.ts';
import type { User } from '../../../persistence/entities/user.entity.ts';
import { SessionsRepository } from '../../../persistence/repositories/sessions.repository.ts';
import { UsersRepository, type UserChange } from '../../../persistence/repositories/users.repository.ts';
import { randomPassword } from '../../../security/passwords.ts';
import type { AuditNote } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ResourceDeps } from '../../deps.ts';
import { messageSchema, presentUser, userExample, userSchema } from '../auth/schema.ts';
import {
  createUserSchema,
  listUsersSchema,
  newUserSchema,
  passwordResetSchema,
  resetPasswordSchema,
  updateUserSchema,
  userParamsSchema,
} from './schema.ts';

/** What is the same of all of them. Reading takes an admin's key; what makes or changes users takes a person. */
const SHARED = { tags: ['Users'], access: 'admin', scopes: ['admin'] } as const;
const ONE = { ...SHARED, params: userParamsSchema, what: 'user' } as const;

/** What admins do with users. */
export const userRoutes = (deps: ResourceDeps): AnyRoute[] => [
  listRoute(deps),
  createRoute(deps),
  getRoute(deps),
  updateRoute(deps),
  deleteRoute(deps),
  resetPasswordRoute(deps),
];

const listRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...SHARED,
      method: 'GET',
      path: '/api/v1/users',
      operationId: 'listUsers',
      summary: 'Users, newest first',
      query: listUsersSchema,
      responses: {
        200: {
          description: 'A page of users',
          schema: userSchema.array(),
          example: [userExample],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, respond }) => {
      const [users, total] = await new UsersRepository(database.em()).list(query);
      return respond(200, users.map(presentUser), { 'X-Total-Count': String(total) });
    },
  );

const createRoute = ({ database, passwords }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...SHARED,
      method: 'POST',
      path: '/api/v1/users',
      operationId: 'createUser',
      secrets: ['password'],
      summary: 'Make a user',
      refusesKeys: true,
      body: createUserSchema,
      example: { email: 'ada@example.com', name: 'Ada', role: 'user' },
      responses: {
        201: {
          description: 'Made',
          schema: newUserSchema,
          example: { ...userExample, password: 'fTq7wMzR2hXnKp4VsBdC' },
          headers: { Location: 'Where the user is' },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ body, request, respond }) => {
      const made = body.password === undefined ? randomPassword() : null;
      const passwordHash = await passwords.hash(body.password ?? made ?? '');
      const { email, name, role, is_active: isActive } = body;
      const user = await new UsersRepository(database.em()).create(
        { email, name, passwordHash, role, isActive },
        new Date(),
      );
      request.note({ target: user.id });
      const location = { Location: `/api/v1/users/${user.id}` };
      return respond(201, { ...presentUser(user), password: made }, location);
    },
  );

const getRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/users/{id}',
      operationId: 'getUser',
      summary: 'One user',
      responses: { 200: { description: 'The user', schema: userSchema, example: userExample } },
    },
    async ({ params, respond }) => {
      const user = await new UsersRepository(database.em()).findById(params.id);
      if (user === null) throw notFound('user');
      return respond(200, presentUser(user));
    },
  );

/** What of a change stands in the audit trail under a name of its own. */
function notesOf(before: UserChange, user: User): AuditNote[] {
  const actions = [
    ...(before.role === user.role ? [] : ['changeUserRole']),
    ...(before.isActive === user.isActive ? [] : [user.isActive ? 'enableUser' : 'disableUser']),
  ];
  return actions.map((action) => ({ action }));
}

const updateRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'PATCH',
      path: '/api/v1/users/{id}',
      operationId: 'updateUser',
      summary: 'Change role, name, or whether the user may do anything',
      description:
        'A disabled user’s sessions end at once, and API keys do nothing until the user is enabled again. Runs under way are ' +
        'cancelled within seconds, or paused (DISABLED_USER_RUNS), schedules start nothing, webhooks are told nothing. The last ' +
        'active admin can be neither demoted nor disabled: 409.',
      refusesKeys: true,
      body: updateUserSchema,
      example: { is_active: false },
      responses: { 200: { description: 'Changed', schema: userSchema, example: userExample } },
      errors: ['CONFLICT'],
    },
    async ({ params, body, request, respond }) => {
      const { name, role, is_active: isActive } = body;
      const change = {
        ...(name !== undefined && { name }),
        ...(role !== undefined && { role }),
        ...(isActive !== undefined && { isActive }),
      };
      const done = await new UsersRepository(database.em()).update(params.id, change, new Date());
      if (done === null) throw notFound('user');
      for (const note of notesOf(done.before, done.user)) request.note(note);
      return respond(200, presentUser(done.user));
    },
  );

const deleteRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/users/{id}',
      operationId: 'deleteUser',
      summary: 'Delete a user with all credentials',
      description:
        'A user who owns executions cannot be deleted (409): disable the user instead. Nor can the last active ' +
        'admin. Somebody of an external issuer who is deleted is made anew by the next token; disabling holds.',
      refusesKeys: true,
      responses: {
        200: { description: 'Deleted', schema: messageSchema, example: { message: 'User deleted' } },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, respond }) => {
      if (!(await new UsersRepository(database.em()).delete(params.id))) throw notFound('user');
      return respond(200, { message: 'User deleted' });
    },
  );

const resetPasswordRoute = ({ database, passwords }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/users/{id}/reset-password',
      operationId: 'resetPassword',
      secrets: ['password'],
      summary: 'Give a user another password',
      description: 'Ends every session of the user and every access token issued before. API keys stay.',
      refusesKeys: true,
      body: resetPasswordSchema,
      bodyOptional: true,
      example: { new_password: 'another horse battery staple' },
      responses: {
        200: {
          description: 'Reset',
          schema: passwordResetSchema,
          example: { message: 'Password reset', password: null },
        },
      },
      errors: ['CONFLICT'],
    },
    async ({ params, body, respond }) => {
      const user = await new UsersRepository(database.em()).findById(params.id);
      if (user === null) throw notFound('user');
      if ((user.email ?? null) === null) {
        throw conflict(
          'This user has no e-mail address to log in with: people of an external issuer log in there',
        );
      }
      const made = body?.new_password === undefined ? randomPassword() : null;
      const to = await passwords.hash(body?.new_password ?? made ?? '');
      const sessions = new SessionsRepository(database.em());
      if (!(await sessions.changePassword(params.id, { to }, new Date()))) throw notFound('user');
      return respond(200, { message: 'Password reset', password: made });
    },
  );
