import { describe, expect, it } from '@jest/globals';
import type { AgentRules, AgentState } from '../../src/domain/agent/agent-state.ts';
import { FINAL_ANSWER_DEMAND, nextAction, startAgent, step } from '../../src/domain/agent/step.ts';

const call = (id: string) => ({ id, name: 'calculator', arguments: '{}' });
const rulesOf = (maxIter = 25): AgentRules => ({
  agents: new Map([['clerk', { key: 'clerk', role: 'Clerk', goal: 'count', backstory: '', maxIter }]]),
  coworkers: [],
  output: null,
  guardrail: null,
  humanInput: false,
});
const nextOf = (state: AgentState, maxIter = 25) => nextAction(state, rulesOf(maxIter));
const said = (state: AgentState, text: string, ...ids: string[]): AgentState =>
  saidWithin(25, state, text, ...ids);
const saidWithin = (maxIter: number, state: AgentState, text: string, ...ids: string[]): AgentState =>
  step(state, { kind: 'model_replied', text, toolCalls: ids.map(call) }, rulesOf(maxIter)).state;
const returned = (state: AgentState, id: string): AgentState =>
  step(state, { kind: 'tool_returned', toolCallId: id, toolName: 'calculator', content: '2' }, rulesOf())
    .state;
const fresh = startAgent('clerk', 'You are a clerk.', 'Count.');

describe('an agent', () => {
  it('begins by asking its model, with its tools on offer', () => {
    expect(nextOf(fresh, 25)).toEqual({
      kind: 'call_model',
      agentKey: 'clerk',
      offers: 'task',
      messages: [
        { role: 'system', content: 'You are a clerk.' },
        { role: 'user', content: 'Count.' },
      ],
    });
  });

  it('is finished when the model answers without wanting a tool', () => {
    expect(nextOf(said(fresh, '42'), 25)).toEqual({ kind: 'done', raw: '42', json: null });
  });

  it('uses the tools a reply wants one after the other, and then asks the model again', () => {
    const wants = said(fresh, '', 'a', 'b');
    expect(nextOf(wants, 25)).toMatchObject({ kind: 'call_tool', call: { id: 'a' } });
    const one = returned(wants, 'a');
    expect(nextOf(one, 25)).toMatchObject({ kind: 'call_tool', call: { id: 'b' } });
    expect(nextOf(returned(one, 'b'), 25)).toMatchObject({ kind: 'call_model', offers: 'task' });
  });

  it('answers each of two tool calls to which the model gave one id, or none', () => {
    for (const id of ['same', '']) {
      const wants = said(fresh, '', id, id);
      const first = nextOf(wants, 25);
      const one = returned(wants, first.kind === 'call_tool' ? first.call.id : 'none');
      const second = nextOf(one, 25);
      expect(second.kind).toBe('call_tool');
      const both = returned(one, second.kind === 'call_tool' ? second.call.id : 'none');
      expect(nextOf(both, 25).kind).toBe('call_model');
    }
  });

  it('goes on at the same place when its state is written down and read back in between', () => {
    const state = returned(said(fresh, '', 'a', 'b'), 'a');
    const revived: AgentState = JSON.parse(JSON.stringify(state));
    expect(nextOf(revived, 25)).toEqual(nextOf(state, 25));
  });

  it('is asked for its final answer, without tools, once its turns are used', () => {
    const spent = returned(said(returned(said(fresh, '', 'a'), 'a'), '', 'b'), 'b');
    const action = nextOf(spent, 2);
    expect(action).toMatchObject({ kind: 'call_model', offers: 'nothing' });
    expect(action.kind === 'call_model' ? action.messages.at(-1) : null).toEqual({
      role: 'user',
      content: FINAL_ANSWER_DEMAND,
    });
  });

  it('ends with what it said even if it wants a tool after that', () => {
    const stubborn = saidWithin(1, returned(said(fresh, '', 'a'), 'a'), 'as far as I got', 'b');
    expect(nextOf(stubborn, 1)).toEqual({ kind: 'done', raw: 'as far as I got', json: null });
  });

  it('never changes a state it was given', () => {
    const before = JSON.stringify(fresh);
    said(fresh, 'x', 'a');
    expect(JSON.stringify(fresh)).toBe(before);
  });

  it('counts its turns', () => {
    expect(said(returned(said(fresh, '', 'a'), 'a'), 'done').turns).toBe(2);
  });
});
