import { RE2JS } from 're2js';

/**
 * The one door to regular expressions that users write. RE2's syntax: no back references, no look-around, and
 * in return a match takes time linear in the text, whatever the pattern. This file alone of the domain
 * imports a package, a pure one.
 */
export type LinearPattern = { ok: true; found: (text: string) => boolean } | { ok: false; message: string };

/** Longer patterns are refused; the time of a match grows with pattern times text. */
export const MAX_PATTERN_LENGTH = 1_000;

/** @param pattern RE2's syntax, not anchored. */
export function linearPattern(pattern: string): LinearPattern {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return { ok: false, message: `the pattern has more than ${MAX_PATTERN_LENGTH} characters` };
  }
  try {
    const compiled = RE2JS.compile(pattern);
    return { ok: true, found: (text) => compiled.matcher(text).find() };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
