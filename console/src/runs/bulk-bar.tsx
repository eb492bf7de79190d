import { useMutation } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { answer, api, queries, type BulkActionSchema, type BulkResultSchema } from '../api/client.ts';
import { Commands } from '../design/commands.tsx';
import { Dialog } from '../design/dialog.tsx';
import { ErrorNote } from '../design/notes.tsx';
import { useSignedIn } from '../session/person.ts';
import type { RunFilter } from './run-filters.ts';

const ACTIONS = [
  'cancel',
  'pause',
  'resume',
  'retry',
  'replay',
] as const satisfies readonly BulkActionSchema['action'][];

/** One request for many runs: those chosen, or all that the list is filtered to. It is tried dry before it is done. */
export function BulkBar({
  filter,
  chosen,
  onDone,
}: {
  filter: RunFilter;
  chosen: ReadonlySet<string>;
  onDone: () => void;
}): JSX.Element {
  const { id } = useSignedIn();
  const [request, setRequest] = useState<BulkActionSchema | null>(null);
  const meant: BulkActionSchema['filter'] =
    chosen.size > 0
      ? { execution_ids: [...chosen] }
      : {
          ...(filter.statuses.length > 0 && { status: filter.statuses }),
          ...(filter.kind !== undefined && { kind: filter.kind }),
          ...(!filter.everybodys && { owner_id: id }),
        };
  const what = chosen.size > 0 ? `the ${chosen.size} chosen` : 'all that match';
  return (
    <div className="row" role="group" aria-label="Many runs at once">
      <span className="soft">Do with {what}:</span>
      {ACTIONS.map((action) => (
        <button
          key={action}
          type="button"
          className="button button--small"
          onClick={() => setRequest({ action, filter: meant })}
        >
          {action}
        </button>
      ))}
      {request !== null && (
        <BulkDialog
          request={request}
          onClose={() => {
            setRequest(null);
            onDone();
          }}
        />
      )}
    </div>
  );
}

const send = (body: BulkActionSchema): Promise<BulkResultSchema> =>
  answer(api.POST('/api/v1/executions/bulk', { body }));

function BulkDialog({ request, onClose }: { request: BulkActionSchema; onClose: () => void }): JSX.Element {
  const looking = useMutation({ mutationFn: () => send({ ...request, dry_run: true }) });
  const doing = useMutation({
    mutationFn: () => send(request),
    onSettled: () => queries.invalidateQueries({ queryKey: ['runs'] }),
  });
  const error = doing.error ?? looking.error;
  const call = { title: request.action, method: 'POST', path: '/executions/bulk', body: request } as const;
  return (
    <Dialog title={`${request.action} many runs`} onClose={onClose}>
      {looking.data === undefined && (
        <p>First see how many runs this is about. Nothing is changed by looking.</p>
      )}
      {looking.data !== undefined && doing.data === undefined && (
        <p role="status">
          {looking.data.matched} {looking.data.matched === 1 ? 'run matches' : 'runs match'} (1,000 at once,
          the oldest first).
        </p>
      )}
      {doing.data !== undefined && <Outcome result={doing.data} />}
      {error !== null && <ErrorNote error={error} />}
      <div className="dialog__foot">
        <Commands calls={[call]} />
        <button type="button" className="button" onClick={onClose}>
          {doing.data === undefined ? 'Leave it' : 'Close'}
        </button>
        {doing.data === undefined &&
          (looking.data === undefined ? (
            <button
              type="button"
              className="button button--primary"
              disabled={looking.isPending}
              onClick={() => looking.mutate()}
            >
              How many?
            </button>
          ) : (
            <button
              type="button"
              className="button button--primary"
              disabled={doing.isPending || looking.data.matched === 0}
              onClick={() => doing.mutate()}
            >
              {request.action} {looking.data.matched}
            </button>
          ))}
      </div>
    </Dialog>
  );
}

const Outcome = ({ result }: { result: BulkResultSchema }): JSX.Element => (
  <div className={`note ${result.failed.length > 0 ? 'note--warn' : 'note--good'}`} role="status">
    <strong>
      Done: {result.done} of {result.matched}
    </strong>
    {result.failed.length > 0 && (
      <ul>
        {result.failed.map(({ execution_id: id, message }) => (
          <li key={id}>
            <a href={`/console/runs/${id}`}>{id}</a>: {message}
          </li>
        ))}
      </ul>
    )}
  </div>
);
