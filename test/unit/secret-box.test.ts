import { describe, expect, it } from '@jest/globals';
import { SecretLost } from '../../src/security/key-ring.ts';
import { createSecretBox } from '../../src/security/secret-box.ts';

const OLD = 'the first secret of these tests 0123456789';
const NEW = 'another secret of these tests 9876543210';
const box = (JWT_SECRET: string | undefined, more: { previous?: string; keys?: string[] } = {}) =>
  createSecretBox({
    JWT_SECRET,
    JWT_SECRET_PREVIOUS: more.previous,
    PAYLOAD_ENCRYPTION_KEYS: more.keys ?? [],
  });

describe('a secret at rest', () => {
  it('opens where it was put and nowhere else', () => {
    const sealed = box(OLD).seal('whsec_x', 'a/1');
    expect(sealed).not.toContain('whsec');
    expect(box(OLD).open(sealed, 'a/1')).toBe('whsec_x');
    expect(() => box(OLD).open(sealed, 'a/2')).toThrow(SecretLost);
  });

  it('is never sealed the same way twice', () => {
    expect(box(OLD).seal('x', 'p')).not.toBe(box(OLD).seal('x', 'p'));
  });

  it('is known to be changed when a single character is', () => {
    const sealed = box(OLD).seal('a secret', 'p');
    const changed = sealed.slice(0, -1) + (sealed.endsWith('A') ? 'B' : 'A');
    for (const text of [changed, sealed.slice(0, -6), 'v1.x', 'v2.a.b', ''])
      expect(() => box(OLD).open(text, 'p')).toThrow(SecretLost);
  });

  it('opens while its key is the previous one, and is lost afterwards, in words that name the settings', () => {
    const sealed = box(OLD).seal('x', 'p');
    expect(box(NEW, { previous: OLD }).open(sealed, 'p')).toBe('x');
    expect(() => box(NEW).open(sealed, 'p')).toThrow(
      /is not here: look at PAYLOAD_ENCRYPTION_KEYS, JWT_SECRET/,
    );
    expect(() => box(undefined).seal('x', 'p')).toThrow(/no key to encrypt with/);
  });

  it('opens after a key ring was given, and after its first key was replaced', () => {
    const before = box(OLD).seal('x', 'p');
    const first = box(OLD, { keys: ['key one'] });
    expect(first.open(before, 'p')).toBe('x');
    const ringed = first.seal('y', 'p');
    expect(box(OLD, { keys: ['key two', 'key one'] }).open(ringed, 'p')).toBe('y');
    expect(() => box(OLD, { keys: ['key two'] }).open(ringed, 'p')).toThrow(SecretLost);
  });
});
