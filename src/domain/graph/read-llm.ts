import { isJsonObject } from '../crewai/field-types.ts';
import type { JsonValue } from '../json.ts';
import type { PlanAgent } from '../plan/crew-plan.ts';

export type LlmChoice = Pick<PlanAgent, 'model' | 'maxTokens' | 'temperature' | 'topP'>;

/** What is wrong with an `llm` value, and where below it. */
export interface LlmProblem {
  message: string;
  below: string;
}

/** Where a model is. Left out, its prompts would go to another server than the author meant. */
export const MODEL_ADDRESSES = [
  'base_url',
  'api_base',
  'api_version',
  'deployment_name',
  'azure_endpoint',
  'endpoint',
] as const;

const isAddress = (name: string): boolean => MODEL_ADDRESSES.some((known) => known === name);

/** What is said of one of {@link MODEL_ADDRESSES} in a document. */
export const addressProblem = (name: string): string =>
  `${name} cannot be given here, and without it the model would be asked at another address: the operator sets ` +
  'OPENAI_COMPATIBLE_BASE_URL (or the …_BASE_URL of the provider), and the model is named openai_compatible/…';

const PARAMETERS = ['temperature', 'top_p', 'max_tokens'] as const;

/** A model's name, or an object with `model` and parameters. CrewAI itself looks at it only when it calls. */
export function readLlm(
  value: JsonValue | undefined,
): LlmChoice & { problems: LlmProblem[]; unknown: string[] } {
  const nothing = { model: null, maxTokens: null, temperature: null, topP: null, problems: [], unknown: [] };
  if (value === undefined || value === null || value === '') return nothing;
  if (typeof value === 'string') return { ...nothing, model: value };
  if (!isJsonObject(value)) {
    return { ...nothing, problems: [{ message: "a model's name, or an object with model", below: '' }] };
  }
  const problems: LlmProblem[] = [];
  if (typeof value.model !== 'string' || value.model === '')
    problems.push({ message: 'model is the name of a model', below: '/model' });
  for (const name of PARAMETERS) {
    const problem = parameterProblem(name, value[name] ?? null);
    if (problem !== null) problems.push({ message: problem, below: `/${name}` });
  }
  for (const [name, given] of Object.entries(value))
    if (isAddress(name) && given !== null)
      problems.push({ message: addressProblem(name), below: `/${name}` });
  return {
    model: typeof value.model === 'string' ? value.model : null,
    temperature: numberIn(value.temperature),
    topP: numberIn(value.top_p),
    maxTokens: numberIn(value.max_tokens),
    problems,
    unknown: Object.keys(value).filter(
      (name) => name !== 'model' && !isAddress(name) && !PARAMETERS.some((known) => known === name),
    ),
  };
}

function parameterProblem(name: (typeof PARAMETERS)[number], value: JsonValue): string | null {
  if (value === null) return null;
  if (name === 'max_tokens') {
    return typeof value === 'number' && Number.isInteger(value) && value >= 1
      ? null
      : 'max_tokens is a whole number, 1 or more';
  }
  const max = name === 'temperature' ? 2 : 1;
  return typeof value === 'number' && value >= 0 && value <= max
    ? null
    : `${name} is a number from 0 to ${max}`;
}

const numberIn = (value: JsonValue | undefined): number | null => (typeof value === 'number' ? value : null);
