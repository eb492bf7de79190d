import { JSONParseError, TypeValidationError } from '@ai-sdk/provider';
import { z } from 'zod';
import { ModelFailure } from './model.ts';
import type { ModelFailureKind } from './model.ts';
import type { ProviderName } from './providers.ts';
import { ReportedError, type Reported } from './reported-error.ts';

/** Who was being spoken to when it failed: what messages may name. */
export interface FailureContext {
  provider: ProviderName;
  model: string;
  baseUrl: string;
  keySetting: string;
  baseUrlSetting: string;
  /** The key itself, only so that it can be struck out of what a server echoes. */
  apiKey: string | undefined;
  /** True when some part of a reply had already arrived. */
  replyBegun: boolean;
  /** Milliseconds since 1970, for `Retry-After` dates. */
  nowMs: number;
}

/** A server's own words are cut to this many characters: some echo the whole prompt. */
const MAX_SERVER_WORDS = 300;

const TIMEOUT_CODES = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** How servers say that a conversation is too long for a model. */
const TOO_LONG =
  /context_length_exceeded|(context|prompt|input|message|request).{0,60}(too long|too large|exceed|longer than)|maximum context length|reduce the length/i;

/** An error as far as it is known without asking which realm its class comes from. */
const errorShape = z.looseObject({
  message: z.string().catch(''),
  name: z.string().catch(''),
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  cause: z.unknown().optional(),
});

/**
 * Makes any error of a chat-completions call a {@link ModelFailure}: whose fault it is decides whether the
 * engine tries again. The caller's own abort never comes here. Pure.
 */
export function classifyFailure(error: unknown, about: FailureContext): ModelFailure {
  if (error instanceof ModelFailure) return error;
  if (error instanceof ReportedError) return fromReport(error, about);
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) {
    return new ModelFailure('bad_reply', `${about.provider} sent something that is no chat completion`);
  }
  const broken = fromConnection(error, about);
  if (broken !== undefined) return broken;
  return new ModelFailure('bad_reply', `the reply of ${about.provider} could not be read`, { cause: error });
}

function fromStatus(
  status: number,
  serverWords: string,
  about: FailureContext,
  waitMs: number | undefined,
): ModelFailure {
  const { provider, model, keySetting, baseUrlSetting } = about;
  const words = spoken(serverWords, about);
  const failure = (kind: ModelFailureKind, message: string): ModelFailure =>
    new ModelFailure(kind, `${message}${words}`, { retryAfterMs: waitMs });
  if (status === 429) return failure('rate_limit', `${provider} limits the rate of calls (429)`);
  if (status === 408 || status === 409 || status >= 500) {
    return failure('unavailable', `${provider} could not answer (${status})`);
  }
  if (status === 401 || status === 403) {
    return failure(
      'auth',
      about.apiKey === undefined
        ? `${provider} wants a key and ${keySetting} is not set (${status})`
        : `${keySetting} was refused by ${provider} for the model "${model}" (${status})`,
    );
  }
  if ((status === 400 || status === 413 || status === 422) && TOO_LONG.test(serverWords)) {
    const message =
      `the conversation is longer than the context window of ${provider}/${model} (${status}); ` +
      'respect_context_window would have it summarised';
    return failure('context_length', message);
  }
  if (status === 404) {
    return failure(
      'bad_request',
      `${provider} does not know the model "${model}" at ${address(about.baseUrl)} (404): ` +
        `check the model's name and ${baseUrlSetting}`,
    );
  }
  if (status >= 400) return failure('bad_request', `${provider} refused the request (${status})`);
  return failure('bad_reply', `${provider} answered with status ${status}; check ${baseUrlSetting}`);
}

/** What a server says of itself: by the status of its answer, by one that it names, by its label, by its words. */
function fromReport({ reported, answer, isForeign }: ReportedError, about: FailureContext): ModelFailure {
  const waitMs = retryAfterMs(answer?.headers, about.nowMs);
  const { message, code, type } = reported;
  if (isQuota(reported, answer?.status))
    return new ModelFailure('quota', `the quota of ${about.provider} is used up${spoken(message, about)}`);
  const status = answer?.status ?? reported.status;
  if (status !== null) return fromStatus(status, message, about, waitMs);
  const label = `${code ?? ''} ${type ?? ''}`;
  const known =
    LABELS.find(([pattern]) => pattern.test(label))?.[1] ??
    WORDS.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return fromStatus(known, message, about, undefined);
  if (isForeign)
    return new ModelFailure(
      'bad_reply',
      `${about.provider} sent something that is no chat completion${spoken(message, about)}`,
    );
  return new ModelFailure(
    'unavailable',
    `${about.provider} reported an error in its reply${spoken(message, about)}`,
  );
}

