import { describe, expect, it } from '@jest/globals';
import {
  FINAL_ANSWER_DEMAND,
  nextAction,
  startAgent,
  step,
  type AgentState,
} from '../../src/domain/agent/step.ts';

const call = (id: string) => ({ id, name: 'calculator', arguments: '{}' });
const said = (state: AgentState, text: string, ...ids: string[]): AgentState =>
  step(state, { kind: 'model_replied', text, toolCalls: ids.map(call) });
const returned = (state: AgentState, id: string): AgentState =>
  step(state, { kind: 'tool_returned', toolCallId: id, toolName: 'calculator', content: '2' });
const fresh = startAgent('You are a clerk.', 'Count.');

describe('an agent', () => {
  it('begins by asking its model, with its tools on offer', () => {
    expect(nextAction(fresh, 25)).toEqual({
      kind: 'call_model',
      offerTools: true,
      messages: [
        { role: 'system', content: 'You are a clerk.' },
        { role: 'user', content: 'Count.' },
      ],
    });
  });

  it('is finished when the model answers without wanting a tool', () => {
    expect(nextAction(said(fresh, '42'), 25)).toEqual({ kind: 'finish', raw: '42' });
  });

  it('uses the tools a reply wants one after the other, and then asks the model again', () => {
    const wants = said(fresh, '', 'a', 'b');
    expect(nextAction(wants, 25)).toMatchObject({ kind: 'call_tool', call: { id: 'a' } });
    const one = returned(wants, 'a');
    expect(nextAction(one, 25)).toMatchObject({ kind: 'call_tool', call: { id: 'b' } });
    expect(nextAction(returned(one, 'b'), 25)).toMatchObject({ kind: 'call_model', offerTools: true });
  });

  it('answers each of two tool calls to which the model gave one id, or none', () => {
    for (const id of ['same', '']) {
      const wants = said(fresh, '', id, id);
      const first = nextAction(wants, 25);
      const one = returned(wants, first.kind === 'call_tool' ? first.call.id : 'none');
      const second = nextAction(one, 25);
      expect(second.kind).toBe('call_tool');
      const both = returned(one, second.kind === 'call_tool' ? second.call.id : 'none');
      expect(nextAction(both, 25).kind).toBe('call_model');
    }
  });

  it('goes on at the same place when its state is written down and read back in between', () => {
    const state = returned(said(fresh, '', 'a', 'b'), 'a');
    const revived: AgentState = JSON.parse(JSON.stringify(state));
    expect(nextAction(revived, 25)).toEqual(nextAction(state, 25));
  });

  it('is asked for its final answer, without tools, once its turns are used', () => {
    const spent = returned(said(returned(said(fresh, '', 'a'), 'a'), '', 'b'), 'b');
    const action = nextAction(spent, 2);
    expect(action).toMatchObject({ kind: 'call_model', offerTools: false });
    expect(action.kind === 'call_model' ? action.messages.at(-1) : null).toEqual({
      role: 'user',
      content: FINAL_ANSWER_DEMAND,
    });
  });

  it('ends with what it said even if it wants a tool after that', () => {
    const stubborn = said(returned(said(fresh, '', 'a'), 'a'), 'as far as I got', 'b');
    expect(nextAction(stubborn, 1)).toEqual({ kind: 'finish', raw: 'as far as I got' });
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
