import { expect } from '@jest/globals';
import { z } from 'zod';
import type { TestApi } from './test-api.ts';

/** Calls of a test API in somebody's name, and people to make them. */

export const sessionSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string().min(43),
  token_type: z.literal('bearer'),
  expires_in: z.literal(900),
  user: z.looseObject({ id: z.string(), email: z.string() }),
});
export type TestSession = z.infer<typeof sessionSchema>;

/** Somebody with an account and a session. */
export interface Person {
  id: string;
  email: string;
  password: string;
  session: TestSession;
  /** The session's access token. */
  token: string;
}

const newKeySchema = z.object({ id: z.string(), key: z.string(), scopes: z.array(z.string()) });
export type TestKey = z.infer<typeof newKeySchema>;

export const bearer = (credential: string): Record<string, string> => ({
  authorization: `Bearer ${credential}`,
});

/** @param credential an access token or API key; left out: none is sent */
export type Send = (method: string, path: string, credential?: string, body?: unknown) => Promise<Response>;

/** What tests do with the API: `path` is under `/api/v1`. */
export function peopleOf(api: () => TestApi): {
  send: Send;
  login: (email: string, password: string) => Promise<Response>;
  register: (email: string) => Promise<Person>;
  makeKey: (token: string, body: Record<string, unknown>) => Promise<TestKey>;
} {
  const send: Send = (method, path, credential, body) =>
    fetch(`${api().url}/api/v1${path}`, {
      method,
      headers: {
        ...(credential !== undefined && bearer(credential)),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const login = (email: string, password: string): Promise<Response> =>
    send('POST', '/auth/login', undefined, { email, password });
  return {
    send,
    login,
    register: async (email) => {
      const password = 'a long enough password';
      const made = await send('POST', '/auth/register', undefined, { email, password });
      expect([await made.clone().text(), made.status]).toEqual([expect.any(String), 201]);
      const session = sessionSchema.parse(await (await login(email, password)).json());
      return { id: session.user.id, email, password, session, token: session.access_token };
    },
    makeKey: async (token, body) => {
      const response = await send('POST', '/api-keys', token, body);
      expect(response.status).toBe(201);
      return newKeySchema.parse(await response.json());
    },
  };
}

/** The status of an answer whose body is of no interest. */
export async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer;
  await response.arrayBuffer();
  return response.status;
}
