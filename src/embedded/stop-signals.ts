/** What asks this process to end. */
export interface StopSignals {
  /** Fires with the first signal. */
  stop: AbortSignal;
  /** Fires with a second one, given on purpose. */
  hurry: AbortSignal;
}

/** One Ctrl-C arrives up to three times: from the terminal, from npm, and from the launcher. */
const ECHO_MS = 1_000;

/**
 * Listens for SIGINT, SIGTERM, SIGHUP, and for the end of whoever started this process over an IPC channel.
 * Installed once, at the start of the program: from then on a signal no longer ends the process by itself.
 */
export function listenForStop(): StopSignals {
  const stop = new AbortController();
  const hurry = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (): void => {
    firstAt ??= performance.now();
    stop.abort();
    if (performance.now() - firstAt > ECHO_MS) hurry.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  if (process.connected) process.once('disconnect', onSignal);
  return { stop: stop.signal, hurry: hurry.signal };
}
