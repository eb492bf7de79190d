import type { Settings } from '../config.ts';

/** Shorter values are words that stand everywhere. */
const SHORTEST = 8;
const HIDDEN = '[hidden]';

/** Settings whose values open something. */
const SECRET_SETTING = /KEY|SECRET|PASSWORD|TOKEN|HEADERS/;

/** What is a secret by its form: our keys, bearer tokens, JWTs, providers' keys, passwords and tokens in addresses. */
const FORMS = new RegExp(
  [
    String.raw`\bmst_[0-9A-Za-z_]{12,}`,
    String.raw`(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{8,}`,
    String.raw`\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}`,
    String.raw`\b[sr]k[-_][\w-]{16,}`,
    String.raw`(?<=://[^\s:@/"\\]{0,64}:)[^\s@/"\\]+(?=@)`,
    String.raw`(?<=[?&](?:token|access_token|refresh_token|api_key|key)=)[^&\s"\\]+`,
  ].join('|'),
  'g',
);

/** The values in the settings that must not be told. */
export function secretsOf(settings: Settings): string[] {
  return Object.entries(settings)
    .filter(([name]) => SECRET_SETTING.test(name))
    .flatMap(([, value]) => (typeof value === 'object' ? Object.values(value) : [value]))
    .filter((value): value is string => typeof value === 'string' && value.length >= SHORTEST);
}

/**
 * @param secrets hidden wherever they stand
 * @returns what takes secrets out of a line of the log, JSON or not
 */
export function createSecretFilter(secrets: readonly string[]): (line: string) => string {
  const told = secrets.map((secret) => JSON.stringify(secret).slice(1, -1));
  return (line) =>
    told.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line.replace(FORMS, HIDDEN));
}
