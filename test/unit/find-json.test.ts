import { describe, expect, it } from '@jest/globals';
import { readBySchema, readVerdict } from '../../src/domain/agent/checks.ts';
import { findJson } from '../../src/domain/agent/find-json.ts';
import { planFor } from '../../src/domain/plan/crew-planning.ts';
import { conditionHolds } from '../../src/domain/run/condition.ts';

const SCHEMA = {
  type: 'object',
  properties: { title: { type: 'string' } },
  required: ['title'],
  additionalProperties: false,
};
const BEES = { ok: true, json: { title: 'Bees' } };

describe('JSON', () => {
  it.each([
    ['alone', '{"title":"Bees"}'],
    ['in a fence', '```json\n{"title":"Bees"}\n```'],
    ['in a fence amid prose', 'Here you are:\n```json\n{"title":"Bees"}\n```\nMore?'],
    ['in prose', 'The result is {"title":"Bees"} as you asked.'],
    ['after thinking', '<think>{"title":"Wasps"} or not?</think>{"title":"Bees"}'],
    ['after thinking whose beginning is lost', 'hm {"title":"Wasps"}\n</think>\n\n{"title":"Bees"}'],
    ['after braces that are none', 'With {name} and [1] and {"a": } I say {"title":"Bees"}'],
    ['beside other JSON that does not fit', 'Given {"name":"x"} the answer is {"title":"Bees"}.'],
    ['said twice alike', '{"title":"Bees"} – again: {"title": "Bees"}'],
    ['with braces in its texts', 'So: {"title":"Bees"}, not "}" nor {'],
  ])('is found %s', (_where, text) => {
    expect(readBySchema(text, SCHEMA)).toEqual(BEES);
  });

  it('is not guessed where two different ones fit', () => {
    expect(readBySchema('{"title":"Bees"} or {"title":"Wasps"}', SCHEMA)).toEqual({
      ok: false,
      problem: expect.stringContaining('2 JSON values that fit'),
    });
  });

  it('that does not fit is told of by its place, wherever it stands', () => {
    expect(readBySchema('Well, {"title": 5}.', SCHEMA)).toEqual({
      ok: false,
      problem: expect.stringContaining('/title'),
    });
    expect(readBySchema('Well, no.', SCHEMA)).toEqual({ ok: false, problem: 'the answer is not JSON' });
  });

  // Without bounds this would take hours.
  it('is looked for within bounds', () => {
    expect(findJson('{'.repeat(2_000_000))).toEqual([]);
    expect(findJson('{x} '.repeat(100_000))).toEqual([]);
  });

  it('of a judge, a planner and a condition is found in prose too', () => {
    expect(readVerdict('<think>Hm.</think>Verdict: {"valid": true}')).toBeNull();
    expect(readVerdict('I say {"valid": true}, or {"valid": false}?')).toMatch(/no verdict/);
    expect(planFor('t', 'The plans:\n{"plans":[{"task":"t","plan":"Go."}]}')).toBe('Go.');
    const test = { kind: 'json' as const, path: '/title', equals: 'Bees' };
    expect(conditionHolds(test, 'It is {"title":"Bees"}.')).toBe(true);
  });
});
