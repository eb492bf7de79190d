import type { EventSchema } from '../../api/client.ts';

/** How an event is told in one line. */

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const first = (text: string): string =>
  (text.length > 240 ? `${text.slice(0, 240)}…` : text).replaceAll('\n', ' ');

/** Colour of its row. */
export function toneOf(type: EventSchema['type']): 'bad' | 'warn' | 'good' | 'ask' | 'plain' {
  if (type.endsWith('_failed') || type === 'budget_exhausted') return type === 'tool_failed' ? 'warn' : 'bad';
  if (type === 'task_retrying' || type === 'workflow_paused' || type === 'workflow_cancelling') return 'warn';
  if (type === 'workflow_completed' || type === 'task_completed') return 'good';
  if (type === 'question_asked' || type === 'workflow_waiting') return 'ask';
  return 'plain';
}

/** What is most worth knowing of its data. */
export function gistOf({ type, data }: EventSchema): string {
  const error = textOf(data['error']);
  if (error !== '') return first(error);
  if (type === 'llm_call_completed') return `${textOf(data['model'])} ${saidOrAsked(data)}`;
  if (type === 'tool_started') return `${textOf(data['tool'])} ${first(textOf(data['arguments']))}`;
  if (type === 'tool_completed') return `${textOf(data['tool'])} → ${first(textOf(data['output']))}`;
  if (type === 'question_answered') return first(JSON.stringify(data['answer'] ?? null));
  const text = ['raw', 'question', 'reason', 'message', 'content'].map((name) => textOf(data[name]));
  return first(text.find((one) => one !== '') ?? '');
}

/** A model call ends in words or in calls of tools. */
function saidOrAsked({ tool_calls: tools, text }: EventSchema['data']): string {
  return Array.isArray(tools) && tools.length > 0 ? `calls ${tools.join(', ')}` : first(textOf(text));
}
