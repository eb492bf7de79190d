import { useQueries, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { queries, type EventSchema } from '../../api/client.ts';
import { readEvents } from '../run-api.ts';

/**
 * Parts of a log that are in the browser. A log has no gaps (seq 1…n), so a seq says in which page its event is; what has
 * not been looked at for a minute is let go.
 */

const EVENT_PAGE = 500;
const pageOf = (seq: number): number => Math.floor((seq - 1) / EVENT_PAGE);
const pageKey = (id: string, page: number) => ['run-events', id, 'page', page] as const;
const taskKeyOf = (id: string, taskKey: string) => ['run-events', id, 'task', taskKey] as const;

const pageQuery = (id: string, page: number) => ({
  queryKey: pageKey(id, page),
  queryFn: async () => (await readEvents(id, { after: page * EVENT_PAGE, limit: EVENT_PAGE })).data,
  staleTime: Infinity,
});

/** Puts events that were streamed to those that were read. */
export function keepEvents(id: string, events: readonly EventSchema[]): void {
  for (const [page, added] of Map.groupBy(events, ({ seq }) => pageOf(seq))) {
    queries.setQueryData<EventSchema[]>(pageKey(id, page), (known) => appended(known, added, page));
  }
  const ofTasks = events.filter(({ task_key: key }) => key !== null);
  for (const [taskKey, added] of Map.groupBy(ofTasks, ({ task_key: key }) => key ?? '')) {
    queries.setQueryData<EventSchema[]>(taskKeyOf(id, taskKey), (known) =>
      known === undefined
        ? undefined
        : [...known, ...added.filter(({ seq }) => seq > (known.at(-1)?.seq ?? 0))],
    );
  }
}

/** A page grows by what follows it without a gap; anything else is read again when it is looked at. */
function appended(
  known: EventSchema[] | undefined,
  added: readonly EventSchema[],
  page: number,
): EventSchema[] | undefined {
  const next = known === undefined ? page * EVENT_PAGE + 1 : (known.at(-1)?.seq ?? page * EVENT_PAGE) + 1;
  const fresh = added.filter(({ seq }) => seq >= next);
  if (fresh[0]?.seq !== next) return known;
  return [...(known ?? []), ...fresh];
}

/**
 * The pages in which these seqs are.
 * @param lastSeq of the whole log; a page that ends before it and before its own end is read again
 * @returns the event of a seq, or undefined while it is on its way
 */
export function useEventPages(
  id: string,
  { first, last, lastSeq }: { first: number; last: number; lastSeq: number },
): (seq: number) => EventSchema | undefined {
  const from = pageOf(Math.max(first, 1));
  const to = Math.max(from, pageOf(Math.max(last, 1)));
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const pages = useQueries({ queries: numbers.map((page) => pageQuery(id, page)) });
  const short = numbers.filter((page, index) => {
    const known = pages[index];
    const wanted = Math.min(EVENT_PAGE, lastSeq - page * EVENT_PAGE);
    return known?.data !== undefined && !known.isFetching && known.data.length < wanted;
  });
  const missing = short.join(',');
  useEffect(() => {
    for (const page of missing === '' ? [] : missing.split(','))
      void queries.invalidateQueries({ queryKey: pageKey(id, Number(page)) });
  }, [id, missing]);
  return (seq) => pages[pageOf(seq) - from]?.data?.[(seq - 1) % EVENT_PAGE];
}

/** All that happened to one task (its last thousand events at most). */
export function useTaskEvents(
  id: string,
  taskKey: string,
): { events: readonly EventSchema[]; error: Error | null } {
  const { data, error } = useQuery({
    queryKey: taskKeyOf(id, taskKey),
    queryFn: async () => (await readEvents(id, { after: 0, limit: 1_000, taskKey })).data,
    staleTime: Infinity,
  });
  return { events: data ?? [], error };
}
