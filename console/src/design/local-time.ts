/** Between moments (ISO 8601, as the API has them) and what fields for dates and times hold: the time of this browser. */

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-28`, the day on which a moment is here; empty for none. */
export function toDayField(moment: string | null): string {
  if (moment === null) return '';
  const at = new Date(moment);
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `2026-11-28T09:30`, a moment as it is here; empty for none. */
export function toTimeField(moment: string | null): string {
  if (moment === null) return '';
  const at = new Date(moment);
  return `${toDayField(moment)}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The moment that a field for a day (its beginning here) or a time means; null while it means none. */
export function momentOf(field: string): string | null {
  const at = new Date(field.includes('T') ? field : `${field}T00:00`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
