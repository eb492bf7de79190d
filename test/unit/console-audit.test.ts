import { describe, expect, it } from '@jest/globals';
import { filterOf } from '../../console/src/audit/audit-filter.ts';

/** Which entries of the audit trail an address asks the console for. */

const read = (query: string) => filterOf(new URLSearchParams(query));

describe('the filter of the audit trail', () => {
  it('is what the address says', () => {
    const filter = {
      actor_user_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
      action: 'login',
      after: '2026-11-20T09:30:00.000Z',
      before: '2026-11-21T09:30:00.000Z',
    };
    expect(read(new URLSearchParams({ ...filter, page: '2' }).toString())).toEqual(filter);
  });

  it('leaves out what the API would refuse', () => {
    expect(read('actor_user_id=me&after=yesterday&before=&action=%20')).toEqual({});
    expect(read(`action=${'a'.repeat(101)}`)).toEqual({});
  });
});
