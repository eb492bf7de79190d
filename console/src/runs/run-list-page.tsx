import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { Link, useSearchParams } from 'wouter';
import { answerWithTotal, api, type ExecutionSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { count, Moment, money, Span } from '../design/figures.tsx';
import { Listed } from '../design/listed.tsx';
import { Empty } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { useSignedIn } from '../session/person.ts';
import { BulkBar } from './bulk-bar.tsx';
import { FilterBar } from './filter-bar.tsx';
import { isFinal, readFilter, toQuery, writeFilter, type RunFilter } from './run-filters.ts';
import { nameOf } from './run-name.ts';
import './run-list.css';

/** How often the list is asked for while somebody looks at it; a single run is streamed. */
const LIVE_MS = 4_000;

/** All runs, newest first. */
export function RunListPage(): JSX.Element {
  const isAdmin = useSignedIn().role === 'admin';
  const [params, setParams] = useSearchParams();
  const filter = readFilter(params);
  const show = (next: RunFilter): void => setParams(writeFilter(next));
  const query = toQuery(filter);
  const runs = useQuery({
    queryKey: ['runs', query],
    queryFn: () => answerWithTotal(api.GET('/api/v1/executions', { params: { query } })),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  return (
    <>
      <PageHead title="Runs" />
      <FilterBar filter={filter} onChange={show} />
      <Listed query={runs} what="runs" page={filter.page} onPage={(page) => show({ ...filter, page })}>
        {(rows) => (
          <>
            {isAdmin && <BulkBar filter={filter} chosen={chosen} onDone={() => setChosen(new Set())} />}
            <RunTable runs={rows} chosen={chosen} onChoose={setChosen} />
          </>
        )}
      </Listed>
    </>
  );
}

interface TableProps {
  runs: readonly ExecutionSchema[];
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
}

function RunTable({ runs, chosen, onChoose }: TableProps): JSX.Element {
  const isAdmin = useSignedIn().role === 'admin';
  if (runs.length === 0) {
    return (
      <Empty title="No runs here">
        <p>Start a crew, or show other states.</p>
      </Empty>
    );
  }
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChoose(next);
  };
  return (
    <div className="card">
      <table className="table">
        <thead>
          <tr>
            {isAdmin && <th scope="col">Choose</th>}
            <th scope="col">State</th>
            <th scope="col">Run</th>
            <th scope="col">Created</th>
            <th scope="col" className="number">
              Took
            </th>
            <th scope="col" className="number">
              Tokens
            </th>
            <th scope="col" className="number">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow
              key={run.id}
              run={run}
              choice={isAdmin ? { isChosen: chosen.has(run.execution_id), toggle } : undefined}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunRow({
  run,
  choice,
}: {
  run: ExecutionSchema;
  choice: { isChosen: boolean; toggle: (id: string) => void } | undefined;
}): JSX.Element {
  return (
    <tr>
      {choice !== undefined && (
        <td>
          <input
            type="checkbox"
            aria-label={`Choose run ${run.id}`}
            checked={choice.isChosen}
            onChange={() => choice.toggle(run.execution_id)}
          />
        </td>
      )}
      <td>
        <Badge status={run.status} />
      </td>
      <td className="wide">
        <div className="row">
          <Link href={`/runs/${run.id}`} className="run-list__name">
            {nameOf(run)}
          </Link>
          <span className="soft">#{run.id}</span>
          {run.tags.map((tag) => (
            <span key={tag} className="run-list__tag">
              {tag}
            </span>
          ))}
        </div>
      </td>
      <td data-label="Created">
        <Moment at={run.created_at} />
      </td>
      <td className="number" data-label="Took">
        <Span
          from={run.status === 'pending' ? null : run.started_at}
          to={isFinal(run.status) ? run.completed_at : null}
        />
      </td>
      <td className="number" data-label="Tokens">
        {count(run.token_usage.total_tokens)}
      </td>
      <td className="number" data-label="Cost">
        {money(run.cost_usd)}
      </td>
    </tr>
  );
}
