import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import type { RequestErrorCode } from '../domain/errors.ts';
import { scopesFor } from './authorize.ts';
import type { AnswerSpec, AnyRoute, RouteSpec } from './define-route.ts';
import { ERROR_STATUS, errorEnvelopeSchema } from './errors.ts';
import { idempotencyHeaders, isIdempotent } from './idempotency.ts';
import { isLimited } from './middleware/rate-limit.ts';

/** On every answer to a call that counts (draft-ietf-httpapi-ratelimit-headers). Not there when limits are off. */
const LIMIT_HEADERS = {
  'RateLimit-Policy': 'The limits that apply: `"default";q=100;w=60` is 100 calls in 60 seconds',
  RateLimit: 'What is left of them: `"default";r=50;t=30` is 50 calls in the next 30 seconds',
};

/** What each error means to a client, and what its example says. */
const ERROR_TEXTS: Record<
  RequestErrorCode,
  { description: string; message: string; headers?: Record<string, string> }
> = {
  MALFORMED_REQUEST: { description: 'Not valid HTTP', message: 'The request is not valid HTTP' },
  INVALID_JSON: { description: 'The body is not JSON', message: 'The body is not valid JSON' },
  UNAUTHENTICATED: { description: 'No credential, or not a valid one', message: 'Credentials are missing' },
  FORBIDDEN: { description: 'Known, but not allowed', message: 'Only an admin may do this' },
  NOT_FOUND: { description: 'Not there, or not yours', message: 'Execution not found' },
  METHOD_NOT_ALLOWED: {
    description: 'Not with this method',
    message: 'Use GET',
    headers: { Allow: 'The methods that are' },
  },
  NOT_ACCEPTABLE: {
    description: 'The client does not take what this answers with',
    message: 'MCP clients send Accept: application/json, text/event-stream',
  },
  REQUEST_TIMEOUT: { description: 'It came too slowly', message: 'The request took too long to come' },
  CONFLICT: {
    description: 'The state forbids it, or a request with this Idempotency-Key is still being worked on',
    message: 'The execution is completed',
    headers: { 'Retry-After': 'Seconds to wait, when waiting helps' },
  },
  PAYLOAD_TOO_LARGE: { description: 'The body is too large', message: 'The body is larger than 1 MB' },
  UNSUPPORTED_MEDIA_TYPE: {
    description: 'The body is not application/json',
    message: 'Send application/json',
  },
  VALIDATION_FAILED: {
    description: 'The request does not fit its schema',
    message: 'The request does not fit',
  },
  UPGRADE_REQUIRED: {
    description: 'Asked without the upgrade it needs',
    message: 'This is a WebSocket: connect with ws:// or wss://',
    headers: { Upgrade: '`websocket`' },
  },
  RATE_LIMITED: {
    description: 'Too many requests',
    message: 'Too many requests; try again in 30 seconds',
    headers: { 'Retry-After': 'Seconds to wait', ...LIMIT_HEADERS },
  },
  HEADERS_TOO_LARGE: {
    description: 'The headers are too large',
    message: 'The headers are larger than 16 KB',
  },
  SERVICE_UNAVAILABLE: {
    description: 'A service this needs is away',
    message: 'The database cannot be reached; try again shortly',
    headers: { 'Retry-After': 'Seconds to wait' },
  },
  INTERNAL: { description: 'A bug', message: 'Something went wrong on our side' },
};

const responseName = (code: RequestErrorCode): string =>
  code.toLowerCase().replace(/(^|_)([a-z])/g, (_all, _bar, letter: string) => letter.toUpperCase());

