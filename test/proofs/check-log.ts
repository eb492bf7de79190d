/** What holds of every log (contract §7), whatever was done to the run. */

interface LoggedEvent {
  seq: number;
  type: string;
}

const FINAL = ['workflow_completed', 'workflow_failed', 'workflow_cancelled'];

/** What a run may say of itself next. */
const NEXT: Record<string, readonly string[]> = {
  workflow_started: ['workflow_paused', 'workflow_waiting', 'workflow_cancelling', ...FINAL],
  workflow_paused: ['workflow_resumed', 'workflow_cancelling', ...FINAL],
  workflow_resumed: [
    'workflow_started',
    'workflow_paused',
    'workflow_waiting',
    'workflow_cancelling',
    ...FINAL,
  ],
  workflow_waiting: ['workflow_waiting', 'workflow_paused', 'workflow_cancelling', ...FINAL],
  workflow_cancelling: ['workflow_cancelled'],
  workflow_completed: [],
  workflow_failed: ['workflow_retried'],
  workflow_cancelled: ['workflow_retried'],
  workflow_retried: ['workflow_paused', 'workflow_waiting', 'workflow_cancelling', ...FINAL],
};

/** What only happens while a run works. */
const WORK = ['llm_call_completed', 'task_completed', 'question_asked', 'tool_started'];

/** @param ends how often the run has ended. @throws with the log when it is not as it must be */
export function checkLog(events: readonly LoggedEvent[], ends: number): void {
  const problem = problemOf(events, ends);
  if (problem === null) return;
  throw new Error(`${problem}\n${events.map(({ seq, type }) => `${seq} ${type}`).join(', ')}`);
}

function problemOf(events: readonly LoggedEvent[], ends: number): string | null {
  if (events.some(({ seq }, at) => seq !== at + 1)) return 'the log has a gap';
  const finals = events.filter(({ type }) => FINAL.includes(type));
  if (finals.length !== ends) return `the run has ended ${ends} times, its log ${finals.length} times`;
  if (!FINAL.includes(events.at(-1)?.type ?? '')) return 'the final event is not the last';
  let state: string | null = null;
  for (const { type } of events) {
    if (type in NEXT) {
      if (state !== null && NEXT[state]?.includes(type) !== true) return `${type} follows ${state}`;
      state = type;
    } else if (
      state !== null &&
      WORK.includes(type) &&
      (state === 'workflow_paused' || FINAL.includes(state))
    ) {
      return `${type} follows ${state}`;
    }
  }
  return null;
}
