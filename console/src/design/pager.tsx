import type { JSX } from 'react';
import { count } from './figures.tsx';

/** From page to page of a list. @param page counted from 1 */
export function Pager({
  page,
  size,
  total,
  onPage,
}: {
  page: number;
  size: number;
  total: number;
  onPage: (page: number) => void;
}): JSX.Element {
  const last = Math.max(1, Math.ceil(total / size));
  return (
    <nav className="row spread" aria-label="Pages of the list">
      <span className="soft">
        {count(total)} in all{(last > 1 || page > last) && `, page ${count(page)} of ${count(last)}`}
      </span>
      {(last > 1 || page > last) && (
        <span className="row">
          <button
            type="button"
            className="button button--small"
            disabled={page <= 1}
            onClick={() => onPage(Math.min(page - 1, last))}
          >
            Newer
          </button>
          <button
            type="button"
            className="button button--small"
            disabled={page >= last}
            onClick={() => onPage(page + 1)}
          >
            Older
          </button>
        </span>
      )}
    </nav>
  );
}
