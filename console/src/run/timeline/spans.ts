import type { EventSchema } from '../../../../src/client/api-types.ts';

/** What took time within a task: pure, from its events. */
export interface CallSpan {
  seq: number;
  taskKey: string;
  kind: 'model' | 'tool' | 'question' | 'retry';
  name: string;
  /** Milliseconds since 1970. */
  from: number;
  /** Null while it goes on. */
  to: number | null;
  failed: boolean;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** @param events of one log in order, of one task or of many */
export function callSpans(events: readonly EventSchema[]): CallSpan[] {
  const spans: CallSpan[] = [];
  const open = new Map<string, CallSpan>();
  for (const event of events) {
    if (event.task_key === null) continue;
    const key = openKey(event);
    const span = begun(event, event.task_key);
    if (span !== null) {
      spans.push(span);
      if (span.to === null) open.set(key, span);
      continue;
    }
    if (event.type === 'llm_call_completed') spans.push(modelSpan(event, event.task_key));
    const waiting = open.get(key);
    if (waiting !== undefined && ENDS.has(event.type)) {
      waiting.to = Date.parse(event.timestamp);
      waiting.failed = event.type === 'tool_failed';
      open.delete(key);
    }
    if (OVER.has(event.type)) closeAll(open, event);
  }
  return spans;
}

const ENDS: ReadonlySet<string> = new Set(['tool_completed', 'tool_failed', 'question_answered']);
const OVER: ReadonlySet<string> = new Set(['task_completed', 'task_failed', 'task_skipped']);

const openKey = ({ task_key: task, data }: EventSchema): string =>
  `${task} ${textOf(data['call_id']) || textOf(data['question_id'])}`;

function begun(event: EventSchema, taskKey: string): CallSpan | null {
  const from = Date.parse(event.timestamp);
  const base = { seq: event.seq, taskKey, from, to: null, failed: false };
  if (event.type === 'tool_started') return { ...base, kind: 'tool', name: textOf(event.data['tool']) };
  if (event.type === 'question_asked')
    return { ...base, kind: 'question', name: textOf(event.data['question']) };
  if (event.type !== 'task_retrying') return null;
  const name = textOf(event.data['error']);
  return { ...base, kind: 'retry', name, to: from + numberOf(event.data['delay_ms']), failed: true };
}

function modelSpan({ seq, timestamp, data }: EventSchema, taskKey: string): CallSpan {
  const to = Date.parse(timestamp);
  const from = to - numberOf(data['latency_ms']);
  return { seq, taskKey, kind: 'model', name: textOf(data['model']), from, to, failed: false };
}

/** What was still open when its task was over will not end any more. */
function closeAll(open: Map<string, CallSpan>, { task_key: task, timestamp }: EventSchema): void {
  for (const [key, span] of open) {
    if (span.taskKey !== task) continue;
    span.to = Date.parse(timestamp);
    open.delete(key);
  }
}
