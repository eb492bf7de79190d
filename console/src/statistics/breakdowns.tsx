import type { JSX } from 'react';
import { Link } from 'wouter';
import type { ExecutionStatsSchema } from '../api/client.ts';
import { count } from '../design/figures.tsx';
import { useChoices } from '../targets/use-targets.ts';

/** The workflows with the most runs that have ended. */
export function WorkflowTable({
  workflows,
}: {
  workflows: ExecutionStatsSchema['top_workflows'];
}): JSX.Element {
  const { choices = [] } = useChoices('workflow');
  const nameOf = (id: number): string => choices.find((one) => one.id === String(id))?.name ?? `#${id}`;
  return (
    <section className="card chart" aria-labelledby="top-workflows">
      <h2 id="top-workflows">Workflows</h2>
      {workflows.length === 0 ? (
        <p className="soft">No run of a stored workflow has ended.</p>
      ) : (
        <div className="chart__table" tabIndex={0} role="group" aria-label="Table: Workflows">
          <table>
            <thead>
              <tr>
                <th scope="col">Workflow</th>
                <th scope="col">Ended</th>
                <th scope="col">Successful</th>
                <th scope="col">Failed</th>
              </tr>
            </thead>
            <tbody>
              {workflows.map(({ workflow_id: id, count: ended, successful, failed }) => (
                <tr key={id}>
                  <th scope="row">
                    <Link href={`/statistics?workflow_id=${id}`}>{nameOf(id)}</Link>
                  </th>
                  <td>{count(ended)}</td>
                  <td>{count(successful)}</td>
                  <td>{count(failed)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** What runs failed by, the most frequent first. */
export const ErrorTable = ({ errors }: { errors: ExecutionStatsSchema['error_breakdown'] }): JSX.Element => (
  <section className="card chart" aria-labelledby="errors">
    <h2 id="errors">Failures</h2>
    {errors.length === 0 ? (
      <p className="soft">None.</p>
    ) : (
      <div className="chart__table" tabIndex={0} role="group" aria-label="Table: Failures">
        <table>
          <thead>
            <tr>
              <th scope="col">Code</th>
              <th scope="col">Runs</th>
            </tr>
          </thead>
          <tbody>
            {errors.map(({ error, count: runs }) => (
              <tr key={error}>
                <th scope="row">
                  <code>{error}</code>
                </th>
                <td>{count(runs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);
