import { z } from 'zod';
import { defineTool } from './define-tool.ts';

export const currentTime = defineTool({
  name: 'current_time',
  description: 'Tells the date, the time and the day of the week, in UTC or in a given time zone.',
  input: z.object({
    timezone: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('An IANA name such as Europe/Berlin; UTC when left out'),
  }),
  idempotent: true,
  // async so that an unknown time zone is a rejection like any other failure of a tool
  execute: async ({ timezone = 'UTC' }, { now }) => describeTime(now(), timezone),
});

/** `2026-11-03T14:05:09+01:00 (Tuesday, Europe/Berlin)`. @throws {Error} for a time zone that does not exist. */
function describeTime(at: Date, timezone: string): string {
  const parts = new Map(
    formatter(timezone)
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const offset = part('timeZoneName').replace('GMT', '');
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  const time = `${part('hour')}:${part('minute')}:${part('second')}`;
  return `${date}T${time}${offset === '' ? 'Z' : offset} (${part('weekday')}, ${timezone})`;
}

function formatter(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      weekday: 'long',
      timeZoneName: 'longOffset',
      hourCycle: 'h23',
    });
  } catch (error) {
    throw new Error(`there is no time zone "${timezone}"; give an IANA name such as Europe/Berlin or UTC`, {
      cause: error,
    });
  }
}
