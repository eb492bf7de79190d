import type { z } from 'zod';
import { compileAgentTest } from '../../../domain/plan/compile-workflow.ts';
import { isFinal } from '../../../domain/run/status.ts';
import type { Agent } from '../../../persistence/entities/platform.entity.ts';
import type { Execution } from '../../../persistence/entities/execution.entity.ts';
import type { Caller } from '../../context.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { startCrewRun } from '../../../engine/starting/start-crew-run.ts';
import { waitForEnd } from '../../realtime/wait-for-end.ts';
import { reachExecution } from '../executions/access.ts';
import { surroundingsOf } from '../workflows/compile.ts';
import { agentParamsSchema, agentTestSchema, testAgentSchema } from './schema.ts';

/** Tries an agent out: a durable run like all others, whose end is waited for. */
export const testAgentRoute = (
  engine: ApiServices,
  reachAgent: (engine: ApiServices, caller: Caller, id: number) => Promise<Agent>,
): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/agents/{agent_id}/test',
      operationId: 'testAgent',
      tags: ['Agents'],
      summary: 'Put an input to an agent and wait for what it says',
      description:
        'An execution of kind `agent_test`. A failure, of a model for instance, is answered 200 with `success: false` ' +
        'and the error; so is a wait that was too short, and the execution goes on.',
      access: 'user',
      params: agentParamsSchema,
      what: 'agent',
      body: testAgentSchema,
      example: { input: 'Test input for the agent', context: { additional: 'context data' } },
      responses: {
        200: {
          description: 'What became of it',
          schema: agentTestSchema,
          example: {
            agent_id: 1,
            input: 'Test input for the agent',
            output: 'Agent response',
            execution_time: 1.23,
            tokens_used: 150,
            success: true,
            error: null,
            execution_id: '550e8400-e29b-41d4-a716-446655440000',
          },
        },
      },
    },
    async ({ params, body, caller, request, respond }) => {
      const agent = await reachAgent(engine, caller, params.agent_id);
      const { id } = await startCrewRun(engine, {
        ownerId: caller.userId,
        plan: compileAgentTest(agent, body.input, surroundingsOf(engine)),
        kind: 'agent_test',
        inputs: body.context ?? {},
        inputsField: 'context',
        options: {},
        idempotencyRef: request.idempotencyRef,
      });
      await waitForEnd(engine.hub, id, { timeoutMs: body.wait_seconds * 1_000, signal: request.signal });
      const execution = await reachExecution(engine, caller, { id });
      return respond(200, outcomeOf(agent.id, body, execution, engine.now()));
    },
  );

function outcomeOf(
  agentId: number,
  { input, wait_seconds: seconds }: { input: string; wait_seconds: number },
  execution: Execution,
  now: Date,
): z.input<typeof agentTestSchema> {
  const { executionId, status } = execution;
  const raw = execution.result?.['raw'];
  const success = status === 'completed';
  const late = `no answer within ${seconds} s: execution ${executionId} is ${status} and goes on`;
  const from = execution.startedAt ?? execution.createdAt;
  return {
    agent_id: agentId,
    input,
    output: success && typeof raw === 'string' ? raw : null,
    execution_time: ((execution.completedAt ?? now).getTime() - from.getTime()) / 1_000,
    tokens_used: execution.totalTokens,
    success,
    error: success ? null : isFinal(status) ? (execution.error ?? status) : late,
    execution_id: executionId,
  };
}
