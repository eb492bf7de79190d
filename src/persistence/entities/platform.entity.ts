import { defineEntity, p } from '@mikro-orm/core';
import type { JsonObject } from '../../domain/json.ts';
import type { WorkflowType } from '../../domain/plan/compile-workflow.ts';
import type { TaskStatus } from '../../domain/run/status.ts';

/** The stored agents, workflows and tasks of the platform API. Their ids are integers. */

const AgentSchema = defineEntity({
  name: 'Agent',
  tableName: 'agents',
  properties: {
    id: p.integer().primary().autoincrement(),
    ownerId: p.uuid(),
    name: p.text(),
    role: p.text(),
    goal: p.text(),
    backstory: p.text(),
    model: p.text(),
    /** A number as a text, as `topP` is: they go over the wire so. */
    temperature: p.text(),
    maxTokens: p.integer(),
    topP: p.text(),
    isActive: p.boolean(),
    config: p.json<JsonObject>().nullable(),
    capabilities: p.array(),
    tools: p.array(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

/** An agent that tasks of any workflow of its owner may be given to. */
export class Agent extends AgentSchema.class {}
AgentSchema.setClass(Agent);
export { AgentSchema };

const WorkflowSchema = defineEntity({
  name: 'Workflow',
  tableName: 'workflows',
  properties: {
    id: p.integer().primary().autoincrement(),
    ownerId: p.uuid(),
    name: p.text(),
    description: p.text(),
    workflowType: p.string().$type<WorkflowType>(),
    config: p.json<JsonObject>().nullable(),
    isActive: p.boolean(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

/** A stored crew. */
export class Workflow extends WorkflowSchema.class {}
WorkflowSchema.setClass(Workflow);
export { WorkflowSchema };

const TaskSchema = defineEntity({
  name: 'Task',
  tableName: 'tasks',
  properties: {
    id: p.integer().primary().autoincrement(),
    ownerId: p.uuid(),
    workflowId: p.integer(),
    agentId: p.integer(),
    name: p.text(),
    description: p.text(),
    taskType: p.text(),
    priority: p.integer(),
    order: p.integer(),
    inputData: p.json<JsonObject>().nullable(),
    config: p.json<JsonObject>().nullable(),
    /** Ids of tasks of the same workflow. */
    dependencies: p.array<number>(Number),
    isActive: p.boolean(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
    /** Of its latest run that the reader may see; `pending` before the first. */
    status: p
      .string()
      .$type<TaskStatus>()
      .formula(
        (columns) =>
          `coalesce((select r.status from task_executions r where r.task_id = ${columns.id}
             order by r.id desc limit 1), 'pending')`,
      ),
  },
});

/** One task of a workflow. */
export class Task extends TaskSchema.class {}
TaskSchema.setClass(Task);
export { TaskSchema };
