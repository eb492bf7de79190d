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
  /^\s*(|\$?\{[^{}]*\}|\$\{\{.*\}\}|\{\{.*\}\}|\$[A-Z_][A-Z0-9_]*|(os\.environ|env)[./:][A-Za-z_][A-Za-z0-9_]*|none|null|n\/?a|no-?key|not-?needed|dummy|ignored|x+|\*+|<[^<>]*>)\s*$/i;
const ADDRESS_WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^\s/@:]+:[^\s/@]+@/i;

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
  const hidesPassword = (item: unknown): boolean =>
    typeof item === 'string' && item.includes('://') && ADDRESS_WITH_PASSWORD.test(item.slice(0, 2_000));
  if (hidesPassword(document)) issues.push({ path, message: secretMessage('a password in an address') });
  const open: { value: object; path: string }[] = [];
  if (typeof document === 'object' && document !== null) open.push({ value: document, path });
  for (let at = open.pop(); at !== undefined && issues.length < MAX_ISSUES; at = open.pop()) {
    const { value, path: here } = at;
    const inner: typeof open = [];
    for (const [key, item] of Object.entries(value)) {
      const isText = typeof item === 'string' || typeof item === 'number';
      if (!Array.isArray(value) && isText && isSecret(key) && !PLACEHOLDER.test(String(item)))
        issues.push({ path: `${here}/${pointerStep(key)}`, message: secretMessage(key) });
      else if (hidesPassword(item))
        issues.push({
          path: `${here}/${pointerStep(key)}`,
          message: secretMessage('a password in an address'),
        });
      else if (typeof item === 'object' && item !== null)
        inner.push({ value: item, path: `${here}/${pointerStep(key)}` });
    }
    // From the last to the first, so that the first comes first out of the stack.
    open.push(...inner.toReversed());
  }
  return issues.slice(0, MAX_ISSUES);
}
