import { z } from 'zod';
import type { ExecutionStatus } from '../../../domain/run/status.ts';
import { namedFlow } from '../../../flows/declared/declared-flow.ts';
import type { NamedFlow } from '../../../flows/flow-catalogue.ts';
import type { DeclaredFlow } from '../../../persistence/entities/flow.entity.ts';
import type { Execution } from '../../../persistence/entities/execution.entity.ts';
import type { FLOW_STATUSES, flowDetailSchema, flowSchema } from './schema.ts';

/** How flows and their runs look over HTTP. */

const FLOW_STATUS: Record<ExecutionStatus, (typeof FLOW_STATUSES)[number]> = {
  pending: 'pending',
  running: 'running',
  paused: 'running',
  waiting: 'running',
  cancelling: 'running',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'failed',
};

export const capital = (word: string): string => `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`;

/** Seed 001's words; `poem_flow` is `Poem flow` for people. */
export const startedMessage = (name: string, id: string): string =>
  `${capital(name.replaceAll('_', ' '))} execution initiated with ID: ${id}`;

export const presentFlow = (
  { name, path, flow }: NamedFlow,
  kind: 'code' | 'declarative',
): z.input<typeof flowSchema> => ({
  kind,
  name,
  path,
  summary: flow.summary,
  description: flow.description,
  execute_url: `/api/v1/${path}/execute`,
  steps: flow.shape.map(({ on, ...step }) => ({ ...step, listens_to: on })),
});

/** Its steps are those of its definition; crews do not change them. */
export const namedDeclared = ({ name, definition }: DeclaredFlow): NamedFlow =>
  namedFlow(name, { definition, crews: {} });

export const presentDeclared = (flow: DeclaredFlow): z.input<typeof flowDetailSchema> => ({
  ...presentFlow(namedDeclared(flow), 'declarative'),
  definition: jsonObject.parse(JSON.parse(JSON.stringify(flow.definition))),
  source: flow.source,
  created_at: flow.createdAt.toISOString(),
  updated_at: flow.updatedAt.toISOString(),
});

const jsonObject = z.record(z.string(), z.json());

export const presentRun = (execution: Execution, flowName: string) => ({
  execution_id: execution.executionId,
  flow_name: flowName,
  status: FLOW_STATUS[execution.status],
  created_at: execution.createdAt.toISOString(),
  started_at: execution.startedAt?.toISOString() ?? null,
  completed_at: execution.completedAt?.toISOString() ?? null,
  result: execution.result ?? null,
  error: execution.error ?? null,
});
