import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type JSX, type ReactNode } from 'react';
import type { EventSchema } from '../../api/client.ts';
import { count } from '../../design/figures.tsx';
import { ErrorNote } from '../../design/notes.tsx';
import { useDebounced, useNarrow } from '../../design/hooks.ts';
import { readEvents } from '../run-api.ts';
import { useEventPages } from './event-cache.ts';
import { gistOf, toneOf } from './event-words.ts';
import './log.css';

/** The whole log of a run, however long: only what is on the screen is in the page, only its neighbourhood in memory. */
export function LogView({
  id,
  lastSeq,
  isLive,
}: {
  id: string;
  lastSeq: number;
  isLive: boolean;
}): JSX.Element {
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<EventSchema | null>(null);
  const words = useDebounced(search.trim(), 300);
  const view = { id, lastSeq, open, onOpen: setOpen };
  return (
    <div className="log">
      <label className="field">
        <span className="visually-hidden">Search the log</span>
        <input
          className="input"
          type="search"
          placeholder="Search the log: words, a task, a type of event"
          value={search}
          maxLength={200}
          onChange={({ target }) => setSearch(target.value)}
        />
      </label>
      {words === '' ? <WholeLog {...view} follow={isLive} /> : <Found {...view} words={words} />}
      {open !== null && <EventDetail event={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

interface ViewProps {
  id: string;
  lastSeq: number;
  open: EventSchema | null;
  onOpen: (event: EventSchema) => void;
}

function WholeLog({ id, lastSeq, open, onOpen, follow }: ViewProps & { follow: boolean }): JSX.Element {
  const [range, setRange] = useState({ first: 1, last: 30 });
  const eventOf = useEventPages(id, { ...range, lastSeq });
  return (
    <Rows
      total={lastSeq}
      stickToEnd={follow}
      onRange={(first, last) => setRange({ first: first + 1, last: Math.min(last + 1, lastSeq) })}
      row={(index) => {
        const event = eventOf(index + 1);
        return event === undefined ? { key: index + 1 } : { key: index + 1, event };
      }}
      open={open}
      onOpen={onOpen}
    />
  );
}

const FOUND_PAGE = 200;

function Found({ id, open, onOpen, words }: ViewProps & { words: string }): JSX.Element {
  const found = useInfiniteQuery({
    queryKey: ['run-events', id, 'search', words],
    queryFn: ({ pageParam }) => readEvents(id, { after: pageParam, limit: FOUND_PAGE, search: words }),
    initialPageParam: 0,
    getNextPageParam: ({ data }) => (data.length < FOUND_PAGE ? undefined : data.at(-1)?.seq),
    placeholderData: keepPreviousData,
  });
  const events = found.data?.pages.flatMap(({ data }) => data) ?? [];
  const total = found.data?.pages[0]?.total ?? 0;
  if (found.error !== null) return <ErrorNote error={found.error} again={() => void found.refetch()} />;
  return (
    <>
      <p className="soft" role="status">
        {found.isPending ? 'Searching …' : `${count(total)} found`}
      </p>
      <Rows
        total={events.length}
        stickToEnd={false}
        onRange={(_, last) => {
          if (last >= events.length - 20 && found.hasNextPage && !found.isFetching)
            void found.fetchNextPage();
        }}
        row={(index) => {
          const event = events[index];
          return event === undefined ? { key: index } : { key: event.seq, event };
        }}
        open={open}
        onOpen={onOpen}
      />
    </>
  );
}

interface RowsProps {
  total: number;
  /** Whether new events push it on while it shows the last one. */
  stickToEnd: boolean;
  onRange: (first: number, last: number) => void;
  row: (index: number) => { key: number; event?: EventSchema };
  open: EventSchema | null;
  onOpen: (event: EventSchema) => void;
}

function Rows({ total, stickToEnd, onRange, row, open, onOpen }: RowsProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const height = useNarrow() ? 48 : 34;
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 15,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onRange(first, last), [first, last, total]);
  const wasAtEnd = useRef(true);
  useEffect(() => {
    if (stickToEnd && wasAtEnd.current && total > 0) virtual.scrollToIndex(total - 1);
  }, [total, stickToEnd]);
  return (
    <div
      ref={scroller}
      className="card log__rows"
      role="log"
      aria-label="Events"
      tabIndex={0}
      onScroll={({ currentTarget: box }) => {
        wasAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < height * 2;
      }}
    >
      <div className="log__space" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const { key, event } = row(index);
          return (
            <Row
              key={key}
              top={start}
              event={event}
              seq={key}
              isOpen={open?.seq === event?.seq}
              onOpen={onOpen}
            />
          );
        })}
      </div>
    </div>
  );
}

function Row({
  top,
  event,
  seq,
  isOpen,
  onOpen,
}: {
  top: number;
  event: EventSchema | undefined;
  seq: number;
  isOpen: boolean;
  onOpen: (event: EventSchema) => void;
}): ReactNode {
  const style = { transform: `translateY(${top}px)` };
  if (event === undefined) {
    return (
      <div className="log__row" style={style}>
        <span className="log__seq">{seq}</span>
        <span className="soft">…</span>
      </div>
    );
  }
  return (
    <button
      type="button"
      className={`log__row log__row--${toneOf(event.type)}`}
      style={style}
      aria-expanded={isOpen}
      onClick={() => onOpen(event)}
    >
      <span className="log__seq">{event.seq}</span>
      <span className="soft log__time">{new Date(event.timestamp).toLocaleTimeString()}</span>
      <span className="log__type">{event.type.replaceAll('_', ' ')}</span>
      <span className="log__gist">
        {event.task_key !== null && <b>{event.task_key} </b>}
        <span className="soft">{gistOf(event)}</span>
      </span>
    </button>
  );
}

const EventDetail = ({ event, onClose }: { event: EventSchema; onClose: () => void }): JSX.Element => (
  <section className="card log__detail" aria-label={`Event ${event.seq}`}>
    <div className="row spread">
      <h3>
        {event.seq} {event.type.replaceAll('_', ' ')}
      </h3>
      <button type="button" className="button button--small" onClick={onClose}>
        Close
      </button>
    </div>
    <pre className="code-block">{JSON.stringify(event, null, 2)}</pre>
  </section>
);
