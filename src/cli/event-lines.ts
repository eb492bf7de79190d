import { z } from 'zod';

/** An event of a log as far as a line needs it. Loose: a newer server may know types that we do not. */
export const loggedEventSchema = z.looseObject({
  seq: z.int(),
  type: z.string(),
  task_key: z.string().nullable(),
  /** Of the execution or the task after the event. */
  status: z.string().nullish(),
  timestamp: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
});
export type LoggedEvent = z.output<typeof loggedEventSchema>;

/** How much a line matters, for its colour. */
export type Tone = 'plain' | 'good' | 'bad' | 'faint' | 'strong';

/** What happened, in words. Pure. @returns text that may be long; `oneLine` shortens it. */
export function describeEvent(event: LoggedEvent): { text: string; tone: Tone } {
  const { data, type } = event;
  const text = (name: string): string => asText(data[name]);
  switch (type) {
    case 'workflow_started':
      return { text: 'the run has started', tone: 'strong' };
    case 'workflow_completed':
      return { text: 'the run is completed', tone: 'good' };
    case 'workflow_failed':
      return { text: `the run has failed: ${text('error')}`, tone: 'bad' };
    case 'workflow_cancelled':
      return { text: 'the run is cancelled', tone: 'bad' };
    case 'task_started':
      return {
        text: data['attempt'] === 1 ? 'started' : `started, attempt ${text('attempt')}`,
        tone: 'strong',
      };
    case 'task_completed':
      return { text: `completed: ${text('raw')}`, tone: 'good' };
    case 'task_failed':
      return { text: `failed: ${text('error')}`, tone: 'bad' };
    case 'task_retrying':
      return {
        text: `attempt ${text('attempt')} failed, again in ${duration(data['delay_ms'])}: ${text('error')}`,
        tone: 'bad',
      };
    case 'llm_call_completed':
      return { text: modelLine(data), tone: 'plain' };
    case 'tool_started':
      return { text: `→ ${text('tool')} ${text('arguments')}`, tone: 'faint' };
    case 'tool_completed':
      return {
        text: `← ${text('tool')} in ${duration(data['latency_ms'])}: ${text('output')}`,
        tone: 'faint',
      };
    case 'tool_failed':
      return { text: `← ${text('tool')} failed: ${text('error')}`, tone: 'bad' };
    default:
      return { text: type.replace(/^workflow_/, 'the run: ').replaceAll('_', ' '), tone: 'plain' };
  }
}

/** What a reply is marked with that is not whole. */
const NOT_WHOLE: Readonly<Record<string, string>> = { length: ', cut off', content_filter: ', filtered' };

function modelLine(data: Record<string, unknown>): string {
  const names = z.array(z.string()).safeParse(data['tool_calls']).data ?? [];
  const wants = names.length === 0 ? '' : `, wants ${names.join(', ')}`;
  const about = data['tokens_estimated'] === true ? 'about ' : '';
  const again =
    typeof data['attempt'] === 'number' && data['attempt'] > 1 ? ` (attempt ${data['attempt']})` : '';
  const cost = `${about}${asText(data['total_tokens'])} tokens in ${duration(data['latency_ms'])}`;
  const whole = NOT_WHOLE[asText(data['finish_reason'])] ?? '';
  return `${asText(data['model'])}: ${cost}${again}${wants}${whole}`;
}

/** Milliseconds as people read them. */
export function duration(ms: unknown): string {
  if (typeof ms !== 'number') return '?';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Text from models, tools and servers as one line of at most `width` characters. Control characters go: they could
 * write all over a terminal.
 */
export function oneLine(text: string, width: number): string {
  const flat = text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '')
    .trim();
  const characters = Array.from(flat);
  return characters.length <= width ? flat : `${characters.slice(0, Math.max(width - 1, 0)).join('')}…`;
}

/** Text for a terminal with its line breaks kept and everything else that steers the terminal taken out. */
export function harmless(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '');
}

/** The whole line: local time, task, what happened. */
export function eventLine(event: LoggedEvent, options: { taskWidth: number; width: number }): string {
  const at = new Date(event.timestamp);
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const head = `${time}  ${(event.task_key ?? '').padEnd(options.taskWidth)}  `;
  return `${head}${oneLine(describeEvent(event).text, options.width - head.length)}`;
}
