import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type JSX } from 'react';
import { Link, useLocation } from 'wouter';
import {
  answer,
  api,
  queries,
  type AgentInstanceDetailSchema,
  type ConversationMessageSchema,
} from '../api/client.ts';
import { ActionDialog } from '../design/action-dialog.tsx';
import { Badge } from '../design/badge.tsx';
import { Commands } from '../design/commands.tsx';
import { count, Moment } from '../design/figures.tsx';
import { Markdown } from '../design/markdown.tsx';
import { Empty, ErrorNote, Loading } from '../design/notes.tsx';
import { useTabTitle } from '../design/page-head.tsx';
import { QuestionCard } from '../inbox/question-card.tsx';
import { useConversation, type Connection } from './use-conversation.ts';
import './agents.css';

const CONNECTION_WORDS: Record<Connection, string> = {
  opening: 'connecting …',
  open: 'live',
  lost: 'The connection is lost. Trying again; nothing will be missed.',
};

/** One agent elsewhere: what it said, what it asks, and what one says to it. */
export default function AgentPage({ id: encoded }: { id: string }): JSX.Element {
  const id = decodeURIComponent(encoded);
  const { instance, error, again, messages, connection, earlier } = useConversation(id);
  if (instance === undefined)
    return error === null ? <Loading what="the agent" /> : <ErrorNote error={error} again={again} />;
  return (
    <>
      <Head instance={instance} connection={connection} />
      {error !== null && <ErrorNote error={error} again={again} />}
      {instance.execution_id === null ? (
        <Controls instance={instance} />
      ) : (
        <p>
          It is <Link href={`/runs/${instance.execution_id}`}>a run of a crew</Link>, and is steered there.
        </p>
      )}
      {earlier !== null && (
        <button type="button" className="button" disabled={earlier.isLoading} onClick={earlier.load}>
          Earlier messages
        </button>
      )}
      {messages.length === 0 && <Empty title="Nothing was said yet" />}
      <ol className="agents__talk" aria-label="Messages">
        {messages.map((message) => (
          <Said key={message.id} message={message} />
        ))}
      </ol>
      <OpenQuestions id={id} messages={messages} />
      <SayForm id={id} instance={instance} />
    </>
  );
}

function Head({
  instance,
  connection,
}: {
  instance: AgentInstanceDetailSchema;
  connection: Connection;
}): JSX.Element {
  const title = instance.name ?? instance.agent_type_name;
  useTabTitle(title);
  return (
    <header className="stack">
      <div className="row spread">
        <div className="row">
          <h1>{title}</h1>
          <Badge status={instance.status} />
        </div>
        <span role="status" className={connection === 'lost' ? 'note note--warn' : 'soft'}>
          {CONNECTION_WORDS[connection]}
        </span>
      </div>
      <p className="soft">
        {instance.agent_type_name}, began <Moment at={instance.started_at} />, {count(instance.chat_length)}{' '}
        messages
      </p>
    </header>
  );
}

const ORDERS = [
  { status: 'PAUSED', word: 'Pause' },
  { status: 'ACTIVE', word: 'Let it go on' },
  { status: 'COMPLETED', word: 'Mark completed' },
  { status: 'KILLED', word: 'Kill' },
] as const;

