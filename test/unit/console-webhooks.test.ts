import { describe, expect, it } from '@jest/globals';
import { patternsOf, togglePattern, USUAL_PATTERNS } from '../../console/src/webhooks/event-patterns.ts';
import { meansSomething } from '../../src/api/resources/webhooks/event-patterns.ts';

/** What the console's form for webhooks makes of the event types one writes. */

describe('event types in a field', () => {
  it('are told apart however they are separated, each once', () => {
    expect(patternsOf(' workflow_*, task_failed;task_failed\n* ')).toEqual([
      'workflow_*',
      'task_failed',
      '*',
    ]);
    expect(patternsOf('  ')).toEqual([]);
  });

  it('are added at the end and taken away by a tick, and the rest is kept', () => {
    expect(togglePattern('task_failed', 'workflow_*')).toBe('task_failed workflow_*');
    expect(togglePattern('task_failed, workflow_*', 'task_failed')).toBe('workflow_*');
    expect(togglePattern('', '*')).toBe('*');
  });

  it.each(USUAL_PATTERNS)('$pattern, which is offered, means something to the API', ({ pattern }) => {
    expect(meansSomething(pattern)).toBe(true);
  });
});
