/** CrewAI's callbacks are Python, which is never run here; the log tells the same, and a webhook hears of it. */

/** By the field or decorator: the events whose webhook is told what the callback would be. */
const EVENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['callback', ['task_completed']],
  ['callbacks', ['task_completed']],
  ['task_callback', ['task_completed']],
  ['step_callback', ['llm_call_completed', 'tool_completed']],
  ['before_kickoff_callbacks', ['workflow_started']],
  ['before_kickoff', ['workflow_started']],
  ['after_kickoff_callbacks', ['workflow_completed']],
  ['after_kickoff', ['workflow_completed']],
]);

/** What does the work of a callback here, to be read after its name; null for what is none. */
export function insteadOfCallback(field: string): string | null {
  const events = EVENTS.get(field);
  if (events === undefined) return null;
  const inputs = field.startsWith('before_kickoff')
    ? 'start it with the inputs that it would make, and '
    : '';
  return (
    `${inputs}make a webhook on ${events.join(' and ')}, which is told the same ` +
    '(docs/crewai-compatibility.md, "Callbacks")'
  );
}
