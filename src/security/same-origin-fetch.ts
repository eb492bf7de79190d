/** Redirects one request may take. */
const MOST_REDIRECTS = 5;

/** A server that was given a credential sends the request on to where the credential must not go. */
export class RedirectRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RedirectRefused';
  }
}

const addressOf = (input: string | URL | Request): string =>
  input instanceof Request ? input.url : String(input);

/**
 * A `fetch` for requests that carry credentials in headers of any name, and texts that are nobody else's. It follows
 * redirects within the origin it was told; the usual `fetch` takes `Authorization` and `Cookie` off a request that goes
 * elsewhere, and leaves on it every other header, such as `api-key`.
 * @throws {RedirectRefused} for a redirect to another origin, for one that would change the method, and for too many
 */
export const sameOriginFetch = async (
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> => {
  let url = new URL(addressOf(input));
  let response = await fetch(input, { ...init, redirect: 'manual' });
  for (let hops = 0; ; hops += 1) {
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    url = allowedNext(url, location, response.status, init?.method ?? 'GET');
    if (hops === MOST_REDIRECTS)
      throw new RedirectRefused(`${url.origin} redirects more than ${MOST_REDIRECTS} times`);
    response = await fetch(url, { ...init, redirect: 'manual' });
  }
};

function allowedNext(from: URL, location: string, status: number, method: string): URL {
  const next = URL.parse(location, from.href);
  if (next?.origin !== from.origin) {
    throw new RedirectRefused(
      `${from.origin} redirects to ${next?.origin ?? 'nowhere'}, which gets no credentials: give that address instead`,
    );
  }
  const keepsMethod = status === 307 || status === 308 || ['GET', 'HEAD'].includes(method.toUpperCase());
  if (keepsMethod) return next;
  throw new RedirectRefused(
    `${from.origin} redirects a ${method} to ${next.pathname}: give that address instead`,
  );
}
