import { useSearchParams } from 'wouter';

/** Lists show so many at once. */
export const PAGE_SIZE = 50;

/** The page of a list that an address names, counted from 1. */
export function pageOf(params: URLSearchParams): number {
  const page = Number(params.get('page') ?? 1);
  return Number.isInteger(page) && page > 0 && page <= 1_000_000 ? page : 1;
}

/** The address with something else in it; nothing stands for the usual. A list begins anew unless `page` is given. */
export function withPart(params: URLSearchParams, part: Record<string, string | undefined>): URLSearchParams {
  const next = new URLSearchParams(params);
  next.delete('page');
  for (const [name, value] of Object.entries(part)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** What of a list is shown. It stands in the address, so that a view can be sent to somebody. */
export function useListAddress(): {
  params: URLSearchParams;
  page: number;
  /** An admin looks at what belongs to anybody. */
  scope: 'mine' | 'all';
  /** Ready for the API. */
  query: { skip: number; limit: number };
  /** @param replacing without an entry of its own in the history: for what changes with each key */
  show: (part: Record<string, string | undefined>, replacing?: boolean) => void;
  showPage: (page: number) => void;
} {
  const [params, setParams] = useSearchParams();
  const page = pageOf(params);
  const show = (part: Record<string, string | undefined>, replace = false): void =>
    setParams((old) => withPart(old, part), { replace });
  return {
    params,
    page,
    scope: params.get('scope') === 'all' ? 'all' : 'mine',
    query: { skip: (page - 1) * PAGE_SIZE, limit: PAGE_SIZE },
    show,
    showPage: (next) => show({ page: next === 1 ? undefined : String(next) }),
  };
}
