import { findOne } from '../agent/find-json.ts';
import type { LlmChoice } from '../graph/read-llm.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { CrewPlan, PlanAgent, PlanTask } from './crew-plan.ts';

/**
 * CrewAI's `planning`: before anything else one model call writes a plan for every task, which then stands at the end
 * of that task's description. It is a task of its own, which all others wait for, so that it is recorded, paid, paused,
 * retried and taken over by a replay like any other; its output is left out of contexts and of the result.
 */

/** How often a plan of the wrong shape is sent back. */
const PLAN_REPAIRS = 1;
/** One reply holds all plans, so it may be long. */
const PLANNER_ITERATIONS = 1;

/** A plan whose tasks are planned first. Key and agent are named so that they clash with none of the crew's. */
export function withPlanning(plan: CrewPlan, llm: LlmChoice): CrewPlan {
  if (plan.tasks.length === 0) return plan;
  const taskKey = freeKey(
    'crew_planning',
    plan.tasks.map(({ key }) => key),
  );
  const agentKey = freeKey(
    'crew_planner',
    plan.agents.map(({ key }) => key),
  );
  const tasks = plan.tasks.map((task) =>
    task.dependsOn.length > 0 ? task : { ...task, dependsOn: [taskKey] },
  );
  return {
    ...plan,
    planning: { taskKey, agentKey },
    agents: [...plan.agents, planner(agentKey, llm)],
    tasks: [planningTask(taskKey, agentKey, plan.tasks), ...tasks],
    hiddenOutputs: [...plan.hiddenOutputs, taskKey],
  };
}

function freeKey(wanted: string, taken: readonly string[]): string {
  let key = wanted;
  while (taken.includes(key)) key += '_';
  return key;
}

const planner = (key: string, llm: LlmChoice): PlanAgent => ({
  key,
  role: 'Crew Planner',
  goal: 'Give each task of the crew a plan its agent can follow step by step with the tools it has.',
  backstory:
    'You have planned the work of many teams. You plan and do not carry out; you leave nothing to guess, and nothing out.',
  model: llm.model,
  fallbackModels: [],
  tools: [],
  maxIter: PLANNER_ITERATIONS,
  maxTokens: llm.maxTokens,
  temperature: llm.temperature,
  topP: llm.topP,
  maxExecutionTimeMs: null,
});

const planningTask = (key: string, agentKey: string, tasks: readonly PlanTask[]): PlanTask => ({
  key,
  name: 'Planning',
  description: 'Write a plan for each task of the crew.',
  expectedOutput: 'One plan for every task, by the key of the task.',
  agentKey,
  coworkers: [],
  context: { kind: 'tasks', keys: [] },
  tools: [],
  dependsOn: [],
  condition: null,
  guardrail: null,
  output: { format: 'json', schema: planSchema(tasks), repairs: PLAN_REPAIRS },
  humanInput: false,
});

const planSchema = (tasks: readonly PlanTask[]): JsonObject => ({
  type: 'object',
  properties: {
    plans: {
      type: 'array',
      minItems: tasks.length,
      items: {
        type: 'object',
        properties: {
          task: { type: 'string', enum: tasks.map(({ key }) => key) },
          plan: { type: 'string', minLength: 1 },
        },
        required: ['task', 'plan'],
      },
    },
  },
  required: ['plans'],
});

/** Whether a task is the one that plans the others. */
export const isPlanning = (plan: Pick<CrewPlan, 'planning'>, taskKey: string): boolean =>
  plan.planning?.taskKey === taskKey;

/** The tasks of the crew itself. */
export const crewTasks = (plan: Pick<CrewPlan, 'planning' | 'tasks'>): PlanTask[] =>
  plan.tasks.filter(({ key }) => !isPlanning(plan, key));

/** What the planner is told: every task with its agent and tools. @param fill puts the inputs into a text */
export function planningPrompt(
  plan: CrewPlan,
  fill: (text: string, task: PlanTask) => string,
): { description: string; expectedOutput: string } {
  const agents = new Map(plan.agents.map((agent) => [agent.key, agent]));
  const described = crewTasks(plan).map((task) => {
    const agent = agents.get(task.agentKey);
    const tools = task.tools.length > 0 ? task.tools : (agent?.tools ?? []);
    return [
      `Task "${task.key}"`,
      `- what to do: ${fill(task.description, task)}`,
      `- what is expected: ${fill(task.expectedOutput, task)}`,
      `- who does it: ${fill(agent?.role ?? task.agentKey, task)}, who strives for: ${fill(agent?.goal ?? '', task)}`,
      `- tools at hand: ${tools.join(', ') || 'none'}`,
    ].join('\n');
  });
  return {
    description:
      'Write a plan for each of the tasks below: the steps its agent takes, in order, which tool each step uses, ' +
      `and what comes out of it. Do not carry them out.\n\n${described.join('\n\n')}`,
    expectedOutput: 'A plan for every task, named by its key.',
  };
}

const hasPlans = (value: JsonValue): value is JsonObject & { plans: JsonValue[] } =>
  isJsonObject(value) && Array.isArray(value['plans']);

/** The plan the planner wrote for a task; empty when it wrote none, or was skipped. @param raw the planner's answer, in which the JSON stands */
export function planFor(taskKey: string, raw: string): string {
  return (findOne(raw, hasPlans)?.plans ?? [])
    .filter(isJsonObject)
    .filter((entry) => entry['task'] === taskKey)
    .flatMap(({ plan }) => (typeof plan === 'string' ? [plan.trim()] : []))
    .join('\n\n');
}

/** A description with its plan behind it, as CrewAI puts it. */
export const plannedDescription = (description: string, plan: string): string =>
  plan === '' ? description : `${description}\n\nThe plan for this task:\n${plan}`;
