/**
 * What is asked, and why: an agent's own question, a look at its answer, a tool call nobody knows the end of, a limit
 * that is reached, leave to use a tool.
 */
export const QUESTION_KINDS = [
  'ask_human',
  'human_input',
  'unknown_outcome',
  'budget',
  'tool_approval',
] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** When people are reminded of a question asked now; null for never, and where nobody could answer any more by then. */
export function remindTime(now: Date, afterMs: number | null, expiresAt: Date | null): Date | null {
  if (afterMs === null) return null;
  const at = new Date(now.getTime() + afterMs);
  return expiresAt !== null && at >= expiresAt ? null : at;
}