/** Codes and types of errors → the status they stand for. */
const LABELS: readonly [RegExp, number][] = [
  [/rate.?limit|too.?many.?requests|resource.?exhausted|throttl/i, 429],
  [/overloaded|unavailable|server.?error|api_error/i, 503],
  [/authenticat|invalid.?api.?key|permission|unauthorized|forbidden/i, 401],
  [/model.?not.?found|not_found/i, 404],
  [/invalid.?request|invalid.?argument|context_length|content.?(filter|policy)|bad.?request/i, 400],
];
/** The same for servers that say no more than words. */
const WORDS: readonly [RegExp, number][] = [
  [/\brate.?limit|too many requests/i, 429],
  [/invalid (api|authentication) key|incorrect api key|unauthori[sz]ed/i, 401],
  [TOO_LONG, 400],
];

/** Codes and types that say that money or an allowance is used up, so that waiting does not help. */
const QUOTA_LABEL =
  /insufficient.{0,8}(quota|balance|credit|fund)|exceeded_current_quota|quota_exceeded|\bbilling_(?:hard_limit_reached|not_active|error)\b|credit.?(limit|exhausted)|arrear|overdue|payment.?required|usage_limit/i;
const QUOTA_WORDS =
  /credit balance is too low|insufficient.{0,12}(balance|credit|fund|quota)|(out of|no more|more) credits|billing hard limit|exceeded your (current|monthly) (quota|usage|spend)|(spend|spending|usage|monthly|billing) limit (has been |was )?(reached|exceeded)|account.{0,20}(overdue|in arrears)|payment required|余额不足|欠费/i;
/** Gemini speaks of a quota where it means the calls of this minute, and says when to come again. */
const PASSES = /retry in|try again in|per.?minute|PerMinute|per.?second/i;

function isQuota({ message, code, type }: Reported, status: number | undefined): boolean {
  if (status === 402 || code === 402) return true;
  if (status !== undefined && (status >= 500 || status === 404)) return false;
  if (QUOTA_LABEL.test(`${code ?? ''} ${type ?? ''}`)) return true;
  return QUOTA_WORDS.test(message) && !PASSES.test(message);
}

/** Failures below HTTP: refused, reset, cut, unresolved. Undefined when it was none of them. */
function fromConnection(error: unknown, about: FailureContext): ModelFailure | undefined {
  const chain = causes(error);
  const code = chain
    .map((link) => link.code)
    .find((value) => typeof value === 'string' && /^[A-Z]/.test(value));
  const broken = chain.some((link) => /^(fetch failed|failed to fetch|terminated)$/i.test(link.message));
  if (code === undefined && !broken) return undefined;
  if (code !== undefined && TIMEOUT_CODES.has(String(code))) {
    return new ModelFailure('timeout', `${about.provider} did not answer in time (${code})`);
  }
  const why = code === undefined ? '' : ` (${code})`;
  return new ModelFailure(
    'unavailable',
    about.replyBegun
      ? `the connection to ${about.provider} broke in the middle of its reply${why}`
      : `${about.provider} could not be reached at ${address(about.baseUrl)}${why}; see ${about.baseUrlSetting}`,
  );
}

/** An error and what caused it, outermost first; bounded, since causes may go in circles. */
function causes(error: unknown): z.output<typeof errorShape>[] {
  const chain: z.output<typeof errorShape>[] = [];
  let current = error;
  while (chain.length < 8) {
    const link = errorShape.safeParse(current);
    if (!link.success || !isThrown(current)) break;
    chain.push(link.data);
    current = link.data.cause;
  }
  return chain;
}

/** Told by its stack, since errors of other realms are no instances of our `Error`. */
const isThrown = (value: unknown): boolean => typeof value === 'object' && value !== null && 'stack' in value;

/**
 * How long a server asks to be left alone, in milliseconds: `retry-after-ms`, or `retry-after` as seconds or
 * as an HTTP date. Undefined when it does not say, or says nonsense. Pure.
 */
export function retryAfterMs(headers: Record<string, string> | undefined, nowMs: number): number | undefined {
  const exact = headers?.['retry-after-ms']?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(exact)) return Math.ceil(Number(exact));
  const given = headers?.['retry-after']?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(given)) return Math.ceil(Number(given) * 1000);
  const date = /[a-z]/i.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** The server's words as an ending of ours: one line, short, without anything that looks like a key. */
function spoken(words: string, about: FailureContext): string {
  let clean = words.replaceAll(/\s+/g, ' ').trim();
  if (about.apiKey !== undefined && about.apiKey !== '') clean = clean.replaceAll(about.apiKey, '***');
  clean = clean
    .replaceAll(/\b(sk|gsk|csk|key)-[\w*-]{4,}/gi, '***')
    .replaceAll(/\b(AIza|gsk_|[sr]k_)[\w*-]{8,}/g, '***')
    .replaceAll(/\bBearer\s+\S+/gi, 'Bearer ***');
  if (clean === '') return '';
  return `: ${clean.length > MAX_SERVER_WORDS ? `${clean.slice(0, MAX_SERVER_WORDS)}…` : clean}`;
}

/** An address without what may be secret in it: user, password, query. */
function address(baseUrl: string): string {
  const url = new URL(baseUrl);
  return `${url.origin}${url.pathname}`;
}
