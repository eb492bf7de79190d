import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { StepShape, StepTrigger } from '../../domain/flow/flow-shape.ts';
import type { Issue } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import { schemaProblems } from '../../domain/run/json-schema.ts';
import type { CrewResult } from '../../domain/run/result.ts';
import { FLOW, type Flow, type FlowStep, type Given } from '../define-flow.ts';
import type { NamedFlow } from '../flow-catalogue.ts';
import { StepFailure, type StepCrew } from '../step-work.ts';
import { agentInput, carryOutAction } from './carry-out-action.ts';
import { AGENT_INPUT } from './crew-plans.ts';
import type { FlowAction, FlowDefinition, FlowMethod } from './definition.ts';
import type { Expressions } from './expressions.ts';
import { feedbackStep } from './human-feedback.ts';
import type { FlowSnapshot } from './snapshot.ts';
import { shownValue } from './template.ts';
import { matchLabel } from './match-label.ts';
import { readTrigger } from './triggers.ts';

const FEEDBACK = '__feedback';
const DEFAULT_MAX_CALLS = 100;

/**
 * A declared flow as the engine knows flows. Its state is what it was started with: only Python of its own could change
 * it. What methods say are its outputs, kept with their steps.
 */
export function declaredFlow({ definition, crews }: FlowSnapshot): Flow {
  const steps = new Map(
    Object.entries(definition.methods).flatMap(([name, method]) =>
      stepsOf(name, method, { definition, crew: crews[name] }),
    ),
  );
  const summary = (definition.description ?? '').split('\n')[0] ?? '';
  return {
    [FLOW]: true,
    summary: summary === '' ? definition.name : summary,
    description: definition.description ?? '',
    // What the schema of the state says of it is looked at apart (`stateProblems`).
    request: z.record(z.string(), z.json()),
    result: resultSchema,
    example: { request: definition.state?.default ?? {}, result: { output: null, state: {} } },
    shape: [...steps].map(([name, { shape }]) => ({ name, ...shape })),
    steps,
    begin: (request) => ({ id: randomUUID(), ...withDefaults(definition, request) }),
    keep: (state) => state,
    finish: (state, _request, last) => ({ ok: true, result: { output: last, state } }),
  };
}

/** The same with the names it goes by. @param name with `_` */
export const namedFlow = (name: string, snapshot: FlowSnapshot): NamedFlow => ({
  name,
  path: name.replaceAll('_', '-'),
  flow: declaredFlow(snapshot),
});

/** What a run of every declared flow gives back. */
export const resultSchema = z.object({
  output: z.json().describe('What the method that ended last said'),
  state: z.record(z.string(), z.json()).describe('What it was started with, and an `id`'),
});

/** What each step said last, by its method: of one that asks a person, with the answer. */
export const outputsOf = (said: readonly { step: string; said: JsonValue }[]): JsonObject =>
  Object.fromEntries(
    said
      .toSorted((one, other) => Number(one.step.endsWith(FEEDBACK)) - Number(other.step.endsWith(FEEDBACK)))
      .map(({ step, said }) => [step.endsWith(FEEDBACK) ? step.slice(0, -FEEDBACK.length) : step, said]),
  );

const withDefaults = ({ state }: FlowDefinition, request: JsonObject): JsonObject => ({
  ...state?.default,
  ...request,
});

/** What is wrong with a request by the schema of the state, once its defaults are laid under it; for a computing process. */
export function stateProblems(definition: FlowDefinition, request: JsonObject): Issue[] {
  const { state } = definition;
  if (state === null || state === undefined || state.type === 'dict') return [];
  return schemaProblems(state.json_schema, withDefaults(definition, request));
}

interface Around {
  definition: FlowDefinition;
  crew: CrewPlan | undefined;
}

