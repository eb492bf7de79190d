/** Which events a webhook hears of: names of event types, with `*` for any piece of one. */

/** What is asked for most, in people's words. */
export const USUAL_PATTERNS: readonly { pattern: string; about: string }[] = [
  { pattern: '*', about: 'everything' },
  { pattern: 'workflow_*', about: 'runs: start, pause, end' },
  { pattern: 'workflow_failed', about: 'failed runs' },
  { pattern: 'task_*', about: 'tasks' },
  { pattern: 'question_*', about: 'questions and answers' },
  { pattern: 'tool_*', about: 'uses of tools' },
  { pattern: 'budget_exhausted', about: 'budgets used up' },
];

/** The patterns of a text, however they are separated; each once. */
export const patternsOf = (text: string): string[] => [
  ...new Set(text.split(/[\s,;]+/).filter((part) => part !== '')),
];

/** The text with a pattern added at its end, or taken away. */
export function togglePattern(text: string, pattern: string): string {
  const patterns = patternsOf(text);
  const others = patterns.filter((one) => one !== pattern);
  return [...others, ...(others.length === patterns.length ? [pattern] : [])].join(' ');
}