const headersOf = (
  names: Record<string, string>,
): Record<string, { description: string; schema: { type: 'string' } }> =>
  Object.fromEntries(
    Object.entries(names).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

function errorResponse(code: RequestErrorCode): ZodOpenApiResponseObject {
  const { description, message, headers } = ERROR_TEXTS[code];
  const issues = code === 'VALIDATION_FAILED' ? { issues: [{ path: '/name', message: 'too short' }] } : {};
  const example = { error: code, message, details: { request_id: '4b6f…', ...issues }, detail: message };
  return {
    description,
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    content: { 'application/json': { schema: errorEnvelopeSchema, example } },
  };
}

/** The errors an operation can answer: those of its kind, and those its spec adds. In the order of their status. */
export function errorCodes(spec: RouteSpec): RequestErrorCode[] {
  const codes = new Set<RequestErrorCode>(['SERVICE_UNAVAILABLE', ...(spec.errors ?? [])]);
  if (isLimited(spec.path)) codes.add('RATE_LIMITED');
  if (isIdempotent(spec)) codes.add('CONFLICT').add('VALIDATION_FAILED');
  if (spec.access !== 'public') codes.add('UNAUTHENTICATED').add('FORBIDDEN');
  if (spec.params !== undefined) codes.add('NOT_FOUND');
  if (spec.query !== undefined) codes.add('VALIDATION_FAILED');
  if (spec.body !== undefined) {
    codes.add('INVALID_JSON').add('PAYLOAD_TOO_LARGE').add('UNSUPPORTED_MEDIA_TYPE').add('VALIDATION_FAILED');
  }
  return [...codes].sort((one, other) => ERROR_STATUS[one] - ERROR_STATUS[other]);
}

function answerObject(spec: RouteSpec, answer: AnswerSpec): ZodOpenApiResponseObject {
  const { description, schema, example, contentType = 'application/json', file, headers } = answer;
  return {
    description,
    headers: headersOf({
      'X-Request-Id': 'The id of this request, as in the log',
      ...(isLimited(spec.path) && LIMIT_HEADERS),
      ...(isIdempotent(spec) && { 'Idempotency-Replayed': '`true` on an answer given before' }),
      ...headers,
    }),
    ...(schema === undefined
      ? {}
      : {
          content: {
            [contentType]: { schema, ...(example === undefined ? {} : { example }) },
            ...(file !== undefined && { [file]: fileMedia('The bytes of the file') }),
          },
        }),
  };
}

const fileMedia = (description: string) => ({
  schema: { type: 'string' as const, format: 'binary', description },
  example: '(the bytes of the file)',
});

/** As OpenAPI spells a status; the type wants its first digit to be one. */
function statusKey(status: number): `${1 | 2 | 3 | 4 | 5}${string}` {
  const rest = String(status).slice(1);
  if (status < 200) return `1${rest}`;
  if (status < 300) return `2${rest}`;
  if (status < 400) return `3${rest}`;
  return status < 500 ? `4${rest}` : `5${rest}`;
}

function responsesOf(spec: RouteSpec): ZodOpenApiResponsesObject {
  const responses: ZodOpenApiResponsesObject = {};
  for (const code of errorCodes(spec)) {
    responses[statusKey(ERROR_STATUS[code])] = { $ref: `#/components/responses/${responseName(code)}` };
  }
  for (const [status, answer] of Object.entries(spec.responses)) {
    responses[statusKey(Number(status))] = answerObject(spec, answer);
  }
  return responses;
}

function securityOf(spec: RouteSpec, kind: 'json' | 'stream'): Record<string, string[]>[] {
  if (spec.access === 'public') return [];
  if (spec.refusesKeys === true) return [{ bearer: [] }];
  return [{ bearer: [] }, { apiKey: [] }, ...(kind === 'stream' ? [{ queryToken: [] }] : [])];
}

function describe(spec: RouteSpec): string {
  const keys =
    spec.refusesKeys === true
      ? 'Needs an access token: API keys are refused.'
      : `An API key needs the scope ${scopesFor(spec)
          .map((scope) => `\`${scope}\``)
          .join(' or ')}.`;
  const who =
    spec.access === 'public'
      ? 'Open to everybody.'
      : `${spec.access === 'user' ? '' : 'For admins. '}${keys}`;
  return spec.description === undefined ? who : `${spec.description}\n\n${who}`;
}

function operationOf(spec: RouteSpec, kind: 'json' | 'stream'): ZodOpenApiOperationObject {
  const { params, query, body, example, upload } = spec;
  const media =
    body === undefined ? undefined : { schema: body, ...(example === undefined ? {} : { example }) };
  return {
    operationId: spec.operationId,
    tags: [...spec.tags],
    summary: spec.summary,
    description: describe(spec),
    security: securityOf(spec, kind),
    requestParams: {
      ...(params && { path: params }),
      ...(query && { query }),
      ...(isIdempotent(spec) && { header: idempotencyHeaders }),
    },
    ...(media === undefined
      ? {}
      : {
          requestBody: {
            required: spec.bodyOptional !== true,
            content: {
              'application/json': media,
              ...(upload !== undefined && { [upload.contentType]: fileMedia(upload.description) }),
            },
          },
        }),
    responses: responsesOf(spec),
  };
}

/** The OpenAPI 3.1 document of all routes but pages. */
export function createOpenApi(
  routes: readonly AnyRoute[],
  version: string,
): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  const tags = new Set<string>();
  const codes = new Set<RequestErrorCode>();
  for (const route of routes) {
    if (route.kind === 'page') continue;
    const { spec, kind } = route;
    for (const tag of spec.tags) tags.add(tag);
    for (const code of errorCodes(spec)) codes.add(code);
    const operation = operationOf(spec, kind);
    paths[spec.path] = { ...paths[spec.path], [spec.method.toLowerCase()]: operation };
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Muster',
      version,
      description: 'Runs crews of AI agents durably, on Temporal.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: {
      responses: Object.fromEntries([...codes].map((code) => [responseName(code), errorResponse(code)])),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token of /api/v1/auth/login or of the OIDC issuer, or an API key',
        },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key `mst_…`' },
        queryToken: {
          type: 'apiKey',
          in: 'query',
          name: 'token',
          description: 'An access token or API key, for streams only; it is never logged',
        },
      },
    },
  });
}
