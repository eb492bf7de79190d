import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { invalid, MusterError } from '../domain/errors.ts';
import {
  claimKey,
  endLease,
  forgetClaim,
  keepAnswer,
  type Claim,
  type KeptAnswer,
} from '../persistence/idempotency-keys.ts';
import type { SqlPool } from '../persistence/sql.ts';
import type { ApiContext, Caller } from './context.ts';
import type { AnyReply, RouteSpec } from './define-route.ts';
import { toMusterError } from './errors.ts';

const HEADER = 'Idempotency-Key';

const keySchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[!-~]([ -~]*[!-~])?$/, 'must be 1 to 255 printable ASCII characters');

/** The header as the OpenAPI document describes it. */
export const idempotencyHeaders = z.object({
  [HEADER]: keySchema.optional().meta({
    description:
      'Makes repeating safe: for 24 hours the same key with the same body gets the same answer ' +
      '(`Idempotency-Replayed: true`), with another body 422, and 409 while the first request is still being ' +
      'worked on. What was refused is not kept.',
    example: '7f1c9a52-order-17',
  }),
});

/** Whether an operation takes an Idempotency-Key: see `RouteSpec.idempotent`. */
export function isIdempotent(spec: RouteSpec): boolean {
  if (spec.idempotent !== undefined) return spec.idempotent;
  const makes = [200, 201, 202].some((status) => status in spec.responses);
  const isExempt =
    spec.access === 'public' || spec.path.startsWith('/api/v1/auth/') || spec.path.endsWith('/validate');
  return spec.method === 'POST' && makes && !isExempt;
}

/** A request on its way to a handler, as far as keys are concerned. */
export interface KeyedRequest {
  spec: RouteSpec;
  ctx: ApiContext;
  caller: Caller | undefined;
  /** The body as it was sent, parsed but not yet shaped by a schema. */
  given: unknown;
}

/** Carries a request out once, however often it is sent with its key. */
export interface Idempotency {
  /** @param work the handler; it gets the request's reference, or undefined when there is no key */
  once(request: KeyedRequest, work: (ref: string | undefined) => Promise<AnyReply>): Promise<AnyReply>;
}

/**
 * @param secret keys the hash of what was asked: passwords are in some bodies, and a bare hash could be guessed at
 */
export function createIdempotency(deps: { sql: SqlPool; secret: string; now: () => Date }): Idempotency {
  const { sql, now } = deps;
  return {
    async once({ spec, ctx, caller, given }, work) {
      const key = presentedKey(spec, ctx);
      if (key === undefined || caller === undefined) return work(undefined);
      const requestHash = hashOf(deps.secret, ctx, given);
      const { userId: ownerId } = caller;
      const claimed = await claimKey(sql, { ownerId, operation: spec.operationId, key, requestHash }, now());
      switch (claimed.kind) {
        case 'mine':
          return carryOut(deps, { spec, ctx, claim: claimed.claim }, work);
        case 'answered':
          return replay(claimed.answer);
        case 'other_request':
          throw invalid(`This ${HEADER} came with another request before`, [
            { path: HEADER, message: 'is taken: the same key must come with the same path and body' },
          ]);
        case 'in_flight':
          throw new MusterError(
            'CONFLICT',
            `The first request with this ${HEADER} is still being worked on`,
            {
              retryAfterSeconds: claimed.retryAfterSeconds,
            },
          );
      }
    },
  };
}

/** @returns undefined when there is none, or none is taken here. @throws {MusterError} 422 for one that cannot be. */
function presentedKey(spec: RouteSpec, ctx: ApiContext): string | undefined {
  if (!isIdempotent(spec) || ctx.req.headers['idempotency-key'] === undefined) return undefined;
  const key = keySchema.safeParse(ctx.get(HEADER));
  if (key.success) return key.data;
  throw invalid('The request does not fit', [
    { path: HEADER, message: 'must be 1 to 255 printable ASCII characters' },
  ]);
}

const plainObject = z.record(z.string(), z.unknown());

/** JSON with the fields of every object in one order: how a client spells the same body is its own affair. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(plainObject.parse(inner)).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) ?? '';

function hashOf(secret: string, ctx: ApiContext, given: unknown): string {
  const path = ctx.path.replace(/(?<=.)\/$/, '');
  const hash = createHmac('sha256', `muster idempotency\n${secret}`);
  return hash.update(`${path}\n${canonical({ ...ctx.query })}\n${canonical(given)}`).digest('hex');
}

const replay = ({ status, headers, body }: KeptAnswer): AnyReply => ({
  status,
  body: body === null ? undefined : z.unknown().parse(JSON.parse(body)),
  headers: { ...headers, 'Idempotency-Replayed': 'true' },
});

async function carryOut(
  { sql, now }: { sql: SqlPool; now: () => Date },
  { spec, ctx, claim }: { spec: RouteSpec; ctx: ApiContext; claim: Claim },
  work: (ref: string) => Promise<AnyReply>,
): Promise<AnyReply> {
  let reply: AnyReply;
  try {
    reply = await work(claim.ref);
  } catch (error) {
    // Refused: nothing was made. Failed: perhaps it was, so only the same request may come again.
    const isRefusal = !['INTERNAL', 'SERVICE_UNAVAILABLE'].includes(toMusterError(error).code);
    await aside(ctx, () => (isRefusal ? forgetClaim(sql, claim) : endLease(sql, claim, now())));
    throw error;
  }
  await aside(ctx, () => keepAnswer(sql, claim, kept(spec, reply)));
  return reply;
}

function kept(spec: RouteSpec, { status, body, headers = {} }: AnyReply): KeptAnswer {
  if (body === undefined) return { status, headers, body: null };
  const secrets = new Set(spec.secrets);
  const hidden: unknown =
    secrets.size === 0
      ? body
      : Object.fromEntries(
          Object.entries(plainObject.parse(body)).map(([name, value]) => [
            name,
            secrets.has(name) ? null : value,
          ]),
        );
  return { status, headers, body: JSON.stringify(hidden) };
}

/** What has been done is answered even when the database goes away just then; a repeat finds out after the lease. */
async function aside(ctx: ApiContext, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    ctx.state.log.warn({ err: error }, 'the outcome of a request with an Idempotency-Key could not be noted');
  }
}
