import { defineEntity, p } from '@mikro-orm/core';
import type { JsonObject } from '../../domain/json.ts';
import type { PlanTask } from '../../domain/plan/crew-plan.ts';
import type { TaskStatus } from '../../domain/run/status.ts';
import type { TaskWarning } from '../../domain/run/task-warning.ts';

const TaskExecutionSchema = defineEntity({
  name: 'TaskExecution',
  tableName: 'task_executions',
  properties: {
    id: p.integer().primary().autoincrement(),
    executionId: p.integer(),
    taskKey: p.text(),
    position: p.integer(),
    name: p.text(),
    agent: p.text(),
    /** Of the stored task and agent it came from. */
    taskId: p.integer().nullable(),
    agentId: p.integer().nullable(),
    model: p.text().nullable(),
    status: p.string().$type<TaskStatus>(),
    attempts: p.integer(),
    leaseGeneration: p.integer(),
    leaseDispatch: p.integer(),
    leaseAttempt: p.integer(),
    /** Its entry in the plan; null for steps of flows. */
    spec: p.json<PlanTask>().nullable(),
    agentState: p.json<JsonObject>().nullable().lazy(),
    output: p.json<JsonObject>().nullable(),
    error: p.text().nullable(),
    errorCode: p.text().nullable(),
    warnings: p.json<TaskWarning[]>().default('[]'),
    promptTokens: p.bigint('number'),
    completionTokens: p.bigint('number'),
    totalTokens: p.bigint('number'),
    costMicroUsd: p.bigint('number').nullable(),
    startedAt: p.datetime().nullable(),
    completedAt: p.datetime().nullable(),
    updatedAt: p.datetime(),
  },
});

/** One task of one execution. Its agent's state is loaded only by the activity that holds the lease. */
export class TaskExecution extends TaskExecutionSchema.class {}
TaskExecutionSchema.setClass(TaskExecution);
export { TaskExecutionSchema };
