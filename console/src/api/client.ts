import { QueryClient } from '@tanstack/react-query';
import { ApiError, toApiError } from '../../../src/client/api-error.ts';
import { createClient } from '../../../src/client/index.ts';
import { currentToken, forget } from '../session/session.ts';

export { ApiError } from '../../../src/client/api-error.ts';
export type * from '../../../src/client/api-types.ts';

/** The console's one way to the API: the public client, as anybody else would use it. */
export const api = createClient({
  baseUrl: window.location.origin,
  token: currentToken,
});

/** What a call of the client comes to. */
interface Called<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

type Given<Data> = Data & ({} | null);

/** The body of an answer. @throws {ApiError} in the words of the API; a 401 ends the session */
export async function answer<Data>(call: Promise<Called<Data>>): Promise<Given<Data>> {
  return (await answerWithTotal(call)).data;
}

/** A page of a list, and how long the list is in all (`X-Total-Count`). @throws {ApiError} */
export async function answerWithTotal<Data>(
  call: Promise<Called<Data>>,
): Promise<{ data: Given<Data>; total: number }> {
  const { data, error, response } = await call;
  if (response.ok && data !== undefined) {
    const total = Number(response.headers.get('x-total-count') ?? 0);
    return { data, total };
  }
  if (response.status === 401) forget();
  throw toApiError(response.status, error);
}

/** What a 4xx says will not change by asking again; a lost connection or a busy server may. */
const mayPass = (error: Error): boolean =>
  !(error instanceof ApiError) || error.status === 429 || error.status >= 500;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 5 && mayPass(error),
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 10_000),
      staleTime: 2_000,
      gcTime: 60_000,
    },
    mutations: { retry: false },
  },
});
