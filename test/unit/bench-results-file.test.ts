import { describe, expect, it } from '@jest/globals';
import { mergeSections } from '../../bench/results-file.ts';

const record =
  '# Bench results\n\nOf Monday.\n\n## Streams\n\nfast\n\n## Lists\n\nlong\n\n### Rows\n\nmany\n';

describe('the record of all benches', () => {
  it('gets a section of one bench in the place of its last, and keeps head and sections of the others', () => {
    expect(mergeSections(record, '## Streams\n\nfaster\n')).toBe(record.replace('fast', 'faster'));
  });

  it('gets a new section at its end', () => {
    expect(mergeSections(record, '## Scale\n\n1.2\n')).toBe(`${record}\n## Scale\n\n1.2\n`);
  });

  it('gets the head of the bench that writes one, and its sections, and nothing else', () => {
    const fresh = '# Bench results\n\nOf Tuesday.\n\n## Streams\n\nslow\n';
    expect(mergeSections(record, fresh)).toBe(record.replace('Monday', 'Tuesday').replace('fast', 'slow'));
  });

  it('is begun where there is none', () => {
    expect(mergeSections('', '## Scale\n\n1.2\n')).toBe('## Scale\n\n1.2\n');
  });
});
