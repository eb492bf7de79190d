import { describe, expect, it } from '@jest/globals';
import { secretIssues } from '../../src/domain/secret-fields.ts';

const places = (document: unknown): string[] => secretIssues(document, '/x').map(({ path }) => path);

describe('a document', () => {
  it.each([
    'api_key',
    'apiKey',
    'X-API-Key',
    'openai_api_key',
    'aws_access_key_id',
    'aws_secret_access_key',
    'aws_session_token',
    'secretAccessKey',
    'client_secret',
    'password',
    'db.password',
    'Authorization',
    'vertex_credentials',
    'token',
    'hf_token',
  ])('with a secret under %s is told so, with the place and without the value', (name) => {
    const [issue] = secretIssues({ llm: [{ model: 'm', [name]: 'sk-hidden-value' }] }, '/data');
    expect(issue?.path).toBe(`/data/llm/0/${name}`);
    expect(issue?.message).toMatch(/OPENAI_API_KEY.*MCP_SERVERS/);
    expect(issue?.message).not.toContain('sk-hidden-value');
  });

  it('with a password in an address is told so', () => {
    expect(places({ dsn: 'postgres://me:hidden@db/x' })).toEqual(['/x/dsn']);
    expect(places({ url: 'https://example.com/a:b@c' })).toEqual([]);
  });

  it.each([
    [{ max_tokens: 100, stop_token: '</s>', tokens: 5, token_usage: 3 }],
    [{ properties: { password: { type: 'string' }, api_key: true }, required: ['password', 'api_key'] }],
    [{ api_key: null, password: '' }],
    [{ api_key: '${OPENAI_API_KEY}', token: '{token}', authorization: '${state.token}' }],
    [{ api_key: 'none', password: 'N/A', secret: '***', token: '<your token>' }],
    [{ description: 'Find out the password: hunter2', secretary: 'Ada', author: 'x' }],
  ])('without one is left alone: %j', (document) => {
    expect(places(document)).toEqual([]);
  });

  it.each([
    [{ headers: { Authorization: 'Bearer ${state.token}' } }],
    [{ headers: { Authorization: 'Bearer {{token}}', 'x-api-key': 'Token: ${state.token}' } }],
    [{ token: '${state.a}${state.b}', api_key: 'pre-{suffix}', authorization: ' Basic  $LOGIN ' }],
    [{ dsn: 'postgres://user:${DB_PASS}@host/x', other: 'postgres://user:$DB_PASS@host/x' }],
    [{ usage: { token: 12 }, limits: { secret: 3, password: 8 } }],
    [{ theme: { token: '#fff' }, paper: { credential: 'passport' }, secret: 'The butler did it.' }],
    [{ descriptions: { password: 'The password of the user', api_key: 'Key of the API (32 characters)' } }],
    [{ type: 'object', examples: [{ password: 'hunter2hunter2' }], default: { api_key: 'sk-example' } }],
    [{ state: { token: 'string' } }],
  ])('with placeholders, numbers, words or examples is left alone: %j', (document) => {
    expect(places(document)).toEqual([]);
  });

  it.each([
    [{ Authorization: 'Bearer sk-hidden-value' }],
    [{ Authorization: 'Basic dXNlcjpwYXNz' }],
    [{ credentials: '{"type":"service_account","private_key":"MIIEvQ"}' }],
    [{ password: 'abcd efgh ijkl mnop' }],
    [{ passphrase: 'correct horse battery staple' }],
    [{ password: 'hunter2' }],
    [{ token: 'abcdefghijklmnopqrstuvwxyz' }],
    [{ dsn: 'postgres://${user}:hunter2@host/x' }],
    [{ type: 'agent', default: { api_key: 'sk-1' } }],
    [{ api_key: `${' '.repeat(300)}sk-1` }],
  ])('with something that looks like a key is told so: %j', (document) => {
    expect(places(document)).toHaveLength(1);
  });

  it('is looked through in a time that grows with its size', () => {
    for (const text of [' ', '${', '{', '{a', '{{', '<', 'Bearer ', '${a'])
      expect(places({ api_key: `${text.repeat(500_000)}!1` })).toHaveLength(1);
  });

  it('that is deep or large is looked through without recursion', () => {
    let deep: unknown = { api_key: 'sk-1' };
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(secretIssues(deep)).toHaveLength(1);
    expect(secretIssues(Array.from({ length: 1_000 }, () => ({ api_key: 'sk-1' })))).toHaveLength(20);
  });
});
