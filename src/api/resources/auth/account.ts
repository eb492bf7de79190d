import { conflict, invalid, MusterError } from '../../../domain/errors.ts';
import type { z } from 'zod';
import { USER_LIMIT_NAMES } from '../../../domain/user-limits.ts';
import { readQuotaUse } from '../../../persistence/quotas.ts';
import type { Database } from '../../../persistence/database.ts';
import type { User } from '../../../persistence/entities/user.entity.ts';
import { SessionsRepository } from '../../../persistence/repositories/sessions.repository.ts';
import { UsersRepository } from '../../../persistence/repositories/users.repository.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ResourceDeps } from '../../deps.ts';
import {
  changePasswordSchema,
  meExample,
  meSchema,
  presentUser,
  sessionExample,
  sessionSchema,
  updateMeSchema,
  userExample,
  userSchema,
} from './schema.ts';
import { startSession } from './session-answer.ts';

type Limits = z.input<typeof meSchema>['limits'];

/** Who am I, and what I may change of it. */
export const accountRoutes = (deps: ResourceDeps): AnyRoute[] => [
  meRoute(deps),
  updateMeRoute(deps),
  changePasswordRoute(deps),
];

const gone = (): MusterError => new MusterError('UNAUTHENTICATED', 'The user of this credential is gone');

/** The caller's own row, with the repository that can change it. */
async function ownRow(database: Database, caller: Caller): Promise<{ users: UsersRepository; user: User }> {
  const users = new UsersRepository(database.em());
  const user = await users.findById(caller.userId);
  if (user === null) throw gone();
  return { users, user };
}

/** What the caller has of everything that is limited. */
async function limitsOf({ database, settings, open }: ResourceDeps, userId: string): Promise<Limits> {
  const used = await database.as({ ownerId: userId }, (em) => readQuotaUse(em, userId));
  const limits: Limits = {};
  for (const name of USER_LIMIT_NAMES) {
    const maximum = settings.USER_LIMITS[name];
    const now =
      name === 'event_streams' || name === 'websockets' ? open.count(userId, name) : (used.get(name) ?? 0);
    limits[name] = { maximum: maximum === 0 ? null : maximum, used: now };
  }
  return limits;
}

const meRoute = (deps: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/auth/me',
      operationId: 'getMe',
      tags: ['Auth'],
      summary: 'Whose credential this is',
      access: 'user',
      description:
        'With `limits`: of what one user may keep, have queued or hold open, how much there may be (`maximum`, null for no ' +
        'limit) and is (`used`; of streams and WebSockets at the process that answers). More is refused with 409, or 429 ' +
        'where waiting helps; `details` then names `limit`, `maximum` and `current`.',
      responses: { 200: { description: 'The user', schema: meSchema, example: meExample } },
    },
    async ({ caller, respond }) => {
      const { user } = await ownRow(deps.database, caller);
      return respond(200, { ...presentUser(user), limits: await limitsOf(deps, caller.userId) });
    },
  );

const updateMeRoute = ({ database, guesses }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'PATCH',
      path: '/api/v1/auth/me',
      operationId: 'updateMe',
      tags: ['Auth'],
      summary: 'Change your name or e-mail address',
      access: 'user',
      refusesKeys: true,
      body: updateMeSchema,
      example: { name: 'Ada Lovelace' },
      responses: { 200: { description: 'Changed', schema: userSchema, example: userExample } },
      errors: ['CONFLICT'],
    },
    async ({ body: { name, email }, caller, respond }) => {
      const { users, user } = await ownRow(database, caller);
      if (email === null && (user.email ?? null) !== null) {
        throw invalid('The request does not fit', [{ path: '/email', message: 'cannot be taken away' }]);
      }
      const change = { ...(name !== undefined && { name }), ...(typeof email === 'string' && { email }) };
      const write = (): Promise<void> => users.changeProfile(user, change, new Date());
      // Whether an address is somebody's must not be found out for many.
      if (change.email === undefined) await write();
      else await guesses.guess(`address/${user.id}`, write, ({ code }) => code === 'CONFLICT');
      return respond(200, presentUser(user));
    },
  );

const changePasswordRoute = (deps: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/auth/change-password',
      operationId: 'changePassword',
      tags: ['Auth'],
      summary: 'Choose another password',
      description:
        'Ends every session of yours and every access token issued before, here and elsewhere; the answer holds a ' +
        'new session, to go on with. API keys stay.',
      access: 'user',
      refusesKeys: true,
      body: changePasswordSchema,
      example: {
        current_password: 'correct horse battery staple',
        new_password: 'another horse battery staple',
      },
      responses: { 200: { description: 'Changed', schema: sessionSchema, example: sessionExample } },
      errors: ['CONFLICT'],
    },
    async ({ body, caller, request, respond }) => {
      request.note({ target: caller.userId });
      const { user } = await ownRow(deps.database, caller);
      const from = user.passwordHash ?? null;
      if (from === null) throw conflict('This account has no password: you log in at the external issuer');
      await deps.guesses.guess(
        // By session: whoever has stolen one guesses there, and its owner changes the password in another.
        `password/${caller.sessionId ?? caller.userId}`,
        async () => {
          if (await deps.passwords.verify(body.current_password, from)) return;
          throw invalid('The current password is wrong', [
            { path: '/current_password', message: 'is wrong' },
          ]);
        },
        ({ code }) => code === 'VALIDATION_FAILED',
      );
      const to = await deps.passwords.hash(body.new_password);
      const sessions = new SessionsRepository(deps.database.em());
      if (!(await sessions.changePassword(user.id, { from, to }, new Date()))) {
        throw conflict('The password was changed just now by somebody else');
      }
      const session = await startSession(deps, user, to);
      if (session === null) throw gone();
      return respond(200, session);
    },
  );
