import { describe, expect, it } from '@jest/globals';
import { pageOf, withPart } from '../../console/src/design/list-address.ts';
import { momentOf, toDayField, toTimeField } from '../../console/src/design/local-time.ts';

/** What the console's lists read from their address, and what its fields for times mean. */

const text = (params: URLSearchParams): string => params.toString();

describe('the address of a list', () => {
  it.each([
    ['', 1],
    ['page=3', 3],
    ['page=0', 1],
    ['page=-2', 1],
    ['page=1.5', 1],
    ['page=many', 1],
    ['page=9e99', 1],
  ])('%s is page %i', (query, page) => {
    expect(pageOf(new URLSearchParams(query))).toBe(page);
  });

  it('begins anew with every other filter, and keeps the rest', () => {
    const params = new URLSearchParams('scope=all&page=4');
    expect(text(withPart(params, { action: 'login' }))).toBe('scope=all&action=login');
    expect(text(withPart(params, { page: '5' }))).toBe('scope=all&page=5');
    expect(text(params)).toBe('scope=all&page=4');
  });

  it('holds nothing for the usual', () => {
    const params = new URLSearchParams('scope=all&action=login');
    expect(text(withPart(params, { scope: undefined, action: '' }))).toBe('');
  });
});

describe('fields for days and times', () => {
  it('come back as the moment they were made of', () => {
    const moment = '2026-11-28T23:30:00.000Z';
    expect(momentOf(toTimeField(moment))).toBe(moment);
    expect(momentOf(toDayField(moment))).toBe(new Date(`${toDayField(moment)}T00:00`).toISOString());
  });

  it('keep a year of which one digit is written', () => {
    expect(toTimeField('0002-06-15T12:00:00.000Z')).toMatch(/^0002-06-15T/);
  });

  it('mean none while they are empty or half written', () => {
    expect(toTimeField(null)).toBe('');
    expect(momentOf('')).toBeNull();
    expect(momentOf('2026-13-01')).toBeNull();
  });
});
