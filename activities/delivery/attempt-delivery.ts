import { isNativeError } from 'node:util/types';
import { webhookHeaders } from '../../src/engine/webhooks/sign-webhook.ts';
import type { Attempt, DueDelivery, Endpoint } from '../../src/persistence/deliveries.ts';
import { SecretLost } from '../../src/security/key-ring.ts';
import { secretPlace } from '../../src/engine/webhooks/secret-place.ts';
import type { DeliveryDeps } from './delivery-deps.ts';

/** What Standard Webhooks advises to wait for a receiver: 15 to 30 s. */
const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 65_536;
/** Of an error that is shown. */
const MAX_ERROR_LENGTH = 500;

/** An attempt, and what its answer says about the next one. */
export interface Answered {
  attempt: Attempt;
  retryAfter: string | undefined;
  /** There is no use in another attempt. */
  isFinal: boolean;
}

/**
 * Sends a message once. Whatever goes wrong between here and the receiver is an answer, not an exception.
 * @throws {SecretLost} when this process cannot read the endpoint's secret: that is for the operator to mend
 */
export async function attemptDelivery(
  deps: DeliveryDeps,
  endpoint: Endpoint,
  delivery: DueDelivery,
): Promise<Answered> {
  const at = deps.now();
  if (delivery.payload === null) {
    const error = 'what it speaks of is not there any more';
    return {
      attempt: { at, durationMs: 0, responseCode: null, error },
      retryAfter: undefined,
      isFinal: true,
    };
  }
  const body = JSON.stringify(delivery.payload);
  const headers = headersOf(deps, endpoint, { id: delivery.id, at, body });
  const begun = performance.now();
  const spent = (): number => Math.round(performance.now() - begun);
  try {
    const response = await deps.fetch(endpoint.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
      cutsBody: true,
      maxRedirects: 0,
    });
    const { status } = response;
    const error = status >= 200 && status <= 299 ? null : problemOf(status);
    return {
      attempt: { at, durationMs: spent(), responseCode: status, error },
      retryAfter: response.headers['retry-after'],
      isFinal: status === 410,
    };
  } catch (error) {
    // Not instanceof: a test's realm has an Error of its own.
    if (!isNativeError(error)) throw error;
    return {
      attempt: { at, durationMs: spent(), responseCode: null, error: wordsOf(error) },
      retryAfter: undefined,
      isFinal: false,
    };
  }
}

function problemOf(status: number): string {
  if (status >= 300 && status <= 399) return `the receiver answered ${status}: redirects are not followed`;
  return `the receiver answered ${status}`;
}

/** Node says of a connection that failed on several addresses nothing but its code. */
function wordsOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return (error.message === '' ? code : error.message).slice(0, MAX_ERROR_LENGTH);
}

/**
 * A webhook is signed, with the secret before as well while both are good; a user agent gets its key. Who starts a run over
 * `/amp` has no secret to verify with, as on AMP.
 */
function headersOf(
  { secrets }: DeliveryDeps,
  endpoint: Endpoint,
  message: { id: string; at: Date; body: string },
): Record<string, string> {
  const open = (sealed: string): string => secrets.open(sealed, secretPlace(endpoint.id));
  if (endpoint.kind !== 'webhook') {
    const { 'webhook-signature': _unsigned, ...named } = webhookHeaders(message, []);
    return {
      ...named,
      ...(endpoint.secret !== null && { authorization: `Bearer ${open(endpoint.secret)}` }),
    };
  }
  if (endpoint.secret === null) throw new SecretLost('a webhook has no secret');
  const overlaps = endpoint.previousSecretUntil !== null && endpoint.previousSecretUntil > message.at;
  const previous = overlaps ? endpoint.previousSecret : null;
  return webhookHeaders(message, [endpoint.secret, ...(previous === null ? [] : [previous])].map(open));
}
