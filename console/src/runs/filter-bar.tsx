import type { JSX } from 'react';
import { Everybodys } from '../session/everybodys.tsx';
import { RUN_KINDS, RUN_STATUSES, type RunFilter } from './run-filters.ts';

/** Which runs are shown. */
export function FilterBar({
  filter,
  onChange,
}: {
  filter: RunFilter;
  onChange: (filter: RunFilter) => void;
}): JSX.Element {
  const change = (part: Partial<RunFilter>): void => onChange({ ...filter, ...part, page: 1 });
  const statuses = (status: (typeof RUN_STATUSES)[number]) =>
    RUN_STATUSES.filter((one) => (one === status) !== filter.statuses.includes(one));
  return (
    <div className="row" role="group" aria-label="Which runs">
      <fieldset className="chips">
        <legend className="visually-hidden">States</legend>
        {RUN_STATUSES.map((status) => (
          <label key={status}>
            <input
              type="checkbox"
              checked={filter.statuses.includes(status)}
              onChange={() => change({ statuses: statuses(status) })}
            />
            {status}
          </label>
        ))}
      </fieldset>
      <label className="row">
        <span className="visually-hidden">Kind</span>
        <select
          className="input"
          value={filter.kind ?? ''}
          onChange={({ target }) => change({ kind: RUN_KINDS.find((kind) => kind === target.value) })}
        >
          <option value="">every kind</option>
          {RUN_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {kind.replace('_', ' ')}
            </option>
          ))}
        </select>
      </label>
      <Everybodys
        scope={filter.everybodys ? 'all' : 'mine'}
        onChange={(scope) => change({ everybodys: scope === 'all' })}
      />
      {(filter.graphId !== undefined || filter.scheduleId !== undefined) && (
        <button
          type="button"
          className="button button--small"
          onClick={() => change({ graphId: undefined, scheduleId: undefined })}
        >
          of one {filter.graphId === undefined ? 'schedule' : 'crew'} ✕
        </button>
      )}
    </div>
  );
}
