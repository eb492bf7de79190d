import { systemPrompt } from '../../domain/agent/prompts.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { PlainContext } from '../define-flow.ts';
import { StepFailure } from '../step-work.ts';
import { llmOf } from './crew-plans.ts';
import type { AgentAction, EachStep, FlowAction } from './definition.ts';
import type { EachScope, Expressions } from './expressions.ts';

/** More items would make one step too large: what ends well is kept once, at the step's end. */
const MAX_ITEMS = 200;

/** Of all results of one `each`: replies of models among them, which may be long. */
const MAX_CHARACTERS = 8_000_000;

/** About as many as it has as JSON. */
function charactersOf(value: JsonValue): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce((sum: number, inner) => sum + charactersOf(inner), 8);
}

type OwnAction = Exclude<FlowAction, { call: 'crew' }>;
type Said = Promise<JsonValue>;

/** Does what a method says, except for crews, which are executions of their own. @returns what the method says */
export async function carryOutAction(action: OwnAction, context: PlainContext, each?: EachScope): Said {
  switch (action.call) {
    case 'expression':
      return context.expressions.evaluate(action.expr, each);
    case 'tool':
      return useTool(action.ref, action.with ?? {}, context, each);
    case 'agent':
      return askAgent(action, context, each);
    case 'each':
      return forEach(action, context);
  }
}

async function useTool(
  name: string,
  args: JsonObject,
  { tool, expressions }: PlainContext,
  each: EachScope | undefined,
): Said {
  const filled = await expressions.render(args, each);
  return tool(name, isJsonObject(filled) ? filled : {});
}

/** An agent without tools is one question to its model. */
async function askAgent(
  { with: agent }: AgentAction,
  { model, expressions }: PlainContext,
  each: EachScope | undefined,
): Said {
  const raw = await model({
    system: systemPrompt(agent),
    prompt: await agentInput(agent, expressions, each),
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
export async function agentInput(
  agent: AgentAction['with'],
  expressions: Expressions,
  each?: EachScope,
): Promise<string> {
  const input = await expressions.render(agent.input, each);
  if (typeof input === 'string') return input;
  throw new StepFailure('the `input` of an agent must become a text: put it into one, as in "${…} "');
}

async function forEach(action: Extract<FlowAction, { call: 'each' }>, context: PlainContext): Said {
  const items = await context.expressions.evaluate(action.in);
  if (!Array.isArray(items)) throw new StepFailure('`in` of each must be a list');
  if (items.length > MAX_ITEMS)
    throw new StepFailure(`each takes ${MAX_ITEMS} items at most, not ${items.length}`);
  const results: JsonValue[] = [];
  let characters = 0;
  for (const item of items) {
    const said = await forItem(action.do, item, context);
    characters += charactersOf(said);
    if (characters > MAX_CHARACTERS)
      throw new StepFailure(`the results of each have more than ${MAX_CHARACTERS} characters altogether`);
    results.push(said);
  }
  return results;
}

/** @returns what the last of the steps said that was not left out */
async function forItem(steps: readonly EachStep[], item: JsonValue, context: PlainContext): Said {
  const outputs: JsonObject = {};
  let said: JsonValue = null;
  for (const { name, if: condition, action } of steps) {
    const each: EachScope = { item, outputs };
    if (typeof condition === 'string') {
      const holds = await context.expressions.evaluate(condition, each);
      if (typeof holds !== 'boolean') throw new StepFailure(`\`if\` of ${name} must be true or false`);
      if (!holds) continue;
    }
    said = await carryOutAction(action, context, each);
    outputs[name] = said;
  }
  return said;
}
