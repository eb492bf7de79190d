import { describe, expect, it } from '@jest/globals';
import {
  CONTEXT_DIVIDER,
  systemPrompt,
  taskContext,
  taskPrompt,
  taskSummary,
} from '../../src/domain/agent/prompts.ts';
import type { PlanTask, TaskContext } from '../../src/domain/plan/crew-plan.ts';
import { aTask } from '../support/plans.ts';

const taskWith = (context: TaskContext): PlanTask => aTask({ key: 'c', context });
const earlier = [
  { taskKey: 'a', raw: 'one' },
  { taskKey: 'b', raw: 'two' },
];

describe('the context of a task', () => {
  it('is every earlier output when nothing is said about it', () => {
    expect(taskContext(taskWith({ kind: 'unspecified' }), earlier)).toBe(`one${CONTEXT_DIVIDER}two`);
  });
  it('is nothing for an empty list', () => {
    expect(taskContext(taskWith({ kind: 'tasks', keys: [] }), earlier)).toBe('');
  });
  it('is exactly the named outputs, in the order they are named', () => {
    expect(taskContext(taskWith({ kind: 'tasks', keys: ['b', 'a'] }), earlier)).toBe(
      `two${CONTEXT_DIVIDER}one`,
    );
  });
  it('leaves out outputs that say nothing', () => {
    expect(
      taskContext(taskWith({ kind: 'unspecified' }), [{ taskKey: 'a', raw: '' }, ...earlier.slice(1)]),
    ).toBe('two');
  });
});

describe('the prompts', () => {
  it('name role, goal, task and expected output, and the context only when there is some', () => {
    expect(systemPrompt({ role: 'Clerk', goal: 'Count', backstory: '' })).toBe(
      'You are Clerk.\n\nWhat you strive for: Count',
    );
    const bare = taskPrompt({ description: 'Count sheep.', expectedOutput: 'A number.' }, '');
    expect(bare).toContain('Count sheep.');
    expect(bare).toContain('A number.');
    expect(bare).not.toContain('earlier tasks');
    expect(taskPrompt({ description: 'd', expectedOutput: 'e' }, 'one')).toContain('one');
  });
  it('shorten a description to its first ten words, as CrewAI does', () => {
    expect(taskSummary('a b c d e f g h i j k l')).toBe('a b c d e f g h i j...');
  });
});
