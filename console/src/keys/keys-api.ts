import { answer, answerWithTotal, api, type ApiKeySchema, type NewApiKeySchema } from '../api/client.ts';

/** What the page of API keys asks of the API. */

export type Scope = ApiKeySchema['scopes'][number];

/** What a key can be allowed, and what that means. */
export const SCOPES: readonly { scope: Scope; about: string; forAdmins?: true }[] = [
  { scope: 'read', about: 'see everything that is yours' },
  { scope: 'write', about: 'start, steer and change it' },
  { scope: 'agent', about: 'report as an agent that runs elsewhere, and nothing more' },
  { scope: 'admin', about: 'all that an admin may', forAdmins: true },
];

export const listKeys = (query: {
  scope: 'mine' | 'all';
  skip: number;
  limit: number;
}): Promise<{ data: ApiKeySchema[]; total: number }> =>
  answerWithTotal(api.GET('/api/v1/api-keys', { params: { query } }));

/** What of a key its owner says. `expires_at` null: never. */
export interface KeyWords {
  name: string;
  scopes: Scope[];
  expires_at?: string | null;
}

export const createKey = (body: KeyWords): Promise<NewApiKeySchema> =>
  answer(api.POST('/api/v1/api-keys', { body }));

export const changeKey = (id: string, body: KeyWords): Promise<ApiKeySchema> =>
  answer(api.PATCH('/api/v1/api-keys/{id}', { params: { path: { id } }, body }));

export const rotateKey = (id: string): Promise<NewApiKeySchema> =>
  answer(api.POST('/api/v1/api-keys/{id}/rotate', { params: { path: { id } } }));

export const revokeKey = (id: string): Promise<{ message: string }> =>
  answer(api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id } } }));
