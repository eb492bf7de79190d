import { defineEntity, p } from '@mikro-orm/core';
import type { JsonObject } from '../../domain/json.ts';
import type { CrewPlan } from '../../domain/plan/crew-plan.ts';
import type { OnBudget } from '../../domain/run/budget.ts';
import type { RunErrorCode } from '../../domain/errors.ts';
import type { ExecutionKind, ExecutionStatus } from '../../domain/run/status.ts';

const ExecutionSchema = defineEntity({
  name: 'Execution',
  tableName: 'executions',
  properties: {
    id: p.integer().primary().autoincrement(),
    executionId: p.uuid(),
    ownerId: p.uuid(),
    kind: p.string().$type<ExecutionKind>(),
    crewName: p.text().nullable(),
    flowName: p.text().nullable(),
    workflowId: p.integer().nullable(),
    graphId: p.uuid().nullable(),
    threadId: p.uuid().nullable(),
    parentExecutionId: p.uuid().nullable(),
    scheduleId: p.uuid().nullable(),
    batchId: p.uuid().nullable(),
    status: p.string().$type<ExecutionStatus>(),
    generation: p.integer(),
    claimedRunId: p.text().nullable(),
    mlflowRunId: p.text().nullable(),
    traceparent: p.text().nullable(),
    pauseRequested: p.boolean(),
    controlVersion: p.integer(),
    plan: p.json<CrewPlan>().lazy(),
    inputData: p.json<JsonObject>(),
    /** What a client of CrewAI AMP gave to be kept with it. */
    meta: p.json<JsonObject>().nullable().lazy(),
    result: p.json<JsonObject>().nullable().lazy(),
    error: p.text().nullable(),
    errorCode: p.text().$type<RunErrorCode>().nullable(),
    priority: p.integer(),
    tags: p.array(),
    timeoutSeconds: p.integer().nullable(),
    maxTokensTotal: p.bigint('number').nullable(),
    maxCostMicroUsd: p.bigint('number').nullable(),
    promptTokens: p.bigint('number'),
    completionTokens: p.bigint('number'),
    totalTokens: p.bigint('number'),
    reservedTokens: p.bigint('number'),
    costMicroUsd: p.bigint('number').nullable(),
    onBudget: p.string().$type<OnBudget>(),
    model: p.text().nullable(),
    createdAt: p.datetime(),
    startedAt: p.datetime().nullable(),
    completedAt: p.datetime().nullable(),
    updatedAt: p.datetime(),
  },
});

/** One run of anything (contract §6). Written by raw compare-and-sets in `runs/`; read through this class. */
export class Execution extends ExecutionSchema.class {}
ExecutionSchema.setClass(Execution);
export { ExecutionSchema };
