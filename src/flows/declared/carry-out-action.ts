import { systemPrompt } from '../../domain/agent/prompts.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { PlainContext } from '../define-flow.ts';
import { StepFailure } from '../step-work.ts';
import { llmOf } from './crew-plans.ts';
import type { AgentAction, EachStep, FlowAction } from './definition.ts';
import { evaluate, withValues, type ExpressionScope } from './expression.ts';
import { render } from './template.ts';

/** More items would make one step too large: what ends well is kept once, at the step's end. */
const MAX_ITEMS = 200;

type OwnAction = Exclude<FlowAction, { call: 'crew' }>;
type Said = Promise<JsonValue>;

/** Does what a method says, except for crews, which are executions of their own. @returns what the method says */
export async function carryOutAction(action: OwnAction, context: PlainContext, scope: ExpressionScope): Said {
  switch (action.call) {
    case 'expression':
      return evaluate(action.expr, scope);
    case 'tool':
      return useTool(action.ref, action.with ?? {}, context, scope);
    case 'agent':
      return askAgent(action, context, scope);
    case 'each':
      return forEach(action, context, scope);
  }
}

function useTool(name: string, args: JsonObject, { tool }: PlainContext, scope: ExpressionScope): Said {
  const filled = Object.entries(args).map(([key, value]) => [key, render(value, scope)] as const);
  return tool(name, Object.fromEntries(filled));
}

/** An agent without tools is one question to its model. */
async function askAgent({ with: agent }: AgentAction, { model }: PlainContext, scope: ExpressionScope): Said {
  const raw = await model({
    system: systemPrompt(agent),
    prompt: agentInput(agent, scope),
    ...definedLlm(agent),
  });
  return { raw, agent_role: agent.role };
}

function definedLlm(agent: AgentAction['with']): {
  model?: string;
  temperature?: number;
  maxTokens?: number;
} {
  const { model, ...more } = llmOf(agent);
  return model === undefined ? more : { model, ...more };
}

/** What an agent is asked, filled in. @throws {StepFailure} when that is no text */
export function agentInput(agent: AgentAction['with'], scope: ExpressionScope): string {
  const input = render(agent.input, scope);
  if (typeof input === 'string') return input;
  throw new StepFailure('the `input` of an agent must become a text: put it into one, as in "${…} "');
}

async function forEach(
  action: Extract<FlowAction, { call: 'each' }>,
  context: PlainContext,
  scope: ExpressionScope,
): Said {
  const items = evaluate(action.in, scope);
  if (!Array.isArray(items)) throw new StepFailure('`in` of each must be a list');
  if (items.length > MAX_ITEMS)
    throw new StepFailure(`each takes ${MAX_ITEMS} items at most, not ${items.length}`);
  const results: JsonValue[] = [];
  for (const item of items) results.push(await forItem(action.do, item, context, scope));
  return results;
}

/** @returns what the last of the steps said that was not left out */
async function forItem(
  steps: readonly EachStep[],
  item: JsonValue,
  context: PlainContext,
  scope: ExpressionScope,
): Said {
  const outputs: JsonObject = { ...context.outputs };
  let said: JsonValue = null;
  for (const { name, if: condition, action } of steps) {
    const inner = withValues(scope, { item, outputs });
    if (typeof condition === 'string') {
      const holds = evaluate(condition, inner);
      if (typeof holds !== 'boolean') throw new StepFailure(`\`if\` of ${name} must be true or false`);
      if (!holds) continue;
    }
    said = await carryOutAction(action, context, inner);
    outputs[name] = said;
  }
  return said;
}
