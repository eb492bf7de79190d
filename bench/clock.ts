/** Microseconds of the machine's monotonic clock: comparable between processes of one machine. */
export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);
