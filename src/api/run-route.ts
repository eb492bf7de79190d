import { createHash } from 'node:crypto';
import type { Middleware } from 'koa';
import { z } from 'zod';
import { invalid, notFound, type Issue } from '../domain/errors.ts';
import { isJsonObject } from '../domain/json.ts';
import { secretIssues } from '../domain/secret-fields.ts';
import { authorize } from './authorize.ts';
import type { AuditNote, ApiContext, Caller, RequestState } from './context.ts';
import type { GuessGuard } from './guess-guard.ts';
import type { AnyInput, AnyReply, AnyRoute, RouteSpec } from './define-route.ts';
import { toIssues } from '../contracts/issues.ts';
import type { Idempotency } from './idempotency.ts';
import type { Authenticate } from './middleware/authenticate.ts';
import { atOnce, LARGE_BODY_BYTES, type LargeBodies, type Turn } from './large-bodies.ts';
import { parseJsonBody, readJsonBytes } from './middleware/json-body.ts';
import { bringsToken } from '../security/bearer-token.ts';
import { countAttempt } from './middleware/rate-limit.ts';
import { bringsUpload, readUpload } from './middleware/upload-body.ts';
import type { RateLimits } from './rate-limits.ts';
import type { CredentialWatch } from './realtime/credential-watch.ts';
import type { OpenStreams } from './realtime/open-streams.ts';
import { whileRightsHold } from './realtime/while-rights-hold.ts';

/** What running a route needs beside the route. */
export interface RouteRunner {
  authenticate: Authenticate;
  idempotency: Idempotency;
  limits: RateLimits;
  largeBodies: LargeBodies;
  guesses: GuessGuard;
  /** Ends streams whose caller's rights shrink: all of them, whatever their handlers do. */
  credentials: CredentialWatch;
  open: OpenStreams;
  /** Opens what Prometheus reads (METRICS_TOKEN). */
  metricsToken?: string | undefined;
  /** Check every answer against its schema; a mismatch becomes a 500. For tests. */
  validateResponses: boolean;
}

const respond = (status: number, body: unknown, headers?: Record<string, string>): AnyReply => ({
  status,
  body,
  ...(headers === undefined ? {} : { headers }),
});

/** A route as Koa middleware: who asks, may they, what exactly do they ask, then the handler, then the answer. */
export function runRoute(
  route: AnyRoute,
  runner: RouteRunner,
): Middleware<RequestState, { params: Record<string, string> }> {
  return async (ctx) => {
    if (route.kind === 'page') return route.handle(ctx);
    const [target] = Object.values(ctx.params);
    const { operationId: id, path } = route.spec;
    ctx.state.operation = {
      id,
      path,
      isStream: route.kind === 'stream',
      // What a key that only reads may ask for changes nothing.
      isReading: route.spec.scopes?.includes('read') === true,
      ...(target !== undefined && { target }),
    };
    const caller = await identify(route, ctx, runner);
    const { input, given } = await readInput(route.spec, ctx, ctx.params, caller, runner);
    if (route.kind === 'json') {
      const reply = await runner.idempotency.once(
        { spec: route.spec, ctx, caller, given },
        (idempotencyRef) => {
          const request = { ...input.request, idempotencyRef };
          return attempt(route.spec, ctx, given, runner, () => route.handle({ ...input, request, respond }));
        },
      );
      return sendReply(ctx, route.spec, reply, runner);
    }
    if (ctx.method !== 'HEAD') {
      if (caller !== undefined) holdOpen(ctx, caller, route.spec, runner);
      return route.handle({ ...input, ctx });
    }
    ctx.status = 200;
    ctx.type = route.spec.responses[200]?.contentType ?? 'text/event-stream';
  };
}

