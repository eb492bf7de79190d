import { Cron } from 'croner';

/** Five fields that Temporal and the parser read alike: no seconds, no `@daily`, no L, W or #. */
const FIELD = /^[0-9a-z*,/-]+$/i;
const FIELDS = ['minute', 'hour', 'day of month', 'month', 'day of week'];
const isAny = (field: string | undefined): boolean => field === '*' || field === '?';

/** What is wrong with a cron expression, or null. */
export function cronProblem(cron: string): string | null {
  const fields = cron.split(' ');
  if (fields.length !== 5 || fields.some((field) => field === '')) {
    return `five fields separated by single spaces (${FIELDS.join(', ')}), as in "0 9 * * MON-FRI"`;
  }
  const strange = fields.findIndex((field) => !FIELD.test(field));
  if (strange !== -1) return `the ${FIELDS[strange] ?? ''} takes numbers, names, and * , - / only`;
  if (!isAny(fields[2]) && !isAny(fields[4])) {
    return 'give a day of month or a day of week, not both: programs disagree whether both or either must fit';
  }
  try {
    return new Cron(cron, { paused: true }).nextRun() === null ? 'this time never comes' : null;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
  }
}

/** Whether Temporal and we know this time zone by name. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z][\w+-]*(\/[\w+-]+)*$/i.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The times after a moment, oldest first. */
export const nextRuns = (
  { cron, timezone }: { cron: string; timezone: string },
  after: Date,
  count: number,
): Date[] => new Cron(cron, { timezone, paused: true }).nextRuns(count, after);
