/** What becomes of a time that comes while an earlier run of the schedule is not over. */
export const OVERLAPS = [
  'skip',
  'buffer_one',
  'buffer_all',
  'cancel_other',
  'terminate_other',
  'allow_all',
] as const;
export type Overlap = (typeof OVERLAPS)[number];
