/**
 * Whether something thrown is an error of the system with one of these codes, such as `ENOENT`. By its shape, not its
 * class: such an error may come from another realm than ours.
 */
export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  typeof error.code === 'string' &&
  codes.includes(error.code);
