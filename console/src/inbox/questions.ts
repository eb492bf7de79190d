import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answerWithTotal, api, type QuestionSchema } from '../api/client.ts';

export const QUESTION_STATUSES = [
  'open',
  'answered',
  'expired',
] as const satisfies readonly QuestionSchema['status'][];
export type QuestionStatus = (typeof QUESTION_STATUSES)[number];

/** How often an inbox is asked for while somebody looks at it, and how often the count beside its name. */
const LIVE_MS = 4_000;
const COUNT_MS = 10_000;

/** A page of questions in one state. */
export const useQuestions = (query: { status: QuestionStatus; skip: number; limit: number }) =>
  useQuery({
    queryKey: ['questions', 'inbox', query],
    queryFn: () => answerWithTotal(api.GET('/api/v1/questions', { params: { query } })),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });

/** How many questions wait for an answer; 0 until it is known. */
export function useOpenCount(): number {
  const open = useQuery({
    queryKey: ['questions', 'count'],
    queryFn: async () =>
      (
        await answerWithTotal(
          api.GET('/api/v1/questions', { params: { query: { status: 'open', limit: 1 } } }),
        )
      ).total,
    refetchInterval: COUNT_MS,
  });
  return open.data ?? 0;
}
