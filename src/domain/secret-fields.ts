import type { Issue } from './errors.ts';

/**
 * Secrets in documents (graphs, agents, flows, templates): a document is shown to whoever may read it, kept in versions and
 * handed to runs, so a key has no place in it. Found by the names of fields, and in addresses with a password.
 */

/** Words a field's name may end with, joined by `_`. */
const NAMES = [
  'api_key',
  'apikey',
  'access_key',
  'access_key_id',
  'account_key',
  'secret',
  'secret_key',
  'private_key',
  'signing_key',
  'encryption_key',
  'password',
  'passwd',
  'passphrase',
  'access_token',
  'auth_token',
  'api_token',
  'bearer_token',
  'session_token',
  'refresh_token',
  'id_token',
  'hf_token',
  'github_token',
  'bot_token',
  'authorization',
  'credential',
  'credentials',
  'connection_string',
];
const SECRET_NAME = new RegExp(`(^|_)(${NAMES.join('|')})$`);
/** A word that is a secret only by itself: `stop_token` is none. */
const WHOLE_NAMES = new Set(['token', 'bearer', 'cookie']);

/** `secretAccessKey`, `X-API-Key` → `secret_access_key`, `x_api_key` */
const plainName = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[\s.-]+/g, '_');

function isSecretName(name: string): boolean {
  if (name.length > 100) return false;
  const plain = plainName(name);
  return SECRET_NAME.test(plain) || WHOLE_NAMES.has(plain);
}

/** Texts that stand for a secret that is somewhere else, or say that there is none. */
const PLACEHOLDER =
  /^(|\{[^{}"]*\}|\$[A-Z_][A-Z0-9_]*|(os\.environ|env)[./:][A-Za-z_][A-Za-z0-9_]*|none|null|n\/?a|no-?key|not-?needed|dummy|ignored|string|str|x+|\*+|<[^<>]*>)$/i;
const LONGEST_PLACEHOLDER = 200;
/** `{token}` within a text; JSON in a text has quotes there. */
const NAMED = /\{[A-Za-z_][\w .-]*\}/;
/** What goes before the key in a header. */
const SCHEME = /^(?:Bearer|Basic|Token):?(?:\s|$)/i;

function stands(text: string, open: string, close: string): boolean {
  const at = text.indexOf(open);
  return at >= 0 && text.indexOf(close, at + open.length + 1) >= 0;
}

/** Whether something that a run puts in its place stands in a text. */
const isFilledIn = (text: string): boolean =>
  stands(text, '${', '}') || stands(text, '{{', '}}') || NAMED.test(text);

function isPlaceholder(text: string): boolean {
  const key = text.trim().replace(SCHEME, '').trim();
  return isFilledIn(key) || (key.length <= LONGEST_PLACEHOLDER && PLACEHOLDER.test(key));
}

/** Names that are also those of things that are no keys: a colour, a paper, the end of a story. */
const COMMON_NAMES = new Set(['token', 'credential', 'credentials', 'secret']);
/** Shorter texts are no keys. */
const SHORTEST_KEY = 8;
const LONGEST_SENTENCE = 1_000;
const ONE_WORD = /^\p{L}\p{Ll}{0,14}$/u;
const WORD = /^["'“‘(]?(?:\p{L}[\p{L}'’-]{0,24}|\d{1,3})["'”’).,;:!?]{0,3}$/u;
/** As Google makes passwords for programs. */
const GROUPS_OF_FOUR = /^\p{L}{4}(?: \p{L}{4}){3}$/u;

/** Whether a text says something to a person, and opens nothing. */
function isWords(name: string, text: string): boolean {
  const trimmed = text.trim();
  if (COMMON_NAMES.has(name) && (trimmed.length < SHORTEST_KEY || ONE_WORD.test(trimmed))) return true;
  if (name.endsWith('passphrase') || trimmed.length > LONGEST_SENTENCE || GROUPS_OF_FOUR.test(trimmed))
    return false;
  const words = trimmed.split(/\s+/);
  return words.length > 1 && !SCHEME.test(trimmed) && words.every((word) => WORD.test(word));
}

const ADDRESS_WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^\s/@:]+:([^\s/@]+)@/i;

function hidesPassword(item: unknown): boolean {
  if (typeof item !== 'string' || !item.includes('://')) return false;
  const password = ADDRESS_WITH_PASSWORD.exec(item.slice(0, 2_000))?.[1];
  return password !== undefined && !isPlaceholder(password);
}

const SCHEMA_TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
/** What a JSON schema says to people. */
const ABOUT = new Set(['examples', 'example', 'default', 'description', 'descriptions']);

function isSchema(value: object): boolean {
  const type: unknown = 'type' in value ? value.type : undefined;
  const [first]: unknown[] = Array.isArray(type) ? type : [type];
  return typeof first === 'string' && SCHEMA_TYPES.has(first);
}

const isKey = (name: string, text: string): boolean =>
  !isPlaceholder(text) && !isWords(plainName(name), text);

const MAX_ISSUES = 20;

const pointerStep = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** What is said of a field that holds a secret. */
export const secretMessage = (name: string): string =>
  `${name} is a secret, and documents hold none: keys of models and embedders are settings of the server ` +
  '(OPENAI_API_KEY, or the …_API_KEY of the provider), those of MCP servers stand in the file of MCP_SERVERS; take it out';

/**
 * The places in a document where a secret stands in the clear. Values are never part of an issue.
 *
 * @param path where the document lies in what was sent, as a JSON pointer
 */
export function secretIssues(document: unknown, path = ''): Issue[] {
  const issues: Issue[] = [];
  // A large document has the same few names again and again.
  const names = new Map<string, boolean>();
  const isSecret = (key: string): boolean => {
    const known = names.get(key) ?? isSecretName(key);
    names.set(key, known);
    return known;
  };
  if (hidesPassword(document)) issues.push({ path, message: secretMessage('a password in an address') });
  const open: { value: object; path: string }[] = [];
  if (typeof document === 'object' && document !== null) open.push({ value: document, path });
  for (let at = open.pop(); at !== undefined && issues.length < MAX_ISSUES; at = open.pop()) {
    const { value, path: here } = at;
    const inner: typeof open = [];
    const isOfSchema = isSchema(value);
    for (const [key, item] of Object.entries(value)) {
      if (!Array.isArray(value) && typeof item === 'string' && isSecret(key) && isKey(key, item))
        issues.push({ path: `${here}/${pointerStep(key)}`, message: secretMessage(key) });
      else if (hidesPassword(item))
        issues.push({
          path: `${here}/${pointerStep(key)}`,
          message: secretMessage('a password in an address'),
        });
      else if (typeof item === 'object' && item !== null && !(isOfSchema && ABOUT.has(key)))
        inner.push({ value: item, path: `${here}/${pointerStep(key)}` });
    }
    // From the last to the first, so that the first comes first out of the stack.
    open.push(...inner.toReversed());
  }
  return issues.slice(0, MAX_ISSUES);
}
