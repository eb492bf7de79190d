import { invalid, MusterError, notFound } from '../../../domain/errors.ts';
import type { ApiKey } from '../../../persistence/entities/api-key.entity.ts';
import {
  ApiKeysRepository,
  type ApiKeyChange,
} from '../../../persistence/repositories/api-keys.repository.ts';
import { createApiKey, type ApiKeyScope } from '../../../security/api-key.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ResourceDeps } from '../../deps.ts';
import { makeOwned } from '../../make-owned.ts';
import { listedOwner } from '../../parameters.ts';
import { messageSchema } from '../auth/schema.ts';
import {
  apiKeyParamsSchema,
  apiKeySchema,
  createApiKeySchema,
  listApiKeysSchema,
  newApiKeySchema,
  presentApiKey,
  updateApiKeySchema,
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

/** What is the same of all that name one key. */
const ONE = { tags: ['API keys'], access: 'user', params: apiKeyParamsSchema, what: 'API key' } as const;

/** API keys: list, make, look at, change, rotate, revoke. */
export const apiKeyRoutes = (deps: ResourceDeps): AnyRoute[] => [
  listRoute(deps),
  createRoute(deps),
  getRoute(deps),
  updateRoute(deps),
  rotateRoute(deps),
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

/** @throws {MusterError} 403 when the caller gives a power that is not the caller's to give. */
function checkScopes(caller: Caller, scopes: readonly ApiKeyScope[], had: readonly ApiKeyScope[]): void {
  if (scopes.includes('admin') && !had.includes('admin') && !caller.isAdmin) {
    throw new MusterError('FORBIDDEN', 'Only an admin can give a key the scope admin');
  }
}

function checkExpiry(expiresAt: Date | null, now: Date): void {
  if (expiresAt !== null && expiresAt <= now) {
    throw invalid('The request does not fit', [{ path: '/expires_at', message: 'must lie in the future' }]);
  }
}

/** An admin reaches every key, everybody else their own. */
const reachOf = (caller: Caller): string | undefined => (caller.isAdmin ? undefined : caller.userId);

/** @throws {MusterError} 404, whether the key is absent, revoked or somebody else's. */
async function reachKey(keys: ApiKeysRepository, caller: Caller, id: string): Promise<ApiKey> {
  const key = await keys.find(id, reachOf(caller));
  if (key === null) throw notFound('API key');
  return key;
}

const createRoute = (deps: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/api-keys',
      operationId: 'createApiKey',
      tags: ['API keys'],
      summary: 'Make an API key',
      description: 'The key is shown in `key`, this once. Needs an access token: a key makes no keys.',
      access: 'user',
      refusesKeys: true,
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
      errors: ['CONFLICT'],
    },
    async ({ body, caller, request, respond }) => {
      const now = new Date();
      const expiresAt = body.expires_at === null ? null : new Date(body.expires_at);
      checkScopes(caller, body.scopes, []);
      checkExpiry(expiresAt, now);
      const { key, publicId, secretHash } = createApiKey();
      const { userId: ownerId } = caller;
      const { name, scopes } = body;
      const made = { ownerId, name, publicId, secretHash, scopes, expiresAt, createdAt: now };
      const row = await makeOwned(deps, ownerId, ['api_keys'], (em) =>
        new ApiKeysRepository(em).create(made),
      );
      request.note({ target: row.id });
      return respond(201, { ...presentApiKey(row), key });
    },
  );

const getRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'GET',
      path: '/api/v1/api-keys/{id}',
      operationId: 'getApiKey',
      summary: 'One API key',
      responses: { 200: { description: 'The key', schema: apiKeySchema, example: keyExample } },
    },
    async ({ params, caller, respond }) =>
      respond(200, presentApiKey(await reachKey(new ApiKeysRepository(database.em()), caller, params.id))),
  );

const updateRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'PATCH',
      path: '/api/v1/api-keys/{id}',
      operationId: 'updateApiKey',
      summary: 'Change what a key is called, may do, and how long',
      refusesKeys: true,
      body: updateApiKeySchema,
      example: { name: 'CI', scopes: ['read'] },
      responses: { 200: { description: 'Changed', schema: apiKeySchema, example: keyExample } },
    },
    async ({ params, body, caller, request, respond }) => {
      const keys = new ApiKeysRepository(database.em());
      const key = await reachKey(keys, caller, params.id);
      const change: ApiKeyChange = {};
      if (body.name !== undefined) change.name = body.name;
      if (body.scopes !== undefined) {
        checkScopes(caller, body.scopes, key.scopes);
        change.scopes = body.scopes;
      }
      if (body.expires_at !== undefined) {
        const expiresAt = body.expires_at === null ? null : new Date(body.expires_at);
        // What was read may be sent back, though it has passed since.
        if (expiresAt?.getTime() !== key.expiresAt?.getTime()) checkExpiry(expiresAt, new Date());
        change.expiresAt = expiresAt;
      }
      request.note({ target: key.id });
      const changed = await keys.update(key, change);
      if (changed === null) throw notFound('API key');
      return respond(200, presentApiKey(changed));
    },
  );

const rotateRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'POST',
      path: '/api/v1/api-keys/{id}/rotate',
      operationId: 'rotateApiKey',
      secrets: ['key'],
      summary: 'Replace the secret of a key',
      description: 'The new key is shown in `key`, this once; the old one is dead at once.',
      refusesKeys: true,
      responses: {
        200: {
          description: 'Rotated',
          schema: newApiKeySchema,
          example: { ...keyExample, key: 'mst_4Fq9ZbT0xLmR_…' },
        },
      },
    },
    async ({ params, caller, request, respond }) => {
      const keys = new ApiKeysRepository(database.em());
      const found = await reachKey(keys, caller, params.id);
      const { key, publicId, secretHash } = createApiKey();
      request.note({ target: found.id });
      const changed = await keys.update(found, { publicId, secretHash, lastUsedAt: null });
      if (changed === null) throw notFound('API key');
      return respond(200, { ...presentApiKey(changed), key });
    },
  );

const deleteRoute = ({ database }: ResourceDeps): AnyRoute =>
  defineRoute(
    {
      ...ONE,
      method: 'DELETE',
      path: '/api/v1/api-keys/{id}',
      operationId: 'deleteApiKey',
      summary: 'Revoke an API key, at once',
      responses: {
        200: { description: 'Revoked', schema: messageSchema, example: { message: 'API key revoked' } },
      },
    },
    async ({ params, caller, request, respond }) => {
      const keys = new ApiKeysRepository(database.em());
      const isDone = await keys.revoke(params.id, reachOf(caller), new Date());
      if (!isDone) throw notFound('API key');
      request.note({ target: params.id });
      return respond(200, { message: 'API key revoked' });
    },
  );
