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

  it.each([
    ['that is cut', '{"title":"T","meta":{"a":1},"body":"long te'],
    ['that is cut behind a list', 'Here: [{"a":1},{"b":'],
    ['that is cut in a fence', '```json\n{\n  "title": "T",\n  "meta": {"a":1},\n  "body": "long te'],
    ['that is broken', '{"name":"Report","author":{"name":"Ada"},"body":"x",}'],
    ['that is broken in a fence', '```json\n{"name":"Report","author":{"name":"Ada"},}\n```'],
    ['whose text holds a fence', '{"body":"so:\n```json\n{"a":1}\n```\n",}'],
  ])('%s is not replaced by a part of it', (_what, text) => {
    expect(readBySchema(text, { type: 'object' })).toEqual({ ok: false, problem: 'the answer is not JSON' });
  });

  it('is found behind JSON that is broken', () => {
    expect(readBySchema('Not {"title":"Wasps",} but {"title":"Bees"}', SCHEMA)).toEqual(BEES);
  });

  it('in a fence does not win over another behind it', () => {
    const example = 'Like\n```json\n{"title":"Example"}\n```\n';
    expect(readBySchema(`${example}my answer is {"title":"Bees"}`, SCHEMA)).toEqual({
      ok: false,
      problem: expect.stringContaining('2 JSON values that fit'),
    });
    expect(readBySchema(`${example}my answer is {"title": "Example"}`, SCHEMA)).toMatchObject({ ok: true });
    expect(readVerdict('```\n{"valid": false, "feedback": "x"}\n```\nor rather {"valid": true}')).toMatch(
      /no verdict/,
    );
    expect(readVerdict('```\n{"valid": true}\n```\nSo: {"valid":true}')).toBeNull();
  });

  it('in a fence wins over other code, and is found behind many brackets', () => {
    const code = '```python\nx = {"title": "Code"}\n```\n';
    expect(readBySchema(`${code}\`\`\`json\n{"title":"Bees"}\n\`\`\``, SCHEMA)).toEqual(BEES);
    expect(readBySchema(code, SCHEMA)).toEqual({ ok: true, json: { title: 'Code' } });
    expect(readBySchema(`${'{x} '.repeat(5_000)}{"title":"Bees"}`, SCHEMA)).toEqual(BEES);
  });

  it('with a fence in one of its texts is found in a fence', () => {
    const text = '```json\n{"title":"```js\\nx\\n```"}\n```';
    expect(readBySchema(text, SCHEMA)).toEqual({ ok: true, json: { title: '```js\nx\n```' } });
  });

  // Without bounds any of these would take minutes or hours.
  it.each([
    '{',
    '[',
    '{x} ',
    '```\n',
    '```json\n{\n```\n',
    '{"',
    '{"} ',
    '[1,] ',
    '{ \n',
    ' ',
    '`',
    '</think',
    '<think>',
  ])('is looked for within bounds: %j very often', (part) => {
    expect(findJson(`${part.repeat(2_000_000)}x`)).toEqual([]);
  });

  it('is not looked for in megabytes where a short answer is wanted', () => {
    const numbers = `[${'1234567890123456789,'.repeat(100_000)}1]`;
    expect(readVerdict(`{"valid": true, "why": ${numbers}}`)).toMatch(/no verdict/);
  });

  it('of a judge, a planner and a condition is found in prose too', () => {
    expect(readVerdict('<think>Hm.</think>Verdict: {"valid": true}')).toBeNull();
    expect(readVerdict('I say {"valid": true}, or {"valid": false}?')).toMatch(/no verdict/);
    expect(planFor('t', 'The plans:\n{"plans":[{"task":"t","plan":"Go."}]}')).toBe('Go.');
    const test = { kind: 'json' as const, path: '/title', equals: 'Bees' };
    expect(conditionHolds(test, 'It is {"title":"Bees"}.')).toBe(true);
  });
});
