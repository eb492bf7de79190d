import { systemPrompt, taskContext, taskPrompt, taskSummary } from '../../src/domain/agent/prompts.ts';
import { startAgent, type AgentState } from '../../src/domain/agent/step.ts';
import { interpolate } from '../../src/domain/plan/interpolate.ts';
import type { PlanAgent, PlanTask } from '../../src/domain/plan/crew-plan.ts';
import type { TaskOutput } from '../../src/domain/run/result.ts';
import type { HeldTask } from '../../src/persistence/runs/task-lease.ts';

/** A task with its agent, its texts filled in, and where its agent stands. */
export interface TaskMaterial {
  taskId: number;
  task: PlanTask;
  agent: PlanAgent;
  /** Tools on offer: the task's own, else the agent's, as in CrewAI. */
  toolNames: string[];
  state: AgentState;
  /** The output's shape around what the agent will say. */
  output: (raw: string) => TaskOutput;
}

/** Finds a task and its agent in the plan and fills in the inputs. A fresh agent gets its first messages. */
export function prepareTask(held: HeldTask, taskKey: string): TaskMaterial {
  const task = held.plan.tasks.find((candidate) => candidate.key === taskKey);
  const agent = held.plan.agents.find((candidate) => candidate.key === task?.agentKey);
  if (task === undefined || agent === undefined)
    throw new Error(`the plan has no task ${taskKey} with an agent`);
  const fill = (text: string): string => interpolate(text, held.inputs);
  const role = fill(agent.role);
  const description = fill(task.description);
  const expectedOutput = fill(task.expectedOutput);
  const fresh = (): AgentState =>
    startAgent(
      systemPrompt({ role, goal: fill(agent.goal), backstory: fill(agent.backstory) }),
      taskPrompt({ description, expectedOutput }, taskContext(task, held.earlier)),
    );
  return {
    taskId: held.taskId,
    task,
    agent,
    toolNames: task.tools.length > 0 ? task.tools : agent.tools,
    state: held.state ?? fresh(),
    output: (raw) => ({
      name: task.name,
      description,
      expected_output: expectedOutput,
      summary: taskSummary(description),
      raw,
      json_dict: null,
      agent: role,
      output_format: 'raw',
    }),
  };
}
