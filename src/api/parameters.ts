import { z } from 'zod';
import { MusterError } from '../domain/errors.ts';
import type { Caller } from './context.ts';

/** The largest `integer` of Postgres: an id above it cannot be one. */
const MAX_INTEGER_ID = 2_147_483_647;

/** A UUID in a path. */
export const uuidParam = z.uuid().meta({ description: 'A UUID' });

/** A whole number written in decimal digits and nothing else, as paths and query strings carry it. */
const digits = z
  .string()
  .regex(/^-?\d{1,15}$/, 'a whole number')
  .transform(Number);

/** An integer id in a path. */
export const integerIdParam = digits.pipe(z.int().min(1).max(MAX_INTEGER_ID)).meta({
  description: 'An integer id',
  override: ({ jsonSchema }) => {
    delete jsonSchema.pattern;
    Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: MAX_INTEGER_ID });
  },
});

/** A whole number in a query string; out of range is 422. */
export function queryInteger(rule: { min: number; max: number; default: number; description: string }) {
  const { min, max, description } = rule;
  return digits
    .pipe(z.int().min(min, `at least ${min}`).max(max, `at most ${max}`))
    .default(rule.default)
    .meta({
      description,
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, { type: 'integer', minimum: min, maximum: max, default: rule.default });
      },
    });
}

const YES = ['true', '1', 'yes', 'on'];
const NO = ['false', '0', 'no', 'off'];

/** Yes or no in a query string, in any of the usual words; anything else is 422. */
export const queryBoolean = (rule: { default: boolean; description: string }) =>
  z
    .string()
    .toLowerCase()
    .pipe(z.enum([...YES, ...NO], 'true or false'))
    .transform((word) => YES.includes(word))
    .default(rule.default)
    .meta({
      description: rule.description,
      override: ({ jsonSchema }) => {
        delete jsonSchema.enum;
        Object.assign(jsonSchema, { type: 'boolean', default: rule.default });
      },
    });

/** `skip` and `limit`, as every list takes them. Spread into the list's own query schema. */
export const pageQuery = {
  skip: queryInteger({ min: 0, max: MAX_INTEGER_ID, default: 0, description: 'How many to leave out' }),
  limit: queryInteger({ min: 1, max: 1000, default: 100, description: 'How many at most' }),
};

/** `?scope=all` shows an admin everybody's. Spread into the list's own query schema. */
export const ownershipQuery = {
  scope: z.enum(['mine', 'all']).default('mine').meta({ description: '`all`: of every owner (admins only)' }),
};

/** Whose rows a list shows. @returns undefined for everybody's. @throws {MusterError} 403 when that is not allowed. */
export function listedOwner(caller: Caller, scope: 'mine' | 'all'): string | undefined {
  if (scope === 'mine') return caller.userId;
  if (!caller.isAdmin) throw new MusterError('FORBIDDEN', 'Only an admin may list what belongs to others');
  return undefined;
}

/** A moment as it goes over the wire. */
export const timestampSchema = z.iso
  .datetime()
  .meta({ description: 'UTC, ISO 8601', example: '2026-11-20T09:30:00.000Z' });

/** `limit` and `after`, as logs page. Spread into the query schema. */
export const logPageQuery = {
  after: queryInteger({
    min: 0,
    max: MAX_INTEGER_ID,
    default: 0,
    description: 'The seq after which to begin',
  }),
  limit: queryInteger({ min: 1, max: 1000, default: 100, description: 'How many at most' }),
};

/** A whole number that fits an `integer` of Postgres, in a body. */
export const integerId = z.int().min(1).max(MAX_INTEGER_ID);

/** The fields that were sent. */
export function given<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };
export function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
