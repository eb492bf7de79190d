import type { UseQueryResult } from '@tanstack/react-query';
import type { JSX, ReactNode } from 'react';
import { PAGE_SIZE } from './list-address.ts';
import { ErrorNote, Loading } from './notes.tsx';
import { Pager } from './pager.tsx';

/** A page of a list: on its way, not to be had, or there with the way to the other pages. */
export function Listed<Row>({
  query,
  what,
  page,
  onPage,
  children,
}: {
  query: UseQueryResult<{ data: Row[]; total: number }>;
  /** Said while it is on its way. */
  what: string;
  page: number;
  onPage: (page: number) => void;
  children: (rows: readonly Row[]) => ReactNode;
}): JSX.Element {
  const { data, error, refetch } = query;
  return (
    <>
      {error !== null && <ErrorNote error={error} again={() => void refetch()} />}
      {data === undefined ? (
        error === null && <Loading what={what} />
      ) : (
        <>
          {children(data.data)}
          <Pager page={page} size={PAGE_SIZE} total={data.total} onPage={onPage} />
        </>
      )}
    </>
  );
}
