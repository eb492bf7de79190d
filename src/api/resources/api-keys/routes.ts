import { invalid, MusterError, notFound } from '../../../domain/errors.ts';
import { ApiKeysRepository } from '../../../persistence/repositories/api-keys.repository.ts';
import { createApiKey, type ApiKeyScope } from '../../../security/api-key.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ResourceDeps } from '../../deps.ts';
import { listedOwner } from '../../parameters.ts';
import {
  apiKeyParamsSchema,
  apiKeySchema,
  createApiKeySchema,
  deletedSchema,
  listApiKeysSchema,
  newApiKeySchema,
  presentApiKey,
} from './schema.ts';

const keyExample = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e60',
  owner_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  name: 'CI',
  prefix: 'mst_4Fq9ZbT0xLmR',
  scopes: ['read', 'write'],
  expires_at: null,
  last_used_at: null,
  created_at: '2026-11-20T09:30:00.000Z',
};

/** API keys: list, make, revoke. */
export const apiKeyRoutes = (deps: ResourceDeps): AnyRoute[] => [
  listRoute(deps),
  createRoute(deps),
  deleteRoute(deps),
];

const listRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/api-keys',
      operationId: 'listApiKeys',
      tags: ['API keys'],
      summary: 'Your API keys, newest first',
      access: 'user',
      query: listApiKeysSchema,
      responses: {
        200: {
          description: 'Keys that are not revoked',
          schema: apiKeySchema.array(),
          example: [keyExample],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, caller, respond }) => {
      const owner = listedOwner(caller, query.scope);
      const [keys, total] = await new ApiKeysRepository(database.em()).list(owner, query);
      return respond(200, keys.map(presentApiKey), { 'X-Total-Count': String(total) });
    },
  );

function checkNewKey(
  caller: Caller,
  scopes: readonly ApiKeyScope[],
  expiresAt: Date | null,
  now: Date,
): void {
  if (caller.credential === 'api_key') {
    throw new MusterError('FORBIDDEN', 'An API key cannot make API keys; use an access token');
  }
  if (scopes.includes('admin') && !caller.isAdmin) {
    throw new MusterError('FORBIDDEN', 'Only an admin can give a key the scope admin');
  }
  if (expiresAt !== null && expiresAt <= now) {
    throw invalid('The request does not fit', [{ path: '/expires_at', message: 'must lie in the future' }]);
  }
}

const createRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/api-keys',
      operationId: 'createApiKey',
      tags: ['API keys'],
      summary: 'Make an API key',
      description: 'The key is shown in `key`, this once. Needs an access token: a key makes no keys.',
      access: 'user',
      body: createApiKeySchema,
      secrets: ['key'],
      example: { name: 'CI', scopes: ['read', 'write'] },
      responses: {
        201: {
          description: 'Made',
          schema: newApiKeySchema,
          example: { ...keyExample, key: 'mst_4Fq9ZbT0xLmR_…' },
        },
      },
    },
    async ({ body, caller, respond }) => {
      const now = new Date();
      const expiresAt = body.expires_at === null ? null : new Date(body.expires_at);
      checkNewKey(caller, body.scopes, expiresAt, now);
      const { key, publicId, secretHash } = createApiKey();
      const row = await new ApiKeysRepository(database.em()).create({
        ownerId: caller.userId,
        name: body.name,
        publicId,
        secretHash,
        scopes: body.scopes,
        expiresAt,
        createdAt: now,
      });
      return respond(201, { ...presentApiKey(row), key });
    },
  );

const deleteRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'DELETE',
      path: '/api/v1/api-keys/{id}',
      operationId: 'deleteApiKey',
      tags: ['API keys'],
      summary: 'Revoke an API key, at once',
      access: 'user',
      params: apiKeyParamsSchema,
      what: 'API key',
      responses: {
        200: { description: 'Revoked', schema: deletedSchema, example: { message: 'API key revoked' } },
      },
    },
    async ({ params, caller, respond }) => {
      const owner = caller.isAdmin ? undefined : caller.userId;
      const isDone = await new ApiKeysRepository(database.em()).revoke(params.id, owner, new Date());
      if (!isDone) throw notFound('API key');
      return respond(200, { message: 'API key revoked' });
    },
  );
