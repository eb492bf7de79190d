import type { JSX } from 'react';
import type { EventSchema } from '../../api/client.ts';
import { count, money, spanOf } from '../../design/figures.tsx';
import { ErrorNote } from '../../design/notes.tsx';
import { useTaskEvents } from '../log/event-cache.ts';
import { gistOf } from '../log/event-words.ts';

const SHOWN: ReadonlySet<string> = new Set([
  'llm_call_completed',
  'tool_completed',
  'tool_failed',
  'guardrail_failed',
  'task_retrying',
  'question_asked',
  'question_answered',
]);

/** Every model call and tool call of a task, with what went in and came out. */
export function TaskCalls({ id, taskKey }: { id: string; taskKey: string }): JSX.Element | null {
  const { events, error } = useTaskEvents(id, taskKey);
  const shown = events.filter(({ type }) => SHOWN.has(type));
  if (error !== null) return <ErrorNote error={error} />;
  if (shown.length === 0) return null;
  const started = new Map(
    events.filter(({ type }) => type === 'tool_started').map((event) => [event.data['call_id'], event]),
  );
  return (
    <section className="stack">
      <h3>What it did</h3>
      <ul className="task-calls">
        {shown.map((event) => (
          <li key={event.seq}>
            <Call event={event} started={started.get(event.data['call_id'])} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function Call({ event, started }: { event: EventSchema; started: EventSchema | undefined }): JSX.Element {
  const { type, data } = event;
  const latency = numberOf(data['latency_ms']);
  const tokens = numberOf(data['total_tokens']);
  const text = data['text'] ?? data['output'] ?? data['error'] ?? data['question'] ?? data['answer'];
  return (
    <details>
      <summary>
        <span>
          <b>{type.replaceAll('_', ' ')}</b> <span className="soft">{gistOf(event).slice(0, 80)}</span>
        </span>
        <span className="soft">
          {latency !== null && spanOf(latency)}
          {tokens !== null && ` · ${count(tokens)} tokens · ${money(numberOf(data['cost_usd']))}`}
        </span>
      </summary>
      <div className="task-calls__body">
        {started !== undefined && <pre className="code-block">{textOf(started.data['arguments'])}</pre>}
        {text !== undefined && text !== '' && <pre className="code-block">{textOf(text)}</pre>}
        <pre className="code-block">{JSON.stringify(data, null, 2)}</pre>
      </div>
    </details>
  );
}
