import { randomUUID } from 'node:crypto';
import { isRegistrationOpen } from '../../registration.ts';
import { MusterError } from '../../../domain/errors.ts';
import { SessionsRepository } from '../../../persistence/repositories/sessions.repository.ts';
import { UsersRepository } from '../../../persistence/repositories/users.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ResourceDeps } from '../../deps.ts';
import { accountRoutes } from './account.ts';
import {
  loginSchema,
  logoutSchema,
  messageSchema,
  refreshSchema,
  registerSchema,
  sessionExample,
  sessionSchema,
  userExample,
  userSchema,
} from './schema.ts';
import { sessionAnswer, startSession } from './session-answer.ts';

/** Register, log in, stay logged in, log out; and what users do with their own account. */
export const authRoutes = (deps: ResourceDeps): AnyRoute[] => [
  registerRoute(deps),
  loginRoute(deps),
  refreshRoute(deps),
  logoutRoute(deps),
  ...accountRoutes(deps),
];

const registerRoute = ({ database, passwords, settings }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/auth/register',
      operationId: 'register',
      tags: ['Auth'],
      summary: 'Make an account',
      description:
        'Refused with 403 where REGISTRATION is closed, as it is outside loopback and behind a proxy unless set otherwise: there, admins make ' +
        'the users. For an address that has an account already nothing is made or changed, and the answer looks the same: ' +
        'it tells nobody who has an account. Log in to find out.',
      access: 'public',
      body: registerSchema,
      example: { email: 'ada@example.com', password: 'correct horse battery staple', name: 'Ada' },
      responses: {
        201: { description: 'Made, or there already', schema: userSchema, example: userExample },
      },
      errors: ['FORBIDDEN'],
    },
    async ({ body, request, respond }) => {
      if (!isRegistrationOpen(settings)) {
        throw new MusterError('FORBIDDEN', 'Registration is closed: ask an admin for an account');
      }
      const now = new Date();
      const { email, name = null } = body;
      const passwordHash = await passwords.hash(body.password);
      const { id, isNew } = await new UsersRepository(database.em()).register(
        { email, name, passwordHash },
        now,
      );
      request.note(isNew ? { target: id, actorUserId: id } : { action: 'registerKnownAddress', target: id });
      return respond(201, {
        id: isNew ? id : randomUUID(),
        email,
        name,
        role: 'user',
        is_active: true,
        created_at: now.toISOString(),
      });
    },
  );

const loginRoute = (deps: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/auth/login',
      operationId: 'login',
      tags: ['Auth'],
      summary: 'Trade e-mail and password for an access token and a refresh token',
      description: 'A wrong password, an unknown e-mail and a disabled user get the same answer.',
      access: 'public',
      body: loginSchema,
      attemptsFor: 'email',
      example: { email: 'ada@example.com', password: 'correct horse battery staple' },
      responses: { 200: { description: 'Logged in', schema: sessionSchema, example: sessionExample } },
      errors: ['UNAUTHENTICATED'],
    },
    async ({ body, request, respond }) => {
      const user = await new UsersRepository(deps.database.em()).findByEmail(body.email.trim());
      const hash = user?.passwordHash ?? null;
      const isRight = await deps.passwords.verify(body.password, hash);
      const session = user !== null && isRight ? await startSession(deps, user, hash) : null;
      if (session === null) {
        request.note(user === null ? {} : { target: user.id });
        throw new MusterError('UNAUTHENTICATED', 'E-mail or password is wrong');
      }
      request.note({ target: session.user.id, actorUserId: session.user.id });
      return respond(200, session);
    },
  );

const refreshRoute = (deps: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/auth/refresh',
      operationId: 'refresh',
      tags: ['Auth'],
      summary: 'Trade a refresh token for a new pair of tokens',
      description:
        'A refresh token is good for one use. A second use within 10 seconds is refused; one after that ends the ' +
        'whole session, because somebody has a copy.',
      access: 'public',
      body: refreshSchema,
      example: { refresh_token: sessionExample.refresh_token },
      responses: { 200: { description: 'The new pair', schema: sessionSchema, example: sessionExample } },
      errors: ['UNAUTHENTICATED'],
    },
    async ({ body, request, respond }) => {
      const sessions = new SessionsRepository(deps.database.em());
      const rotation = await sessions.rotate(body.refresh_token, new Date(), deps.settings.REFRESH_TOKEN_TTL);
      if (rotation.kind === 'rotated') {
        return respond(200, await sessionAnswer(deps, rotation.user, rotation.session));
      }
      if (rotation.kind === 'reused') request.note({ action: 'refreshTokenReused', target: rotation.userId });
      throw new MusterError('UNAUTHENTICATED', 'The refresh token is not valid any more');
    },
  );

const logoutRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/auth/logout',
      operationId: 'logout',
      tags: ['Auth'],
      summary: 'End the session',
      description:
        'Ends the session of the access token at once, and that of `refresh_token` where it is another one of ' +
        'yours. A token of an external issuer is ended at the issuer.',
      access: 'user',
      refusesKeys: true,
      body: logoutSchema,
      bodyOptional: true,
      example: { refresh_token: sessionExample.refresh_token },
      responses: {
        200: { description: 'Ended', schema: messageSchema, example: { message: 'Logged out' } },
      },
    },
    async ({ body, caller, respond }) => {
      const sessions = new SessionsRepository(database.em());
      const now = new Date();
      if (caller.sessionId !== undefined) await sessions.end(caller.sessionId, caller.userId, now);
      if (body?.refresh_token !== undefined)
        await sessions.endByToken(body.refresh_token, caller.userId, now);
      return respond(200, { message: 'Logged out' });
    },
  );