/** A stream counts for its caller as long as it lasts, and lasts as long as the caller's rights. */
function holdOpen(
  ctx: ApiContext,
  caller: Caller,
  spec: RouteSpec,
  { credentials, open }: RouteRunner,
): void {
  const leave = open.enter(caller.userId, spec.path === '/ws/' ? 'websockets' : 'event_streams');
  if (ctx.res.closed) leave();
  else ctx.res.once('close', leave);
  whileRightsHold({ ctx, caller, spec }, credentials);
}

const namedFields = z.record(z.string(), z.unknown());

/** Calls the handler; where the spec says so, as an attempt at the account that the body names. */
function attempt(
  spec: RouteSpec,
  ctx: ApiContext,
  given: unknown,
  { limits, guesses }: RouteRunner,
  handle: () => Promise<AnyReply>,
): Promise<AnyReply> {
  if (spec.attemptsFor === undefined) return handle();
  const account = namedFields.safeParse(given).data?.[spec.attemptsFor];
  const name = typeof account === 'string' ? account : '';
  return countAttempt(ctx, limits, name, () => guesses.login(name, ctx.ip, handle));
}

async function identify(
  route: Exclude<AnyRoute, { kind: 'page' }>,
  ctx: ApiContext,
  { authenticate, metricsToken }: RouteRunner,
): Promise<Caller | undefined> {
  if (route.spec.access === 'public') return undefined;
  if (route.spec.access === 'metrics' && bringsToken(ctx.req, metricsToken)) return undefined;
  const caller = await authenticate(ctx, { tokenInQuery: route.kind === 'stream' });
  ctx.state.caller = caller;
  authorize(caller, route.spec);
  return caller;
}

async function readInput(
  spec: RouteSpec,
  ctx: ApiContext,
  params: Record<string, string>,
  caller: Caller | undefined,
  { largeBodies }: RouteRunner,
): Promise<{ input: AnyInput; given: unknown }> {
  const checkedParams = readParams(spec, params);
  const query = readQuery(spec, ctx);
  const body = await readBody(spec, ctx, largeBodies, caller);
  const issues = [...query.issues, ...body.issues];
  if (issues.length > 0) throw invalid('The request does not fit', issues);
  const request = {
    id: ctx.state.requestId,
    ip: ctx.ip,
    headers: ctx.req.headers,
    idempotencyRef: undefined,
    signal: clientGone(ctx),
    note: (note: AuditNote) => (ctx.state.notes ??= []).push(note),
  };
  const input = {
    params: checkedParams,
    query: query.value,
    body: body.value,
    upload: body.upload,
    caller,
    request,
  };
  return { input, given: body.given };
}

function readParams(spec: RouteSpec, params: Record<string, string>): unknown {
  if (spec.params === undefined) return undefined;
  const hasNul = Object.values(params).some((value) => value.includes('\u0000'));
  const result = spec.params.safeParse(params);
  if (hasNul || !result.success) throw notFound(spec.what ?? 'What you asked for was');
  return result.data;
}

interface Checked {
  value: unknown;
  issues: Issue[];
}

function readQuery(spec: RouteSpec, ctx: ApiContext): Checked {
  if (spec.query === undefined) return { value: undefined, issues: [] };
  const given = { ...ctx.query };
  const withNul = Object.keys(given).filter((name) =>
    [given[name]].flat().some((text) => text?.includes('\u0000')),
  );
  const issues = withNul.map((name) => ({
    path: `?${name}`,
    message: 'text must not contain the NUL character',
  }));
  const result = spec.query.safeParse(given);
  if (!result.success) return { value: undefined, issues: [...issues, ...toIssues(result.error, 'query')] };
  return { value: result.data, issues };
}

interface CheckedBody extends Checked {
  /** The body as it was given, before its schema shaped it; of a file, what tells it from others. */
  given: unknown;
  upload?: Buffer;
}