function Controls({ instance: { id, status, name } }: { instance: AgentInstanceDetailSchema }): JSX.Element {
  const [isDeleting, setIsDeleting] = useState(false);
  const order = useMutation({
    mutationFn: (next: (typeof ORDERS)[number]['status']) =>
      answer(
        api.PUT('/api/v1/agent-instances/{agent_instance_id}/status', {
          params: { path: { agent_instance_id: id } },
          body: { status: next },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ['agent-instance', id] }),
  });
  const offered = ORDERS.filter((one) =>
    one.status === 'ACTIVE' ? status !== 'ACTIVE' && status !== 'AWAITING_INPUT' : one.status !== status,
  );
  return (
    <div className="stack">
      <div className="row" role="group" aria-label="What to do with it">
        {offered.map(({ status: next, word }) => (
          <button
            key={next}
            type="button"
            className={`button ${next === 'KILLED' ? 'button--danger' : ''}`}
            disabled={order.isPending}
            onClick={() => order.mutate(next)}
          >
            {word}
          </button>
        ))}
        <button type="button" className="button button--danger" onClick={() => setIsDeleting(true)}>
          Delete
        </button>
        <Commands
          calls={offered.map(({ status: next, word }) => ({
            title: word.toLowerCase(),
            method: 'PUT',
            path: `/agent-instances/${id}/status`,
            body: { status: next },
          }))}
        />
      </div>
      {order.error !== null && <ErrorNote error={order.error} />}
      {isDeleting && <DeleteDialog id={id} name={name} onClose={() => setIsDeleting(false)} />}
    </div>
  );
}

function DeleteDialog({
  id,
  name,
  onClose,
}: {
  id: string;
  name: string | null;
  onClose: () => void;
}): JSX.Element {
  const [, go] = useLocation();
  return (
    <ActionDialog
      title={`Delete ${name ?? 'this agent'}?`}
      verb="Delete"
      call={{ method: 'DELETE', path: `/agent-instances/${id}` }}
      work={() =>
        answer(
          api.DELETE('/api/v1/agent-instances/{agent_instance_id}', {
            params: { path: { agent_instance_id: id } },
          }),
        )
      }
      changes={['agent-instances']}
      isDangerous
      onDone={() => go('/agents')}
      onClose={onClose}
    >
      <p>It goes with all its messages.</p>
    </ActionDialog>
  );
}

const Said = ({ message }: { message: ConversationMessageSchema }): JSX.Element => (
  <li className={`card agents__said agents__said--${message.sender_type}`}>
    <div className="row spread soft">
      <span>
        {message.sender_type === 'user' ? 'a person' : 'the agent'}
        {message.kind !== 'user' && message.kind !== 'step' && ` · ${message.kind}`}
      </span>
      <Moment at={message.created_at} />
    </div>
    <Markdown text={message.content} />
  </li>
);

function OpenQuestions({
  id,
  messages,
}: {
  id: string;
  messages: readonly ConversationMessageSchema[];
}): JSX.Element | null {
  const asked = new Set(messages.filter(({ kind }) => kind === 'question').map(({ id: one }) => one));
  const questions = useQuery({
    queryKey: ['questions', 'of-agent', id],
    queryFn: () =>
      answer(api.GET('/api/v1/questions', { params: { query: { status: 'open', limit: 100 } } })),
    enabled: asked.size > 0,
  });
  const open = (questions.data ?? []).filter(
    ({ agent_instance_id: agent, message_id: message }) =>
      agent === id || (message !== null && asked.has(message)),
  );
  if (open.length === 0) return null;
  return (
    <section className="stack" aria-label="Open questions">
      {open.map((question) => (
        <QuestionCard key={question.id} question={question} withOrigin={false} />
      ))}
    </section>
  );
}

function SayForm({ id, instance }: { id: string; instance: AgentInstanceDetailSchema }): JSX.Element | null {
  const [text, setText] = useState('');
  const say = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/api/v1/agent-instances/{agent_instance_id}/messages', {
          params: { path: { agent_instance_id: id } },
          // Talk beside a question: answers are given in the question's own form.
          body: { content: text, question_id: null },
        }),
      ),
    onSuccess: () => setText(''),
  });
  if (instance.execution_id !== null) return null;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        say.mutate();
      }}
    >
      <label className="field">
        <span className="field__label">Say something to it</span>
        <textarea className="input" rows={2} value={text} onChange={({ target }) => setText(target.value)} />
        <span className="field__help">It reads it when it reports in next.</span>
      </label>
      {say.error !== null && <ErrorNote error={say.error} />}
      <div className="row">
        <button
          type="submit"
          className="button button--primary"
          disabled={text.trim() === '' || say.isPending}
        >
          Send
        </button>
        <Commands
          calls={[
            {
              title: 'say',
              method: 'POST',
              path: `/agent-instances/${id}/messages`,
              body: { content: text, question_id: null },
            },
          ]}
        />
      </div>
    </form>
  );
}
