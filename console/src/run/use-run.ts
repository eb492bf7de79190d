import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, ApiError, queries, type EventSchema } from '../api/client.ts';
import { isFinal } from '../runs/run-filters.ts';
import { keepEvents } from './log/event-cache.ts';
import { readEvents, readRun, readTasks } from './run-api.ts';
import { changesPlan, withEvents, type RunState } from './run-state.ts';

/** `still`: nothing more comes. `lost`: being tried again; nothing is missed. */
export type Connection = 'still' | 'opening' | 'open' | 'lost';

/** What a model says just now, by task; it ends with the call. */
export type Speech = ReadonlyMap<string, string>;

export interface LiveRun {
  run: RunState | undefined;
  error: Error | null;
  connection: Connection;
  speech: Speech;
  again: () => void;
}

/**
 * A run, read once and then followed: the log is asked for where it stood before the rows were read, so that no event is
 * missed; what is seen twice changes nothing.
 */
async function readState(id: string): Promise<RunState> {
  const { total: lastSeq } = await readEvents(id, { after: 0, limit: 1 });
  const [execution, tasks] = await Promise.all([readRun(id), readTasks(id)]);
  return { execution, tasks, lastSeq };
}

export function useRun(id: string): LiveRun {
  const base = useQuery({ queryKey: ['run', id], queryFn: () => readState(id), staleTime: 0 });
  const [live, setLive] = useState<{ base: RunState; state: RunState } | null>(null);
  const [connection, setConnection] = useState<Connection>('opening');
  const [speech, setSpeech] = useState<Speech>(new Map());
  const start = base.data;

  useEffect(() => {
    if (start === undefined) return undefined;
    const stop = new AbortController();
    const follower = createFollower({
      onEvents: (events) => keepEvents(id, events),
      onState: (state) => setLive({ base: start, state }),
      onSpeech: setSpeech,
      onPlanChange: () => void queries.invalidateQueries({ queryKey: ['run', id] }),
    });
    follow(id, start, { signal: stop.signal, follower, onConnection: setConnection }).catch(
      (error: unknown) => {
        // The server refuses: the page says what reading the run again says.
        if (!stop.signal.aborted) void queries.invalidateQueries({ queryKey: ['run', id] });
        if (!(error instanceof ApiError) && !stop.signal.aborted) throw error;
      },
    );
    return () => {
      stop.abort();
      follower.close();
    };
  }, [id, start]);

  const run = live !== null && live.base === start ? live.state : start;
  return { run, error: base.error, connection, speech, again: () => void base.refetch() };
}

interface Follower {
  event: (event: EventSchema) => void;
  token: (token: { task_key: string; text: string }) => void;
  begin: (state: RunState) => void;
  close: () => void;
}

/** Many events may come at once: the page is drawn once a frame. */
function createFollower(to: {
  onEvents: (events: readonly EventSchema[]) => void;
  onState: (state: RunState) => void;
  onSpeech: (speech: Speech) => void;
  onPlanChange: () => void;
}): Follower {
  let state: RunState | undefined;
  let speech = new Map<string, string>();
  let waiting: EventSchema[] = [];
  let frame = 0;
  const draw = (): void => {
    frame = 0;
    const events = waiting;
    waiting = [];
    if (state !== undefined && events.length > 0) {
      to.onEvents(events);
      state = withEvents(state, events);
      to.onState(state);
    }
    to.onSpeech(new Map(speech));
    if (events.some(({ type }) => changesPlan(type))) to.onPlanChange();
  };
  const soon = (): void => {
    if (frame === 0) frame = window.setTimeout(draw, 50);
  };
  return {
    begin: (first) => {
      state = first;
    },
    event: (event) => {
      waiting.push(event);
      if (event.task_key !== null && event.type !== 'tool_started') speech.delete(event.task_key);
      soon();
    },
    token: ({ task_key: key, text }) => {
      speech.set(key, (speech.get(key) ?? '') + text);
      soon();
    },
    close: () => {
      window.clearTimeout(frame);
      speech = new Map();
    },
  };
}

interface FollowOptions {
  signal: AbortSignal;
  follower: Follower;
  onConnection: (connection: Connection) => void;
}

async function follow(
  id: string,
  start: RunState,
  { signal, follower, onConnection }: FollowOptions,
): Promise<void> {
  follower.begin(start);
  if (isFinal(start.execution.status)) {
    onConnection('still');
    return;
  }
  onConnection('opening');
  const events = api.executions.stream(id, {
    after: start.lastSeq,
    signal,
    onToken: follower.token,
    onConnection,
  });
  for await (const event of events) {
    follower.event(event);
    if (event.type.startsWith('workflow_') && isFinal(event.status ?? '')) break;
  }
  onConnection('still');
  // Its result stands in the run, not in the log.
  await queries.invalidateQueries({ queryKey: ['run', id] });
}
