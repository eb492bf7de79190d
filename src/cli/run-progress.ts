import { isTaskFinal, TASK_STATUSES, type TaskStatus } from '../domain/run/status.ts';
import { oneLine, type LoggedEvent } from './event-lines.ts';
import type { RunSnapshot } from './follow-run.ts';

/** Where a run stands, from what its stream says and nothing else. */
export interface RunProgress {
  /** What the server says of all of it; again after each reconnect. */
  snapshot(snapshot: RunSnapshot): void;
  /** Each event once, from the first one on. */
  event(event: LoggedEvent): void;
  /** @returns state, tasks, time, tokens, money and what is in hand, in at most `columns` columns of a terminal */
  line(nowMs: number, columns: number): string;
}

/**
 * States come from the snapshot and the events after it. Tokens and money are summed over the whole log: a snapshot may
 * be newer than the event it names, and what it counts would be counted twice.
 */
export function createProgress(): RunProgress {
  const tasks = new Map<string, TaskStatus>();
  const bill = { tokens: 0, costUsd: 0, isPriced: true, calls: 0 };
  let [status, startedAtMs, asOfSeq] = ['pending', Number.NaN, 0];
  return {
    snapshot(shown) {
      status = shown.execution.status;
      startedAtMs = Date.parse(shown.execution.created_at);
      asOfSeq = shown.as_of_seq;
      for (const { key, status: state } of shown.tasks) tasks.set(key, taskStatus(state) ?? 'pending');
    },
    event(event) {
      if (event.type === 'llm_call_completed') {
        const { total_tokens: tokens, cost_usd: costUsd } = event.data;
        bill.calls += 1;
        bill.tokens += typeof tokens === 'number' ? tokens : 0;
        bill.costUsd += typeof costUsd === 'number' ? costUsd : 0;
        bill.isPriced &&= typeof costUsd === 'number';
      }
      if (event.seq <= asOfSeq) return;
      status = runStatusAfter(status, event);
      const key = event.task_key;
      if (key !== null) tasks.set(key, taskStatusAfter(tasks.get(key) ?? 'pending', event));
      if (event.type === 'workflow_retried') reopen(tasks);
    },
    line(nowMs, columns) {
      const states = [...tasks.values()];
      const failed = states.filter((state) => state === 'failed').length;
      const inHand = [...tasks].filter(([, state]) => state === 'running' || state === 'waiting');
      const parts = [
        status,
        `${states.filter(isTaskFinal).length} of ${states.length} tasks`,
        failed > 0 ? `${failed} failed` : '',
        Number.isNaN(startedAtMs) ? '' : clock(nowMs - startedAtMs),
        `${bill.tokens} tokens`,
        bill.calls > 0 && bill.isPriced ? `$${bill.costUsd.toFixed(4)}` : '',
        inHand.length > 0 ? `${inHand.length} in hand: ${inHand.map(([key]) => key).join(', ')}` : '',
      ];
      return fitted(parts.filter((part) => part !== '').join(' · '), columns);
    },
  };
}

const taskStatus = (text: string | null | undefined): TaskStatus | undefined =>
  TASK_STATUSES.find((known) => known === text);

function runStatusAfter(before: string, { type, status }: LoggedEvent): string {
  if (type === 'question_answered' && before === 'waiting') return 'running';
  return type.startsWith('workflow_') ? (status ?? before) : before;
}

function taskStatusAfter(before: TaskStatus, { type, status }: LoggedEvent): TaskStatus {
  if (type === 'question_asked') return 'waiting';
  if (type === 'question_answered') return before === 'waiting' ? 'running' : before;
  return taskStatus(status) ?? before;
}

/** A retry does once more what was neither completed nor skipped. */
function reopen(tasks: Map<string, TaskStatus>): void {
  for (const [key, state] of tasks)
    if (state !== 'completed' && state !== 'skipped') tasks.set(key, 'pending');
}

/** 65 s → `1:05`. A clock here that is behind the server's shows no negative time. */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** The middle dot between the parts and the ellipsis are narrow; what else is not Latin may take two columns. */
const columnsOf = (character: string): number => (/[\u0020-\u02ff…]/u.test(character) ? 1 : 2);

/** Text of which no terminal needs more than `columns` columns: one that wraps could not be rewritten. */
function fitted(text: string, columns: number): string {
  const flat = Array.from(oneLine(text, Number.MAX_SAFE_INTEGER));
  let width = flat.reduce((sum, character) => sum + columnsOf(character), 0);
  if (width <= columns) return flat.join('');
  while (flat.length > 0 && width >= columns) width -= columnsOf(flat.pop() ?? '');
  return columns > 0 ? `${flat.join('')}…` : '';
}
