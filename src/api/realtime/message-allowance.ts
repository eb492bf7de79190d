/** Messages a client may send at once, and each second from then on. */
const BURST = 200;
const PER_SECOND = 50;

/** @returns a function that tells, for each message, whether it is still within the allowance. */
export function createMessageAllowance(): () => boolean {
  let left = BURST;
  let at = performance.now();
  return () => {
    const now = performance.now();
    left = Math.min(BURST, left + ((now - at) / 1000) * PER_SECOND);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
