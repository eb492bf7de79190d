import { z } from 'zod';
import { EXECUTION_STATUSES } from '../../../domain/run/status.ts';
import type { Comparison } from '../../../engine/reconciling/compare-all.ts';

export const reconcileBody = z.object({
  dry_run: z.boolean().default(false).describe('Only says what differs'),
});

export const reconcileReportSchema = z
  .object({
    dry_run: z.boolean(),
    complete: z.boolean().describe('False when Temporal did not answer for some of it: ask again'),
    executions: z.int().describe('Open executions that were compared with their workflows'),
    workflows: z.int().describe('Open workflows that were compared with their executions'),
    found: z.int().describe('How many differ; `differences` tells at most 1,000 of them'),
    differences: z.array(
      z.object({
        execution_id: z.uuid().nullable(),
        workflow_id: z.string(),
        status: z.enum(EXECUTION_STATUSES).nullable().describe('What the database says; null: nothing'),
        workflow: z.string().describe('What Temporal says: ABSENT, RUNNING, TERMINATED, FAILED, …'),
        repair: z
          .enum(['started', 'restarted', 'ended', 'adopted', 'stopped', 'terminated'])
          .describe(
            '`started`, `restarted`: it had no workflow, or one that was gone; `ended`: its workflow was over; `adopted`: it was ' +
              'reset in Temporal; `stopped`: it was over, its workflow was not; `terminated`: a workflow without an execution',
          ),
        mended: z.boolean(),
      }),
    ),
    released: z.int().describe('Queued executions whose turn it was'),
  })
  .meta({ id: 'ReconcileReport' });

export const presentComparison = (found: Comparison): z.input<typeof reconcileReportSchema> => ({
  dry_run: found.dryRun,
  complete: found.complete,
  executions: found.executions,
  workflows: found.workflows,
  found: found.found,
  differences: found.differences.map((one) => ({
    execution_id: one.executionId,
    workflow_id: one.workflowId,
    status: one.status,
    workflow: one.workflow,
    repair: one.repair,
    mended: one.mended,
  })),
  released: found.released,
});
