import type { JSX } from 'react';
import { Link } from 'wouter';
import type { QuestionSchema } from '../api/client.ts';
import { Badge } from '../design/badge.tsx';
import { Moment } from '../design/figures.tsx';
import { Markdown } from '../design/markdown.tsx';
import { AnswerForm } from './answer-form.tsx';
import './question-card.css';

const KINDS: Record<QuestionSchema['kind'], string> = {
  ask_human: 'An agent asks',
  human_input: 'A look at an answer',
  unknown_outcome: 'A tool call whose outcome is unknown',
  budget: 'A limit is reached',
  tool_approval: 'May this tool be called?',
  agent: 'An agent elsewhere asks',
};

/** One question, from whomever, with the place for its answer. */
export const QuestionCard = ({
  question,
  withOrigin,
}: {
  question: QuestionSchema;
  /** Say where it comes from, where that is not the page one is on. */
  withOrigin: boolean;
}): JSX.Element => (
  <article className="card question-card">
    <div className="row spread">
      <span className="row">
        <Badge status={question.status} />
        <b>{KINDS[question.kind]}</b>
        {withOrigin && <Origin question={question} />}
      </span>
      <span className="soft">
        <Moment at={question.asked_at} />
      </span>
    </div>
    <Markdown text={question.question} />
    {question.expires_at !== null && question.status === 'open' && (
      <p className="soft">
        Until <Moment at={question.expires_at} />
        {question.default !== null && question.default !== undefined && (
          <>
            , then <code>{JSON.stringify(question.default)}</code> counts
          </>
        )}
      </p>
    )}
    {question.status === 'open' ? (
      <AnswerForm question={question} />
    ) : (
      <pre className="code-block">{JSON.stringify(question.answer ?? question.default ?? null)}</pre>
    )}
  </article>
);

const Origin = ({ question }: { question: QuestionSchema }): JSX.Element =>
  question.execution_id === null ? (
    <Link href={`/agents/${question.agent_instance_id ?? ''}`}>the agent</Link>
  ) : (
    <Link
      href={`/runs/${question.execution_id}${question.task_key === null ? '' : `?task=${encodeURIComponent(question.task_key)}`}`}
    >
      run {question.execution_id}
      {question.task_key !== null && `, ${question.task_key}`}
    </Link>
  );
