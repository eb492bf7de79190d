import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { answer, api } from '../api/client.ts';
import { QuestionCard } from '../inbox/question-card.tsx';
import type { RunState } from './run-state.ts';

/** What the run asks people now. Read again whenever its log grows by a question or an answer. */
export function OpenQuestions({ run }: { run: RunState }): JSX.Element | null {
  const id = String(run.execution.id);
  const waits = run.tasks.filter(({ status }) => status === 'waiting').length;
  const questions = useQuery({
    queryKey: ['questions', 'of-run', id, waits, run.execution.status],
    queryFn: () =>
      answer(
        api.GET('/api/v1/executions/{execution_id}/questions', { params: { path: { execution_id: id } } }),
      ),
    enabled: waits > 0 || run.execution.status === 'waiting',
  });
  const open = (questions.data ?? []).filter(({ status }) => status === 'open');
  if (open.length === 0) return null;
  return (
    <section className="stack" aria-label="Open questions">
      {open.map((question) => (
        <QuestionCard key={question.id} question={question} withOrigin={false} />
      ))}
    </section>
  );
}
