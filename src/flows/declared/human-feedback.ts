import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { FlowStep, PlainContext, PlainView } from '../define-flow.ts';
import type { StepQuestion } from '../step-work.ts';
import { llmSetting } from './crew-plans.ts';
import { matchLabel } from './match-label.ts';
import type { FlowMethod } from './definition.ts';
import { shownValue } from './template.ts';

type Feedback = NonNullable<FlowMethod['human_feedback']>;

/** After a method's action a person is asked: a step of its own, which waits without a worker. */
export function feedbackStep(method: string, feedback: Feedback, shape: FlowStep['shape']): FlowStep {
  const outcomes = feedback.emit ?? [];
  return {
    shape,
    ask: (view) => questionOf(feedback, outcomes, view),
    async work(context, { answer }) {
      const said = answer === undefined || answer === null ? '' : shownValue(answer);
      const outcome = outcomes.length === 0 ? null : await outcomeOf(feedback, outcomes, said, context);
      const result: JsonObject = { output: context.input, feedback: said, outcome, method_name: method };
      return { said: result, label: outcome, state: context.state };
    },
  };
}

function questionOf(feedback: Feedback, outcomes: readonly string[], { input }: PlainView): StepQuestion {
  const { message, llm, default_outcome: fallback } = feedback;
  const chooses = outcomes.length > 0 && (llm === null || llm === undefined);
  return {
    question: [message, shownOutput(input)].filter((part) => part !== '').join('\n\n'),
    ...(chooses && { options: [...outcomes] }),
    ...(typeof fallback === 'string' && { default: fallback }),
  };
}

/** Of crews and agents their text. */
const shownOutput = (said: JsonValue): string =>
  isJsonObject(said) && typeof said['raw'] === 'string' ? said['raw'] : shownValue(said);

/** Which of the outcomes the words of a person mean. Where `llm` is given they are free words, and it decides. */
async function outcomeOf(
  { llm, message, default_outcome: fallback }: Feedback,
  outcomes: readonly string[],
  said: string,
  { model }: PlainContext,
): Promise<string> {
  const meant = (text: string): string | undefined => matchLabel(outcomes, text);
  const otherwise = fallback ?? outcomes[0] ?? '';
  const exact = meant(said);
  if (exact !== undefined) return exact;
  if (said.trim() === '' || llm === null || llm === undefined) return otherwise;
  const { model: name, ...more } = llmSetting(llm);
  const reply = await model({
    system: `Answer with exactly one of these words and nothing else: ${outcomes.join(', ')}.`,
    prompt: `A person was asked: ${message}\n\nTheir answer: ${said}\n\nWhich of the words fits it?`,
    ...(name !== undefined && { model: name }),
    ...more,
  });
  const words = reply.split(/[^A-Za-z0-9_]+/);
  return meant(reply) ?? outcomes.find((outcome) => words.includes(outcome)) ?? otherwise;
}