async function readBody(
  spec: RouteSpec,
  ctx: ApiContext,
  largeBodies: LargeBodies,
  caller: Caller | undefined,
): Promise<CheckedBody> {
  if (spec.upload !== undefined && bringsUpload(ctx.req, spec.upload)) {
    const upload = await readUpload(ctx.req, spec.upload);
    const sha256 = createHash('sha256').update(upload).digest('hex');
    return { value: undefined, issues: [], given: { sha256 }, upload };
  }
  if (spec.body === undefined) return { value: undefined, issues: [], given: undefined };
  // However slowly it comes, nobody waits for it: turns are taken by bodies that are there.
  const bytes = await readJsonBytes(ctx.req, spec.bodyLimits);
  return bytes.length < LARGE_BODY_BYTES
    ? checkBody(spec, bytes, atOnce)
    : largeBodies.read(caller?.userId ?? ctx.ip, over(ctx), (turn) => checkBody(spec, bytes, turn));
}

const over = ({ res }: ApiContext): Promise<void> =>
  new Promise((resolve) => {
    if (res.closed) resolve();
    else res.once('close', resolve);
  });

async function checkBody(spec: RouteSpec, bytes: Buffer, turn: Turn): Promise<CheckedBody> {
  const { body: schema } = spec;
  if (schema === undefined) return { value: undefined, issues: [], given: undefined };
  const given = await parseJsonBody(bytes, spec.bodyLimits, turn);
  if (given === undefined) {
    const issues = spec.bodyOptional === true ? [] : [{ path: '', message: 'a JSON body is required' }];
    return { value: undefined, issues, given };
  }
  const issues = await turn(() => secretsIn(spec.documents ?? [], given));
  const result = await turn(() => schema.safeParse(given));
  if (!result.success)
    return { value: undefined, issues: [...issues, ...toIssues(result.error, 'body')], given };
  return { value: result.data, issues, given };
}

const secretsIn = (fields: readonly string[], body: unknown): Issue[] =>
  isJsonObject(body) ? fields.flatMap((field) => secretIssues(body[field], `/${field}`)) : [];

function clientGone(ctx: ApiContext): AbortSignal {
  const controller = new AbortController();
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) controller.abort();
  });
  return controller.signal;
}

function sendReply(
  ctx: ApiContext,
  spec: RouteSpec,
  reply: AnyReply,
  { validateResponses }: RouteRunner,
): void {
  if (Buffer.isBuffer(reply.body)) return sendFile(ctx, spec, reply, reply.body);
  const text = reply.body === undefined ? undefined : JSON.stringify(reply.body);
  if (validateResponses) checkReply(spec, reply.status, text);
  ctx.set('Cache-Control', 'no-store');
  ctx.set(reply.headers ?? {});
  ctx.status = reply.status;
  if (text === undefined) {
    ctx.body = null;
    // Koa turns a missing body into 204; the status the handler chose stands.
    ctx.status = reply.status;
    return;
  }
  ctx.body = text;
  ctx.type = spec.responses[reply.status]?.contentType ?? 'application/json';
}

function sendFile(ctx: ApiContext, spec: RouteSpec, { status, headers }: AnyReply, bytes: Buffer): void {
  const contentType = spec.responses[status]?.file;
  if (contentType === undefined)
    throw new Error(`${spec.operationId} answers ${status} with a file, which its spec does not list`);
  ctx.set('Cache-Control', 'no-store');
  ctx.set(headers ?? {});
  ctx.status = status;
  ctx.body = bytes;
  ctx.type = contentType;
}

/** What goes out is checked as text that came back: dates and undefined fields look different on the wire. */
function checkReply(spec: RouteSpec, status: number, text: string | undefined): void {
  const answer = spec.responses[status];
  if (answer === undefined)
    throw new Error(`${spec.operationId} answers ${status}, which its spec does not list`);
  if (answer.schema === undefined && text === undefined) return;
  const body: unknown = text === undefined ? undefined : JSON.parse(text);
  const result = answer.schema?.safeParse(body);
  if (result?.success !== true) {
    throw new Error(`${spec.operationId} answers ${status} with a body that does not fit`, {
      cause: result?.error,
    });
  }
}
