import { parseJson, isJsonObject, type JsonObject } from '../json.ts';
import type { AgentRules, RuleAgent } from './agent-state.ts';
import type { ToolCall, ToolSpec } from './messages.ts';

/**
 * CrewAI's two delegation tools, as calls of the agent itself: the coworker works in a frame of its own, on the same
 * stack, and its answer is the tool's result. Their names are CrewAI's, in the form model APIs accept.
 */
const DELEGATE = 'delegate_work_to_coworker';
const ASK = 'ask_question_to_coworker';

const WORK_FIELD: Readonly<Record<string, 'task' | 'question'>> = { [DELEGATE]: 'task', [ASK]: 'question' };

export const isDelegation = (call: Pick<ToolCall, 'name'>): boolean => Object.hasOwn(WORK_FIELD, call.name);

/** The two tools as a model is told of them, naming who there is to ask; none without coworkers. */
export function delegationSpecs(rules: AgentRules): ToolSpec[] {
  const coworkers = coworkersOf(rules);
  if (coworkers.length === 0) return [];
  const roles = coworkers.map((coworker) => coworker.role).join('; ');
  const spec = (name: string, field: string, what: string): ToolSpec => ({
    name,
    description:
      `${what} Coworkers: ${roles}. A coworker knows nothing of your task: ` +
      'put everything it needs into the context, and do not refer to what it cannot see.',
    parameters: {
      type: 'object',
      properties: {
        [field]: { type: 'string', description: `The ${field}, complete` },
        context: { type: 'string', description: 'Everything the coworker needs to know for it' },
        coworker: { type: 'string', description: 'The role of the coworker' },
      },
      required: [field, 'context', 'coworker'],
    },
  });
  return [
    spec(DELEGATE, 'task', 'Hands a piece of work to one of your coworkers and gives back its result.'),
    spec(ASK, 'question', 'Asks one of your coworkers a question and gives back its answer.'),
  ];
}

/** What a coworker is to do, or why it cannot be handed over, in words the model can act upon. */
export type Delegated = { ok: true; coworker: RuleAgent; prompt: string } | { ok: false; error: string };

/** Reads a delegation as a model wrote it. */
export function readDelegation(call: ToolCall, rules: AgentRules): Delegated {
  const given = parseJson(call.arguments);
  const field = WORK_FIELD[call.name] ?? 'task';
  if (!isJsonObject(given))
    return {
      ok: false,
      error: `The arguments of ${call.name} are no JSON object with ${field}, context and coworker.`,
    };
  const work = textOf(given, field);
  const name = textOf(given, 'coworker');
  if (work === '' || name === '')
    return { ok: false, error: `${call.name} needs ${field} and coworker, both as text.` };
  const coworker = findCoworker(name, rules);
  if (coworker === undefined) {
    const roles = coworkersOf(rules).map((one) => `- ${one.role}`);
    return { ok: false, error: `You have no coworker "${name}". Your coworkers:\n${roles.join('\n')}` };
  }
  return { ok: true, coworker, prompt: coworkerPrompt(work, textOf(given, 'context')) };
}

const textOf = (given: JsonObject, field: string): string => {
  const value = given[field];
  return typeof value === 'string' ? value : '';
};

const coworkersOf = (rules: AgentRules): RuleAgent[] =>
  rules.coworkers.flatMap((key) => rules.agents.get(key) ?? []);

/** Roles match whatever their case, spaces and quotes, as in CrewAI (crewai-0.121.1.md §5.4). */
const bare = (role: string): string =>
  role
    .replaceAll(/["'\s]+/g, ' ')
    .trim()
    .toLowerCase();

const findCoworker = (name: string, rules: AgentRules): RuleAgent | undefined =>
  coworkersOf(rules).find((coworker) => bare(coworker.role) === bare(name));

function coworkerPrompt(work: string, context: string): string {
  const parts = [
    `A coworker asks this of you:\n${work}`,
    'What is expected as the result:\nYour best and complete answer to the coworker, who sees nothing but that answer.',
  ];
  if (context.trim() !== '') parts.push(`What the coworker tells you about it:\n${context}`);
  return parts.join('\n\n');
}
