import { useEffect, useState, type JSX } from 'react';

/** Times, spans and money as people read them. */

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const whole = new Intl.NumberFormat('en');

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** How long ago (or until) a moment is. @param at ISO 8601 @param now milliseconds since 1970 */
function fromNow(at: string, now: number): string {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** Milliseconds as `340 ms`, `4.2 s`, `3 m 05 s`, `2 h 07 m`. */
export function spanOf(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} m ${two((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${two((ms % 3_600_000) / 60_000)} m`;
}

/** US dollars; null where no price is known. */
export function money(usd: number | null): string {
  if (usd === null) return '—';
  if (usd === 0) return '$0';
  return usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
}

/** 12,345 */
export const count = (value: number): string => whole.format(value);

/** The present, again every `everyMs` while `live`. */
export function useNow(live: boolean, everyMs = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!live) return undefined;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [live, everyMs]);
  return now;
}

/** A moment, in words; the exact one on hover and for screen readers. */
export function Moment({ at }: { at: string | null }): JSX.Element {
  const now = useNow(at !== null, 10_000);
  if (at === null) return <span className="soft">—</span>;
  return (
    <time dateTime={at} title={absolute.format(new Date(at))}>
      {fromNow(at, Math.max(now, Date.now()))}
    </time>
  );
}

/** How long something took, or has taken so far. */
export function Span({ from, to }: { from: string | null; to: string | null }): JSX.Element {
  const now = useNow(from !== null && to === null);
  if (from === null) return <span className="soft">—</span>;
  return (
    <span>{spanOf((to === null ? Math.max(now, Date.parse(from)) : Date.parse(to)) - Date.parse(from))}</span>
  );
}
