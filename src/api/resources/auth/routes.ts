import { MusterError } from '../../../domain/errors.ts';
import { UsersRepository } from '../../../persistence/repositories/users.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ResourceDeps } from '../../deps.ts';
import { loginSchema, presentUser, sessionSchema, userSchema } from './schema.ts';

const userExample = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  email: 'ada@example.com',
  name: 'Ada',
  role: 'user',
  is_active: true,
  created_at: '2026-11-20T09:30:00.000Z',
};

/** Log in; who am I. */
export const authRoutes = (deps: ResourceDeps): AnyRoute[] => [loginRoute(deps), meRoute(deps)];

const loginRoute = ({ database, passwords, tokens }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/auth/login',
      operationId: 'login',
      tags: ['Auth'],
      summary: 'Trade e-mail and password for an access token',
      description: 'A wrong password, an unknown e-mail and a disabled user get the same answer.',
      access: 'public',
      body: loginSchema,
      attemptsFor: 'email',
      example: { email: 'ada@example.com', password: 'correct horse battery staple' },
      responses: {
        200: {
          description: 'Logged in',
          schema: sessionSchema,
          example: {
            access_token: 'eyJhbGciOiJIUzI1NiIs…',
            refresh_token: null,
            token_type: 'bearer',
            expires_in: 900,
            user: userExample,
          },
        },
      },
      errors: ['UNAUTHENTICATED'],
    },
    async ({ body, respond }) => {
      const user = await new UsersRepository(database.em()).findByEmail(body.email.trim());
      const isRight = await passwords.verify(body.password, user?.passwordHash);
      if (user === null || !isRight || !user.isActive) {
        throw new MusterError('UNAUTHENTICATED', 'E-mail or password is wrong');
      }
      return respond(200, {
        access_token: await tokens.sign(user.id),
        refresh_token: null,
        token_type: 'bearer',
        expires_in: tokens.expiresInSeconds,
        user: presentUser(user),
      });
    },
  );

const meRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/auth/me',
      operationId: 'getMe',
      tags: ['Auth'],
      summary: 'Whose credential this is',
      access: 'user',
      scopes: ['read', 'write', 'agent', 'admin'],
      responses: { 200: { description: 'The user', schema: userSchema, example: userExample } },
    },
    async ({ caller, respond }) => {
      const user = await new UsersRepository(database.em()).findById(caller.userId);
      if (user === null) throw new MusterError('UNAUTHENTICATED', 'The user of this credential is gone');
      return respond(200, presentUser(user));
    },
  );
