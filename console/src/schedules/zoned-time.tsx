import type { JSX } from 'react';
import { Moment } from '../design/figures.tsx';

/** A moment as the clocks of a time zone show it. @param at ISO 8601 */
const inZone = (at: string, timeZone: string): string =>
  new Intl.DateTimeFormat(undefined, {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: new Date(at).getUTCSeconds() === 0 ? undefined : '2-digit',
    hourCycle: 'h23',
  }).format(new Date(at));

/** The same, and how far off it is. */
export const ZonedTime = ({ at, zone }: { at: string; zone: string }): JSX.Element => (
  <>
    {inZone(at, zone)}{' '}
    <span className="soft">
      <Moment at={at} />
    </span>
  </>
);
