import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ApiServices } from '../../services.ts';
import { presentComparison, reconcileBody, reconcileReportSchema } from './reconcile-schema.ts';

const EXECUTION_ID = '550e8400-e29b-41d4-a716-446655440000';

/** What the reconciler does by itself a little at a time, at once and over everything. */
export const reconcileRoute = (engine: Pick<ApiServices, 'dispatcher' | 'reconciler'>): AnyRoute =>
  defineRoute(
    {
      method: 'POST',
      path: '/api/v1/admin/reconcile',
      operationId: 'reconcile',
      tags: ['Operation'],
      summary: 'Compare database and Temporal, and mend what differs',
      description:
        'Every open execution with its workflow, every open workflow with its execution. Each process does that with what ' +
        'has changed every few seconds; this is for after a restore, or after work in Temporal or the database. What is ' +
        'younger than 5 s is left alone.',
      access: 'admin',
      scopes: ['admin'],
      body: reconcileBody,
      bodyOptional: true,
      example: { dry_run: true },
      responses: {
        200: {
          description: 'What differed, and what was done about it',
          schema: reconcileReportSchema,
          example: {
            dry_run: true,
            complete: true,
            executions: 12,
            workflows: 11,
            found: 1,
            differences: [
              {
                execution_id: EXECUTION_ID,
                workflow_id: `crew-run/${EXECUTION_ID}`,
                status: 'running',
                workflow: 'TERMINATED',
                repair: 'ended',
                mended: false,
              },
            ],
            released: 0,
          },
        },
      },
    },
    async ({ body, respond }) => {
      const found = await engine.reconciler.compareAll({ dryRun: body?.dry_run ?? false });
      void engine.dispatcher.deliverNow();
      return respond(200, presentComparison(found));
    },
  );
