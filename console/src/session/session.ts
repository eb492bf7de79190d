import type { components } from '../../../src/client/api-types.ts';
import { ApiError, toApiError } from '../../../src/client/api-error.ts';

/** Who is signed in in this browser. All tabs share one session; whichever needs a fresh token first gets it for all. */

type Signed = components['schemas']['Session'];
export type Person = components['schemas']['User'];

interface StoredSession {
  accessToken: string;
  refreshToken: string;
  /** When the access token ends, in milliseconds since 1970. */
  expiresAt: number;
}

const STORE = 'muster.session';
const KEY_STORE = 'muster.api-key';
/** A token this close to its end is renewed first. */
const MARGIN_MS = 30_000;

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};

/** Calls back whenever somebody signs in or out, here or in another tab. @returns what ends it */
export function onSessionChange(listener: () => void): () => void {
  const inOtherTab = (event: StorageEvent): void => {
    if (event.key === STORE && (event.oldValue === null || event.newValue === null)) listener();
  };
  listeners.add(listener);
  window.addEventListener('storage', inOtherTab);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', inOtherTab);
  };
}

function isStored(value: unknown): value is StoredSession {
  return (
    typeof value === 'object' &&
    value !== null &&
    'accessToken' in value &&
    'refreshToken' in value &&
    'expiresAt' in value &&
    typeof value.accessToken === 'string' &&
    typeof value.refreshToken === 'string' &&
    typeof value.expiresAt === 'number'
  );
}

function read(): StoredSession | null {
  const text = localStorage.getItem(STORE);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isStored(value) ? value : null;
  } catch (error) {
    // Whatever wrote it, it is no session: the person signs in again.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function keep({ access_token, refresh_token, expires_in }: Signed): void {
  const stored: StoredSession = {
    accessToken: access_token,
    refreshToken: refresh_token,
    expiresAt: Date.now() + expires_in * 1000,
  };
  localStorage.setItem(STORE, JSON.stringify(stored));
}

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(`/api/v1/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function signedBy(response: Response): Promise<Signed> {
  if (!response.ok) throw toApiError(response.status, await response.json().catch(() => undefined));
  const signed: Signed = await response.json();
  return signed;
}

/** @throws {ApiError} 401 with one answer for a wrong password and an unknown e-mail */
export async function signIn(email: string, password: string): Promise<void> {
  keep(await signedBy(await post('login', { email, password })));
  tell();
}

/** Uses an API key until this tab is closed. */
export function signInWithKey(apiKey: string): void {
  sessionStorage.setItem(KEY_STORE, apiKey);
  tell();
}

/** Whether an API key is used, which may do less than its owner: it makes neither keys nor users. */
export const isSignedInWithKey = (): boolean => sessionStorage.getItem(KEY_STORE) !== null;

/** Ends the session here and on the server. A server that is away does not keep anybody signed in here. */
export async function signOut(): Promise<void> {
  const stored = read();
  forget();
  if (stored === null) return;
  const { refreshToken: refresh_token, accessToken } = stored;
  await fetch('/api/v1/auth/logout', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ refresh_token }),
  });
}

/** Forgets who was signed in: the server no longer takes what is kept here. */
export function forget(): void {
  const wasSigned = localStorage.getItem(STORE) !== null || sessionStorage.getItem(KEY_STORE) !== null;
  localStorage.removeItem(STORE);
  sessionStorage.removeItem(KEY_STORE);
  if (wasSigned) tell();
}

/** A credential the server takes now, or undefined where nobody is signed in (or nobody has to be: `--no-auth`). */
export async function currentToken(): Promise<string | undefined> {
  const apiKey = sessionStorage.getItem(KEY_STORE);
  if (apiKey !== null) return apiKey;
  const stored = read();
  if (stored === null) return undefined;
  if (stored.expiresAt - MARGIN_MS > Date.now()) return stored.accessToken;
  return oneAtATime(renewed);
}

/** A refresh token is good for one use: the first to come renews, the others find it done. */
async function renewed(): Promise<string | undefined> {
  const stored = read();
  if (stored === null) return undefined;
  if (stored.expiresAt - MARGIN_MS > Date.now()) return stored.accessToken;
  try {
    keep(await signedBy(await post('refresh', { refresh_token: stored.refreshToken })));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    forget();
  }
  return read()?.accessToken;
}

let renewing: Promise<string | undefined> | undefined;

/** Browsers give locks across tabs to secure pages only; elsewhere one at a time within this tab. */
function oneAtATime(work: () => Promise<string | undefined>): Promise<string | undefined> {
  renewing ??= ('locks' in navigator ? navigator.locks.request(STORE, work) : work()).finally(() => {
    renewing = undefined;
  });
  return renewing;
}
