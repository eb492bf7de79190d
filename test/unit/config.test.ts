import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { readSettings, SettingsError, settingsSchema } from '../../src/config.ts';

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
};

describe('limits of a user', () => {
  it('are changed by name, over the defaults, which .env.example lists', () => {
    const { USER_LIMITS: usual } = readSettings({});
    expect(readSettings({ USER_LIMITS: 'webhooks=7, graphs=0' }).USER_LIMITS).toEqual({
      ...usual,
      webhooks: 7,
      graphs: 0,
    });
    const [, listed] = /^USER_LIMITS=(.*)$/m.exec(readFileSync('.env.example', 'utf8')) ?? [];
    expect(readSettings({ USER_LIMITS: listed }).USER_LIMITS).toEqual(usual);
    expect(listed?.split(',').length).toBe(Object.keys(usual).length);
    for (const wrong of ['hooks=7', 'webhooks', 'webhooks=-1', 'toString=1'])
      expect(() => readSettings({ USER_LIMITS: wrong })).toThrow(
        /USER_LIMITS: name=number pairs.*websockets/,
      );
  });
});

describe('settings', () => {
  it('need nothing to be given', () => {
    expect(readSettings({})).toMatchObject({
      API_HOST: '127.0.0.1',
      API_PORT: 8000,
      DATA_DIR: '.muster',
      TEMPORAL_NAMESPACE: 'default',
      RATE_LIMIT_PER_MINUTE: 100,
      WS_CONNECTIONS_PER_MINUTE: 5,
      DEMO_MODEL: 'auto',
      EGRESS_ALLOW_PRIVATE: false,
      ENVIRONMENT: 'DEVELOPMENT',
    });
  });

  it('count an empty value as not given', () => {
    expect(readSettings({ DATABASE_URL: '', API_PORT: '' })).toEqual(readSettings({}));
  });

  it.each([
    ['90', 90_000],
    ['500ms', 500],
    ['90s', 90_000],
    ['15m', 900_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
  ])('read the duration %s as %d milliseconds', (text, milliseconds) => {
    expect(readSettings({ ACCESS_TOKEN_TTL: text }).ACCESS_TOKEN_TTL).toBe(milliseconds);
  });

  it('split lists at commas and drop what is empty', () => {
    expect(readSettings({ CORS_ORIGINS: 'https://a.example, https://b.example,' }).CORS_ORIGINS).toEqual([
      'https://a.example',
      'https://b.example',
    ]);
  });

  it.each([
    ['API_PORT', 'eight thousand', 'a port from 0 to 65535'],
    ['API_PORT', '70000', 'a port from 0 to 65535'],
    ['API_PORT', '80.5', 'a port from 0 to 65535'],
    ['RATE_LIMIT_PER_MINUTE', '-1', 'a whole number, 0 or more'],
    ['MAX_ACTIVE_EXECUTIONS_PER_USER', 'many', 'a whole number, 0 or more'],
    ['DATABASE_URL', 'mysql://db/muster', 'a postgres:// address'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233', 'host:port'],
    ['TEMPORAL_UI_URL', 'localhost:8233', 'an http:// or https:// address'],
    ['OPENAI_BASE_URL', 'ftp://models', 'an http:// or https:// address'],
    ['JWT_SECRET', 'short', 'at least 32 characters'],
    ['JWT_SECRET_PREVIOUS', 'short', 'at least 32 characters'],
    ['JWT_SECRET', 'a'.repeat(64), 'too few different characters'],
    ['ACCESS_TOKEN_TTL', '15 minutes', 'a number with a unit'],
    ['ADMIN_EMAIL', 'admin', 'an e-mail address'],
    ['ADMIN_PASSWORD', 'short', 'at least 8 characters'],
    ['REGISTRATION', 'sometimes', 'open or closed'],
    ['DEMO_MODEL', 'yes', 'auto, on or off'],
    ['EGRESS_ALLOW_PRIVATE', '1', 'true or false'],
    ['METRICS_TOKEN', 'short', 'at least 16 characters'],
  ])('refuse %s=%s and say what is wanted', (name, value, wanted) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${name}: `);
    expect(problems[0]).toContain(wanted);
  });

  it('want an audience beside an issuer', () => {
    const OIDC_ISSUER = 'https://login.example.com';
    expect(problemsOf({ OIDC_ISSUER })).toEqual([expect.stringContaining('OIDC_AUDIENCE: must be given')]);
    expect(problemsOf({ OIDC_ISSUER, OIDC_AUDIENCE: 'muster' })).toEqual([]);
  });

  it('name everything that is wrong at once', () => {
    const problems = problemsOf({ API_PORT: 'x', DEMO_MODEL: 'x', ADMIN_EMAIL: 'x' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining(['API_PORT', 'DEMO_MODEL', 'ADMIN_EMAIL']),
    );
    expect(problems).toHaveLength(3);
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);

  it('lists every setting once, and nothing that is none', () => {
    expect(new Set(listed).size).toBe(listed.length);
    expect(new Set(listed)).toEqual(new Set(Object.keys(settingsSchema.shape)));
  });

  it('changes nothing when it is copied as it stands', () => {
    expect(readSettings(parseEnv(text))).toEqual(readSettings({}));
  });

  it('sets every setting that has a default', () => {
    const defaults = Object.entries(readSettings({})).filter(([, value]) => value !== undefined);
    const set = [...text.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);
    expect(new Set(set)).toEqual(new Set(defaults.map(([name]) => name)));
  });
});
