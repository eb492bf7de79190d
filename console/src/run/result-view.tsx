import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { ExecutionSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Markdown } from '../design/markdown.tsx';
import { Empty, ErrorNote } from '../design/notes.tsx';
import { readRun } from './run-api.ts';
import './result-view.css';

/** What came of the run; of a replay, beside what came of the run before. */
export function ResultView({ run }: { run: ExecutionSchema }): JSX.Element {
  const parent = useQuery({
    queryKey: ['run-row', run.parent_execution_id],
    queryFn: () => readRun(run.parent_execution_id ?? ''),
    enabled: run.parent_execution_id !== null,
  });
  return (
    <div className="result-view">
      {run.parent_execution_id !== null && (
        <section className="card result-view__one" aria-label="The run before">
          {parent.error !== null && <ErrorNote error={parent.error} />}
          {parent.data !== undefined && <One run={parent.data} title="Before" />}
        </section>
      )}
      <section className="card result-view__one" aria-label="This run">
        <One run={run} title={run.parent_execution_id === null ? 'Result' : 'This run'} />
      </section>
    </div>
  );
}

function One({ run, title }: { run: ExecutionSchema; title: string }): JSX.Element {
  const raw = run.result?.['raw'];
  return (
    <>
      <div className="row spread">
        <h2>
          {title} <Link href={`/runs/${run.id}`}>#{run.id}</Link>
        </h2>
        <Badge status={run.status} />
      </div>
      <details>
        <summary>Inputs</summary>
        <pre className="code-block">{JSON.stringify(run.input_data, null, 2)}</pre>
      </details>
      {run.error !== null && (
        <div className="note note--bad">
          <strong>{run.error_code}</strong>
          <span>{run.error}</span>
        </div>
      )}
      {run.result === null && run.error === null && (
        <Empty title="Nothing yet">
          <p>It appears here when the run has ended.</p>
        </Empty>
      )}
      {typeof raw === 'string' && <Markdown text={raw} />}
      {run.result !== null && (
        <details open={typeof raw !== 'string'}>
          <summary>As JSON</summary>
          <pre className="code-block">{JSON.stringify(run.result, null, 2)}</pre>
        </details>
      )}
    </>
  );
}
