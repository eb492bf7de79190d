import { describe, expect, it } from '@jest/globals';
import { matchLabel } from '../../src/flows/declared/match-label.ts';

const LABELS = ['approved', 'needs_work', 'größer'];

describe('an answer', () => {
  it.each([
    ['approved', 'approved'],
    [' Approved.\n', 'approved'],
    ['"APPROVED"', 'approved'],
    ['**Needs work!**', 'needs_work'],
    ['needs-work', 'needs_work'],
    ['GRÖSSER', undefined],
    ['Größer', 'größer'],
    ['approved, I think', undefined],
    ['', undefined],
    ['…', undefined],
  ])('%j means %s', (answer, label) => {
    expect(matchLabel(LABELS, answer)).toBe(label);
  });

  it('that could be two of the labels is the very one or none', () => {
    expect(matchLabel(['yes', 'Yes'], 'Yes')).toBe('Yes');
    expect(matchLabel(['yes', 'Yes'], 'YES')).toBeUndefined();
  });
});
