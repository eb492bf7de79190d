import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { RequestErrorCode } from '../domain/errors.ts';
import type { ApiKeyScope } from '../security/api-key.ts';
import type { BodyLimits } from './middleware/json-body.ts';
import type { ApiContext, AuditNote, Caller } from './context.ts';

/** Who may call: anybody, anybody with a credential, an admin, or an admin and whoever has METRICS_TOKEN. */
export type Access = 'public' | 'user' | 'admin' | 'metrics';
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One answer that is not an error. Without a schema it has no body. */
export interface AnswerSpec {
  description: string;
  schema?: z.ZodType;
  example?: unknown;
  /** Default `application/json`. */
  contentType?: string;
  /** The answer may also be a file of this content type: the handler then responds with its bytes. */
  file?: string;
  /** Name → what it tells. */
  headers?: Record<string, string>;
}

/** A file that may be sent in place of a JSON body. */
export interface UploadSpec {
  contentType: string;
  /** Bytes it may have: 413 above. */
  limitBytes: number;
  description: string;
}

/** An object schema over the texts of a path or query string. */
export type ParameterSchema = z.ZodType<unknown, Record<string, unknown>>;

/** What a route is: enough to check a request, to write its documentation and to type its handler. */
export interface RouteSpec {
  method: Method;
  /** With `{name}` for parameters; a trailing slash is accepted by itself. */
  path: string;
  /** Unique, camelCase: generated clients name their methods after it. */
  operationId: string;
  tags: readonly string[];
  summary: string;
  description?: string;
  access: Access;
  /** Any one of these suffices for an API key. Default: `read` for GET, `write` for the rest. */
  scopes?: readonly ApiKeyScope[];
  /** Only people may: an API key gets 403, whatever its scopes. For what makes or changes credentials. */
  refusesKeys?: true;
  /** Parameters that do not fit are 404: such an id cannot be one. */
  params?: ParameterSchema;
  /** What the 404 of ill-formed parameters calls the thing, as in `Execution not found`. */
  what?: string;
  /** Does not fit: 422, with paths like `?limit`. */
  query?: ParameterSchema;
  /** Does not fit: 422, with JSON pointers like `/email`. */
  body?: z.ZodType;
  /** What the body may have at most; default 1 MB and 50,000 values. */
  bodyLimits?: BodyLimits;
  /** Fields of the body that are kept as documents, such as `config`: a secret in one is 422, before anything is stored. */
  documents?: readonly string[];
  /** The request may come without a body; the handler then sees `undefined`. */
  bodyOptional?: boolean;
  /** Instead of the JSON body the request may bring a file; the handler then sees `upload`, and no `body`. */
  upload?: UploadSpec;
  responses: Record<number, AnswerSpec>;
  /** Beyond those every such route has (see `errorCodes` in openapi.ts). */
  errors?: readonly RequestErrorCode[];
  /** An example of the request body. */
  example?: unknown;
  /**
   * Whether it takes an `Idempotency-Key`. Default: yes for a POST that answers 200, 201 or 202 and makes or starts
   * something, which is every one but those of `/auth/` and `…/validate`, and those open to everybody.
   */
  idempotent?: boolean;
  /** Fields of the answer that are shown once: null when it is repeated, so their schema is nullable. */
  secrets?: readonly string[];
  /** The field of the body that names an account: attempts that end in 401 are counted for it (and the IP). */
  attemptsFor?: string;
}

/** The request beside its checked parts. */
export interface RequestFacts {
  id: string;
  ip: string;
  headers: IncomingHttpHeaders;
  /**
   * Stands for a request with an `Idempotency-Key` through all its repeats: what is stored with it (unique for the
   * owner) is found again by a repeat after a crash. Undefined without a key.
   */
  idempotencyRef: string | undefined;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** Writes into the audit trail, with the outcome, once the request is answered. */
  note: (note: AuditNote) => void;
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type AnswerBody<Answer> =
  | (Answer extends { schema: infer Schema extends z.ZodType } ? z.input<Schema> : undefined)
  | (Answer extends { file: string } ? Buffer : never);

/** What a handler may answer, as its spec's `responses` say. */
export type Reply<Spec extends RouteSpec> = {
  [Status in keyof Spec['responses'] & number]: {
    status: Status;
    body: AnswerBody<Spec['responses'][Status]>;
    headers?: Record<string, string>;
  };
}[keyof Spec['responses'] & number];

/** What a handler gets: every part parsed by the spec's schema. */
export interface Input<Spec extends RouteSpec> {
  params: Output<Spec['params']>;
  query: Output<Spec['query']>;
  body: Spec extends { bodyOptional: true } | { upload: UploadSpec }
    ? Output<Spec['body']> | undefined
    : Output<Spec['body']>;
  /** The file, where one was sent in place of a JSON body. */
  upload: Buffer | undefined;
  caller: Spec extends { access: 'public' | 'metrics' } ? undefined : Caller;
  request: RequestFacts;
  /** Spells a reply: `respond(201, body, { Location: … })`. */
  respond: <Status extends keyof Spec['responses'] & number>(
    status: Status,
    body: AnswerBody<Spec['responses'][Status]>,
    headers?: Record<string, string>,
  ) => { status: Status; body: AnswerBody<Spec['responses'][Status]>; headers?: Record<string, string> };
}

/** As `Input`, plus Koa's context: a stream writes its answer itself, after it has checked what can be 404. */
export type StreamInput<Spec extends RouteSpec> = Omit<Input<Spec>, 'respond'> & { ctx: ApiContext };

/** A reply whose type has been forgotten. */
export interface AnyReply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** The parts of a request after validation, their types forgotten. */
export interface AnyInput {
  params: unknown;
  query: unknown;
  body: unknown;
  upload: Buffer | undefined;
  caller: Caller | undefined;
  request: RequestFacts;
}

/**
 * Routes as `createApp` takes them. `handle` wants exactly the input that the spec's schemas and access make of
 * a request; only the route runner calls it, and only with that.
 */
export type AnyRoute =
  | { kind: 'json'; spec: RouteSpec; handle(input: AnyInput & { respond: unknown }): Promise<AnyReply> }
  | { kind: 'stream'; spec: RouteSpec; handle(input: AnyInput & { ctx: ApiContext }): Promise<void> }
  | { kind: 'page'; path: string; handle(ctx: ApiContext): Promise<void> };

/**
 * One JSON operation. From the one spec come validation, the handler's types, the Koa route and the OpenAPI
 * operation. A handler answers with `respond(status, body)`, whose arguments the spec's `responses` type, and
 * throws `MusterError` for what the caller did wrong.
 */
export const defineRoute = <const Spec extends RouteSpec>(
  spec: Spec,
  handler: (input: Input<Spec>) => Promise<Reply<Spec>>,
): AnyRoute => ({ kind: 'json', spec, handle: handler });

/**
 * An operation that writes its answer itself (SSE). Beside the usual credentials it takes `?token=`, because a
 * browser's EventSource cannot send headers. A HEAD is answered by the runner, without calling the handler.
 */
export const defineStream = <const Spec extends RouteSpec>(
  spec: Spec,
  handler: (input: StreamInput<Spec>) => Promise<void>,
): AnyRoute => ({ kind: 'stream', spec, handle: handler });

/** A page or file for browsers: public, GET, not part of the OpenAPI document. */
export const definePage = (path: string, handle: (ctx: ApiContext) => Promise<void>): AnyRoute => ({
  kind: 'page',
  path,
  handle,
});