/** A method is one step, and one more when a person is asked after it: that one is what others listen to then. */
function stepsOf(name: string, method: FlowMethod, around: Around): [string, FlowStep][] {
  const { human_feedback: feedback, router, emit } = method;
  const labels = router ? (emit ?? []) : [];
  const on = triggerOf(method, around.definition);
  const kind = on === null ? 'start' : labels.length > 0 ? 'router' : 'listen';
  const work = actionStep(name, method, { kind, on, labels }, around);
  if (feedback === null || feedback === undefined) return [[name, work]];
  const outcomes = feedback.emit ?? [];
  const asks: FlowStep['shape'] = {
    kind: outcomes.length > 0 ? 'router' : 'listen',
    on: { kind: 'any', of: [name] },
    labels: outcomes,
  };
  return [
    [name, work],
    [`${name}${FEEDBACK}`, feedbackStep(name, feedback, asks)],
  ];
}

function triggerOf({ listen }: FlowMethod, { methods }: FlowDefinition): StepTrigger | null {
  if (listen === undefined || listen === null) return null;
  const read = readTrigger(listen);
  if (!read.ok) throw new Error(`a condition that was refused: ${read.message}`);
  const asks = (wanted: string): boolean => isJsonObject(methods[wanted]?.human_feedback);
  const of = read.trigger.of.map((wanted) => (asks(wanted) ? `${wanted}${FEEDBACK}` : wanted));
  return { kind: read.trigger.kind, of };
}

function actionStep(
  name: string,
  { do: action }: FlowMethod,
  shape: Omit<StepShape, 'name'>,
  { definition, crew }: Around,
): FlowStep {
  const most = definition.config?.max_method_calls ?? DEFAULT_MAX_CALLS;
  return {
    shape,
    ...(crew !== undefined && { crew: (_view, expressions) => crewOf(action, crew, expressions) }),
    async work(context, given) {
      if (context.iteration > most)
        throw new StepFailure(`${name} has run ${most} times, which is its \`max_method_calls\``);
      const said =
        crew === undefined && action.call !== 'crew'
          ? await carryOutAction(action, context)
          : crewSaid(action, given);
      return {
        said,
        label: shape.labels.length > 0 ? labelOf(said, shape.labels) : null,
        state: context.state,
      };
    },
  };
}

/** The crew of a method, its inputs filled in. */
async function crewOf(action: FlowAction, plan: CrewPlan, expressions: Expressions): Promise<StepCrew> {
  if (action.call === 'agent') {
    // An agent by itself has no variables: what looks like one in its texts stands for itself.
    const themselves = Object.fromEntries(plan.inputs.map((name) => [name, `{${name}}`]));
    return { plan, inputs: { ...themselves, [AGENT_INPUT]: await agentInput(action.with, expressions) } };
  }
  if (action.call !== 'crew') throw new StepFailure(`${action.call} has no crew`);
  const defaults = action.with?.['inputs'];
  const inputs = await expressions.render({ ...(isJsonObject(defaults) && defaults), ...action.inputs });
  return { plan, inputs: isJsonObject(inputs) ? inputs : {} };
}

function crewSaid(action: FlowAction, { result }: Given): JsonValue {
  if (result === undefined) throw new StepFailure('there is no result of its crew');
  if (action.call === 'agent') return { raw: result.raw, agent_role: action.with.role };
  return shownResult(result);
}

/** As CrewAI's CrewOutput. */
function shownResult({ raw, tasks_output: outputs }: CrewResult): JsonObject {
  const last = outputs.at(-1);
  return { raw, json_dict: isJsonObject(last) ? (last['json_dict'] ?? null) : null, tasks_output: outputs };
}

/** The event that a router's output names; what is none of its labels is told as it is. */
function labelOf(said: JsonValue, labels: readonly string[]): string {
  const text = (
    isJsonObject(said) && typeof said['raw'] === 'string' ? said['raw'] : shownValue(said)
  ).trim();
  return matchLabel(labels, text) ?? text;
}
