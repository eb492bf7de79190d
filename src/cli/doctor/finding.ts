/** What `muster doctor` says of one thing. */
export interface Finding {
  /** Short, the same from release to release. */
  check: string;
  /** `warn`: it works, and should be looked at. */
  status: 'ok' | 'warn' | 'fail';
  /** What was seen. */
  detail: string;
  /** How to mend it; only where it is not ok. */
  mend?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail });
export const warn = (check: string, detail: string, mend: string): Finding => ({
  check,
  status: 'warn',
  detail,
  mend,
});
export const fail = (check: string, detail: string, mend: string): Finding => ({
  check,
  status: 'fail',
  detail,
  mend,
});

export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return (error.message || code).split('\n')[0] ?? '';
};
