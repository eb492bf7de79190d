/**
 * MikroORM's driver settings leave `timestamptz` as Postgres prints it (`2026-11-21 07:00:00.123+00`, UTC
 * sessions); raw SQL turns it into a Date here.
 */
export function parseTimestamp(text: string): Date {
  const date = new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
  if (Number.isNaN(date.getTime())) throw new Error(`not a timestamp of Postgres: ${text}`);
  return date;
}
