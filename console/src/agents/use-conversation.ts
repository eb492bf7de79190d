import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { answer, api, queries, type ConversationMessageSchema } from '../api/client.ts';

const PAGE = 50;
/** So many live messages are kept in the page; older ones are read again when one goes back to them. */
const MOST_LIVE = 500;

export type Connection = 'opening' | 'open' | 'lost';

/** One agent instance as it stands, with its messages: the last ones, those before on demand, new ones as they come. */
export function useConversation(id: string) {
  const path = { agent_instance_id: id };
  const instance = useQuery({
    queryKey: ['agent-instance', id],
    queryFn: () =>
      answer(
        api.GET('/api/v1/agent-instances/{agent_instance_id}', { params: { path, query: { limit: 1 } } }),
      ),
    refetchInterval: 10_000,
  });
  const before = useInfiniteQuery({
    queryKey: ['conversation', id],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET('/api/v1/agent-instances/{agent_instance_id}', {
          params: {
            path,
            query: { limit: PAGE, ...(pageParam !== null && { before_message_id: pageParam }) },
          },
        }),
      ),
    initialPageParam: initialPage(),
    getNextPageParam: ({ messages, has_more: hasMore }) => (hasMore ? (messages[0]?.id ?? null) : null),
    staleTime: Infinity,
    gcTime: 0,
  });
  const pages = before.data?.pages;
  const lastSeq = pages?.[0]?.messages.at(-1)?.seq ?? 0;
  const { live, connection } = useLive(id, pages === undefined ? null : lastSeq);
  const told = (pages ?? []).toReversed().flatMap(({ messages }) => messages);
  return {
    instance: instance.data,
    error: instance.error ?? before.error,
    again: () => void Promise.all([instance.refetch(), before.refetch()]),
    messages: [...told, ...live],
    connection,
    earlier: before.hasNextPage
      ? { load: () => void before.fetchNextPage(), isLoading: before.isFetchingNextPage }
      : null,
  };
}

const initialPage = (): string | null => null;

/** What is said from now on. @param after the last seq that is known; null until that is */
function useLive(id: string, after: number | null) {
  const [live, setLive] = useState<readonly ConversationMessageSchema[]>([]);
  const [connection, setConnection] = useState<Connection>('opening');
  useEffect(() => {
    if (after === null) return undefined;
    const ending = new AbortController();
    const follow = async (): Promise<void> => {
      const said = api.agentInstances.stream(id, {
        after,
        signal: ending.signal,
        onConnection: setConnection,
      });
      for await (const message of said) {
        setLive((known) => [...known, message].slice(-MOST_LIVE));
        void queries.invalidateQueries({ queryKey: ['agent-instance', id] });
        if (message.kind === 'question' || message.kind === 'answer')
          void queries.invalidateQueries({ queryKey: ['questions'] });
      }
    };
    follow().catch((error: unknown) => {
      // Leaving the page ends it; anything else is a connection that cannot be had.
      if (!ending.signal.aborted) {
        setConnection('lost');
        reportError(error);
      }
    });
    return () => ending.abort();
  }, [id, after]);
  return { live, connection };
}
