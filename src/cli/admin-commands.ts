import type { Command } from 'commander';
import { z } from 'zod';
import { settingsFor, withServer, type Outcome, type ServerFlags } from './command-line.ts';
import { onServer } from './crew.ts';
import { addCall, addList } from './listing.ts';
import { EXIT } from './exit-codes.ts';
import { showTable } from './table.ts';

/** What admins do to the program itself. */
export function addAdminCommands(program: Command, outcome: Outcome): void {
  addReconcile(program, outcome);
  addWorkers(program, outcome);
}

function addWorkers(program: Command, outcome: Outcome): void {
  const path = '/api/v1/admin/workers';
  const workers = program.command('workers').description('the workers there are (for admins)');
  const columns = {
    ID: 'id',
    STATUS: 'status',
    HOST: 'host',
    PID: 'pid',
    BUILD: 'build_id',
    TASKS: 'tasks',
    SEEN: 'seen_at',
  };
  const filters = [{ flag: '--status <status>', query: 'status', about: 'running, draining, ended or gone' }];
  addList(workers, outcome, { path, filters, columns }, 'the newest workers');
  addCall(workers, outcome, {
    name: 'drain',
    about: 'have it take nothing new, finish what it holds, and end',
    method: 'POST',
    at: (id) => `${path}/${id}/drain`,
  });
}

const reportSchema = z.looseObject({
  complete: z.boolean(),
  executions: z.int(),
  workflows: z.int(),
  found: z.int(),
  differences: z.array(z.record(z.string(), z.unknown())),
});

/** Ends with 1 when Temporal did not answer for some of it. */
function addReconcile(program: Command, outcome: Outcome): void {
  withServer(
    program
      .command('reconcile')
      .description('compare every open run with its workflow, and mend what differs (for admins)')
      .option('--dry-run', 'only say what differs', false),
  ).action(async (flags: ServerFlags & { dryRun: boolean }) => {
    outcome.code = await onServer(settingsFor(flags), async (client, terminal) => {
      const answer = await client.call('POST', '/api/v1/admin/reconcile', { dry_run: flags.dryRun });
      const report = reportSchema.parse(answer);
      if (flags.json) terminal.data(JSON.stringify(answer, null, 2));
      else {
        const columns = {
          WORKFLOW: 'workflow_id',
          'THE DATABASE SAYS': 'status',
          'TEMPORAL SAYS': 'workflow',
          REPAIR: 'repair',
          MENDED: 'mended',
        };
        if (report.differences.length > 0) showTable(terminal, report.differences, columns);
        const compared = `${report.executions} open runs and ${report.workflows} open workflows compared`;
        terminal.say(`${compared}: ${report.found} differ.`, report.found === 0 ? 'good' : undefined);
        if (!report.complete) terminal.say('Temporal did not answer for all of them: ask again.');
      }
      return report.complete ? EXIT.ok : EXIT.failed;
    });
  });
}
