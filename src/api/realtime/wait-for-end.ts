import type { LogHub } from './log-hub.ts';

/**
 * Waits until an execution's log is closed, hanging on it as a stream would: nothing is asked in a loop. Returns
 * early, without saying so, when time is up or the client has gone.
 */
export function waitForEnd(
  hub: LogHub,
  executionId: number,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const letGo = hub.follow(executionId, 0, {
    event: () => undefined,
    token: () => undefined,
    ready: () => Promise.resolve(),
    end: resolve,
  });
  const timer = setTimeout(resolve, timeoutMs);
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise.finally(() => {
    clearTimeout(timer);
    letGo();
  });
}
