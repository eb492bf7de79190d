import type { JSX } from 'react';
import type { QuestionSchema } from '../api/client.ts';
import { useListAddress } from '../design/list-address.ts';
import { Listed } from '../design/listed.tsx';
import { Empty } from '../design/notes.tsx';
import { PageHead } from '../design/page-head.tsx';
import { Tabs } from '../design/tabs.tsx';
import { QuestionCard } from './question-card.tsx';
import { QUESTION_STATUSES, useQuestions, type QuestionStatus } from './questions.ts';
import './inbox-page.css';

const PANEL = 'inbox';

const NOTHING: Record<QuestionStatus, string> = {
  open: 'Nobody asks anything',
  answered: 'Nothing was answered yet',
  expired: 'No question has run out',
};

/** What crews and agents elsewhere ask, in one place. */
export default function InboxPage(): JSX.Element {
  const { params, page, query, show, showPage } = useListAddress();
  const status = QUESTION_STATUSES.find((one) => one === params.get('status')) ?? 'open';
  const questions = useQuestions({ ...query, status });
  return (
    <>
      <PageHead title="Inbox" />
      <Tabs
        names={QUESTION_STATUSES}
        chosen={status}
        onChoose={(name) => show({ status: name === 'open' ? undefined : name })}
        label="States of questions"
        panel={PANEL}
      />
      <div id={PANEL} role="tabpanel" aria-labelledby={`${PANEL}-${status}`} className="stack inbox-page">
        <Listed query={questions} what="questions" page={page} onPage={showPage}>
          {(rows) => <QuestionCards questions={rows} status={status} />}
        </Listed>
      </div>
    </>
  );
}

function QuestionCards({
  questions,
  status,
}: {
  questions: readonly QuestionSchema[];
  status: QuestionStatus;
}): JSX.Element {
  if (questions.length === 0) {
    return (
      <Empty title={NOTHING[status]}>
        <p>
          A task with <code>human_input</code>, an agent with the tool <code>ask_human</code> and agents
          elsewhere ask here.
        </p>
      </Empty>
    );
  }
  return (
    <>
      {questions.map((question) => (
        <QuestionCard key={question.id} question={question} withOrigin />
      ))}
    </>
  );
}
