import { describe, expect, it } from '@jest/globals';
import type { AgentRules, AgentState } from '../../src/domain/agent/agent-state.ts';
import { nextAction, startAgent, step, type Stepped } from '../../src/domain/agent/step.ts';

const base: AgentRules = {
  agents: new Map([['a', { key: 'a', role: 'Clerk', goal: 'count', backstory: '', maxIter: 5 }]]),
  coworkers: [],
  output: null,
  guardrail: null,
  humanInput: false,
};
const SCHEMA = {
  type: 'object',
  properties: { sum: { type: 'integer' } },
  required: ['sum'],
  additionalProperties: false,
};
const shaped: AgentRules = { ...base, output: { format: 'json', schema: SCHEMA } };
const judged = (maxRetries = 3): AgentRules => ({
  ...base,
  guardrail: { check: { kind: 'llm', text: 'It rhymes.' }, maxRetries },
});
const fresh = startAgent('a', 'You are a clerk.', 'Count.');
const replied = (state: AgentState, text: string, rules: AgentRules): Stepped =>
  step(state, { kind: 'model_replied', text, toolCalls: [] }, rules);
/** All replies, one after the other. */
const after = (rules: AgentRules, ...texts: string[]): AgentState =>
  texts.reduce((state, text) => replied(state, text, rules).state, fresh);
const lastAsked = (state: AgentState, rules: AgentRules): string => {
  const action = nextAction(state, rules);
  return action.kind === 'call_model' ? (action.messages.at(-1)?.content ?? '') : `not asked: ${action.kind}`;
};

describe('an answer that must fit a schema', () => {
  it.each(['{"sum": 3}', '```json\n{"sum": 3}\n```', '  {"sum":3}  '])('is taken as %s', (text) => {
    expect(nextAction(after(shaped, text), shaped)).toEqual({ kind: 'done', raw: text, json: { sum: 3 } });
  });

  it('is sent back with the place of what is wrong, and taken when it is mended', () => {
    const wrong = after(shaped, '{"sum": "three"}');
    expect(lastAsked(wrong, shaped)).toMatch(/\/sum/);
    expect(lastAsked(after(shaped, 'three'), shaped)).toMatch(/not JSON/);
    expect(nextAction(after(shaped, 'three', '{"sum": 3}'), shaped)).toMatchObject({ kind: 'done' });
  });

  it('fails the task when it is still wrong after three repairs', () => {
    expect(nextAction(after(shaped, 'a', 'b', 'c'), shaped).kind).toBe('call_model');
    expect(nextAction(after(shaped, 'a', 'b', 'c', 'd'), shaped)).toMatchObject({
      kind: 'failed',
      code: 'OUTPUT_INVALID',
    });
  });
});

describe('a guardrail', () => {
  it('that is a text has a model judge the answer, without tools and without the conversation', () => {
    const rules = judged();
    const action = nextAction(after(rules, 'roses are red'), rules);
    expect(action).toMatchObject({ kind: 'call_model', offers: 'nothing' });
    const text = JSON.stringify(action);
    expect(text).toContain('It rhymes.');
    expect(text).toContain('roses are red');
    expect(text).not.toContain('Count.');
  });

  it('lets an answer pass that the judge finds valid', () => {
    const rules = judged();
    expect(nextAction(after(rules, 'a rhyme', '{"valid": true}'), rules)).toEqual({
      kind: 'done',
      raw: 'a rhyme',
      json: null,
    });
  });

  it('sends an answer back with the judge’s words, and fails after the fourth attempt', () => {
    const rules = judged();
    const no = '{"valid": false, "feedback": "no rhyme"}';
    expect(lastAsked(after(rules, 'prose', no), rules)).toContain('no rhyme');
    const third = after(rules, 'prose', no, 'prose', no, 'prose', no);
    expect(nextAction(third, rules).kind).toBe('call_model');
    const last = replied(after(rules, 'prose', no, 'prose', no, 'prose', no, 'prose'), no, rules);
    expect(nextAction(last.state, rules)).toEqual({
      kind: 'failed',
      code: 'GUARDRAIL_FAILED',
      error: 'Task failed guardrail validation after 3 retries. Last error: no rhyme',
    });
    expect(last.notes).toMatchObject([{ type: 'guardrail_failed', data: { attempt: 4, retries_left: 0 } }]);
  });

  it.each(['maybe', '{"valid": "yes"}', '[]'])('does not take %s for a verdict', (reply) => {
    const rules = judged(0);
    expect(nextAction(after(rules, 'a rhyme', reply), rules)).toMatchObject({ kind: 'failed' });
  });

  it('that is a schema needs no model', () => {
    const rules: AgentRules = {
      ...base,
      guardrail: { check: { kind: 'json_schema', schema: SCHEMA }, maxRetries: 1 },
    };
    expect(nextAction(after(rules, '{"sum": 1}'), rules)).toMatchObject({ kind: 'done' });
    expect(lastAsked(after(rules, '{}'), rules)).toMatch(/sum/);
    expect(nextAction(after(rules, '{}', '{}'), rules)).toMatchObject({ code: 'GUARDRAIL_FAILED' });
  });

  it('comes after the shape, and leaves the answer its turns', () => {
    const rules: AgentRules = { ...judged(), output: { format: 'json', schema: SCHEMA } };
    const state = after(rules, '{"sum": 1}', '{"valid": false, "feedback": "too small"}');
    expect(state.frames).toMatchObject([{ kind: 'task', iterations: 0 }]);
    expect(nextAction(after(rules, 'x'), rules)).toMatchObject({ kind: 'call_model', offers: 'task' });
  });
});
