import { z } from 'zod';

/**
 * What is said of a value that does not fit, in words for whoever sent it. Set once for the whole program, by whatever
 * imports this; a schema's own message goes before it.
 */

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  set: 'a list',
  object: 'an object',
  record: 'an object',
  map: 'an object',
  null: 'null',
  nan: 'no number',
  date: 'a date',
  file: 'a file',
  never: 'left out',
  undefined: 'left out',
};

/** What follows `must be`, by the format a text has. */
const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  url: 'an address such as https://example.com',
  uuid: 'a UUID',
  guid: 'a UUID',
  datetime: 'a time such as 2026-01-31T12:00:00Z',
  date: 'a date such as 2026-01-31',
  time: 'a time of day such as 12:00:00',
  duration: 'a duration such as PT15M',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  base64: 'base64',
  base64url: 'base64url',
  json_string: 'JSON',
  jwt: 'a JSON web token',
  lowercase: 'in small letters',
  uppercase: 'in capital letters',
};

const nameOf = (type: string): string => NAMES[type] ?? type;

/** What was given instead, where that says something. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number that cannot be kept';
  return nameOf(typeof value);
}

/** `3 characters`, `1 item` */
function sizeOf(count: number | bigint, origin: string): string | null {
  const units: Readonly<Record<string, [string, string]>> = {
    string: ['character', 'characters'],
    file: ['byte', 'bytes'],
    array: ['item', 'items'],
    set: ['item', 'items'],
    map: ['entry', 'entries'],
  };
  const unit = units[origin];
  return unit === undefined ? null : `${count} ${Number(count) === 1 ? unit[0] : unit[1]}`;
}

function tooSmall({ minimum, origin, inclusive, exact }: Bounds & { minimum: number | bigint }): string {
  const size = sizeOf(minimum, origin);
  if (size === null)
    return inclusive === false ? `must be more than ${minimum}` : `must be ${minimum} or more`;
  if (exact === true) return `must have exactly ${size}`;
  return Number(minimum) === 1 ? 'must not be empty' : `must have ${size} or more`;
}

function tooBig({ maximum, origin, inclusive, exact }: Bounds & { maximum: number | bigint }): string {
  const size = sizeOf(maximum, origin);
  if (size === null)
    return inclusive === false ? `must be less than ${maximum}` : `must be ${maximum} or less`;
  return exact === true ? `must have exactly ${size}` : `must have ${size} at most`;
}

interface Bounds {
  origin: string;
  inclusive?: boolean | undefined;
  exact?: boolean | undefined;
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : String(value));

/** Names that one message holds, and characters of each. */
const MOST_NAMES = 10;
const LONGEST_NAME = 100;

const cut = (text: string): string =>
  text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME).toWellFormed()}…` : text;

function someOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).map(cut).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** @returns undefined for a kind of issue that says what is wrong by itself */
function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing: it must be ${nameOf(issue.expected)}`
        : `must be ${nameOf(issue.expected)}, not ${kindOf(issue.input)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${shown(issue.values[0])}`
        : `must be one of ${issue.values.map(shown).join(', ')}`;
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'invalid_format':
      return formatMessage(issue);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `unknown field${issue.keys.length > 1 ? 's' : ''}: ${someOf(issue.keys)}`;
    case 'invalid_key':
      return 'holds a name that cannot be used';
    case 'invalid_element':
      return 'holds a value that cannot be used';
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : 'fits none of the forms it may have';
    case 'custom':
      return undefined;
    default:
      return undefined;
  }
}

function formatMessage(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidStringFormat>): string {
  const { format } = issue;
  const part = (text: unknown): string => JSON.stringify(cut(String(text)));
  if (format === 'starts_with') return `must begin with ${part(issue['prefix'])}`;
  if (format === 'ends_with') return `must end with ${part(issue['suffix'])}`;
  if (format === 'includes') return `must hold ${part(issue['includes'])}`;
  if (format === 'regex') return 'is not of the form it must have';
  return `must be ${FORMATS[format] ?? format}`;
}

z.config({ customError: plainMessage });
