import { describe, expect, it } from '@jest/globals';
import type { AgentRules, AgentState, RuleAgent } from '../../src/domain/agent/agent-state.ts';
import { delegationSpecs } from '../../src/domain/agent/delegation.ts';
import { nextAction, startAgent, step, type Stepped } from '../../src/domain/agent/step.ts';

const agent = (key: string, role: string): RuleAgent => ({
  key,
  role,
  goal: `be a ${role}`,
  backstory: '',
  maxIter: 3,
});
const rules: AgentRules = {
  agents: new Map([
    ['boss', agent('boss', 'Crew Manager')],
    ['cook', agent('cook', 'Head  Cook')],
    ['clerk', agent('clerk', 'Clerk')],
  ]),
  coworkers: ['cook', 'clerk'],
  output: null,
  guardrail: null,
  humanInput: false,
};
const call = (name: string, input: unknown, id = 'one') => ({
  id,
  name,
  arguments: typeof input === 'string' ? input : JSON.stringify(input),
});
const hands = (coworker: string, id = 'one') =>
  call('delegate_work_to_coworker', { task: 'Cook soup', context: 'Guests are hungry', coworker }, id);
const replied = (state: AgentState, text: string, ...toolCalls: ReturnType<typeof call>[]): Stepped =>
  step(state, { kind: 'model_replied', text, toolCalls }, rules);
const fresh = startAgent('boss', 'You manage.', 'Have dinner made.');
const lastMessage = (state: AgentState) => state.frames.at(-1)?.messages.at(-1);

describe('delegation', () => {
  it('is offered to whoever has coworkers, with their roles, and to nobody else', () => {
    const specs = delegationSpecs(rules);
    expect(specs.map(({ name }) => name)).toEqual(['delegate_work_to_coworker', 'ask_question_to_coworker']);
    expect(specs[0]?.description).toContain('Head  Cook; Clerk');
    expect(delegationSpecs({ ...rules, coworkers: [] })).toEqual([]);
  });

  it('lets the coworker work in a frame of its own that knows nothing of the task', () => {
    const { state, notes } = replied(fresh, '', hands('Head Cook'));
    expect(nextAction(state, rules)).toMatchObject({ kind: 'call_model', agentKey: 'cook', offers: 'own' });
    const prompt = JSON.stringify(state.frames.at(-1)?.messages);
    expect(prompt).toContain('Cook soup');
    expect(prompt).toContain('Guests are hungry');
    expect(prompt).not.toContain('Have dinner made');
    expect(notes).toMatchObject([{ type: 'tool_started', data: { coworker: 'Head  Cook' } }]);
  });

  it('gives the coworker’s answer back as the result of the call, and the manager goes on', () => {
    const working = replied(fresh, '', hands('cook')).state;
    expect(lastMessage(working)).toMatchObject({
      role: 'tool',
      content: expect.stringContaining('no coworker'),
    });
    const cooking = replied(fresh, '', hands('"Head cook"')).state;
    const { state, notes } = replied(cooking, 'Soup is served');
    expect(lastMessage(state)).toEqual({
      role: 'tool',
      toolCallId: 'one',
      toolName: 'delegate_work_to_coworker',
      content: 'Soup is served',
    });
    expect(notes).toMatchObject([{ type: 'tool_completed', data: { output: 'Soup is served' } }]);
    expect(nextAction(state, rules)).toMatchObject({ kind: 'call_model', agentKey: 'boss', offers: 'task' });
    expect(nextAction(replied(state, 'Dinner is ready').state, rules)).toMatchObject({
      kind: 'done',
      raw: 'Dinner is ready',
    });
  });

  it('carries out two calls of one reply one after the other', () => {
    const first = replied(fresh, '', hands('Head Cook', 'a'), hands('Clerk', 'b')).state;
    const second = replied(first, 'soup').state;
    expect(nextAction(second, rules)).toMatchObject({ kind: 'call_model', agentKey: 'clerk' });
    const after = replied(second, 'bill').state;
    expect(nextAction(after, rules)).toMatchObject({ kind: 'call_model', agentKey: 'boss' });
    expect(after.frames[0]?.messages.slice(-2)).toMatchObject([{ content: 'soup' }, { content: 'bill' }]);
  });

  it.each([
    ['no JSON', call('ask_question_to_coworker', 'who?')],
    ['no coworker', call('ask_question_to_coworker', { question: 'who?' })],
    ['a question that is no text', call('ask_question_to_coworker', { question: 7, coworker: 'Clerk' })],
  ])('with %s comes back as an error that the model can mend', (_what, wrong) => {
    const { state, notes } = replied(fresh, '', wrong);
    expect(lastMessage(state)).toMatchObject({ role: 'tool', content: expect.stringMatching(/^Error: /) });
    expect(notes).toMatchObject([{ type: 'tool_failed' }]);
    expect(nextAction(state, rules)).toMatchObject({ kind: 'call_model', agentKey: 'boss' });
  });

  it('is refused as an unknown tool in the hands of a coworker', () => {
    const cooking = replied(fresh, '', hands('Head Cook')).state;
    const { state } = replied(cooking, '', hands('Clerk', 'inner'));
    expect(nextAction(state, rules)).toMatchObject({
      kind: 'call_tool',
      agentKey: 'cook',
      call: { id: 'inner' },
    });
  });

  it('goes on at the same place when its state is written down and read back in between', () => {
    const { state } = replied(fresh, '', hands('Head Cook'));
    const revived: AgentState = JSON.parse(JSON.stringify(state));
    expect(replied(revived, 'soup')).toEqual(replied(state, 'soup'));
  });
});
