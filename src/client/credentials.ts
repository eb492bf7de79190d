/** How a client proves who it is: an access token (or what makes a fresh one), or an API key; by nothing where none is wanted. */
export interface Credentials {
  token?: string | (() => string | undefined | Promise<string | undefined>);
  apiKey?: string;
}

/** The headers of one request. */
export async function credentialHeaders({ token, apiKey }: Credentials): Promise<Record<string, string>> {
  if (apiKey !== undefined) return { 'x-api-key': apiKey };
  const value = typeof token === 'function' ? await token() : token;
  return value === undefined ? {} : { authorization: `Bearer ${value}` };
}
