import type { JSX } from 'react';
import { useSearchParams } from 'wouter';
import { Empty, ErrorNote, Loading } from '../design/notes.tsx';
import { Pager } from '../design/pager.tsx';
import { Tabs } from '../design/tabs.tsx';
import { QuestionCard } from './question-card.tsx';
import { PAGE, QUESTION_STATUSES, useQuestions, type QuestionStatus } from './questions.ts';
import './inbox-page.css';

const PANEL = 'inbox';

const NOTHING: Record<QuestionStatus, string> = {
  open: 'Nobody asks anything',
  answered: 'Nothing was answered yet',
  expired: 'No question has run out',
};

/** What crews and agents elsewhere ask, in one place. */
export default function InboxPage(): JSX.Element {
  const [params, setParams] = useSearchParams();
  const status = QUESTION_STATUSES.find((one) => one === params.get('status')) ?? 'open';
  const asked = Number(params.get('page') ?? 1);
  const page = Number.isInteger(asked) && asked > 0 ? asked : 1;
  return (
    <>
      <h1>Inbox</h1>
      <Tabs
        names={QUESTION_STATUSES}
        chosen={status}
        onChoose={(name) => setParams(name === 'open' ? {} : { status: name })}
        label="States of questions"
        panel={PANEL}
      />
      <div id={PANEL} role="tabpanel" aria-labelledby={`${PANEL}-${status}`} className="stack inbox-page">
        <Questions
          status={status}
          page={page}
          onPage={(next) =>
            setParams({ ...(status !== 'open' && { status }), ...(next > 1 && { page: String(next) }) })
          }
        />
      </div>
    </>
  );
}

function Questions({
  status,
  page,
  onPage,
}: {
  status: QuestionStatus;
  page: number;
  onPage: (page: number) => void;
}): JSX.Element {
  const questions = useQuestions(status, page);
  if (questions.data === undefined)
    return questions.error === null ? (
      <Loading what="questions" />
    ) : (
      <ErrorNote error={questions.error} again={() => void questions.refetch()} />
    );
  return (
    <>
      {questions.error !== null && <ErrorNote error={questions.error} />}
      {questions.data.data.length === 0 ? (
        <Empty title={NOTHING[status]}>
          <p>
            A task with <code>human_input</code>, an agent with the tool <code>ask_human</code> and agents
            elsewhere ask here.
          </p>
        </Empty>
      ) : (
        questions.data.data.map((question) => (
          <QuestionCard key={question.id} question={question} withOrigin />
        ))
      )}
      <Pager page={page} size={PAGE} total={questions.data.total} onPage={onPage} />
    </>
  );
}
