/** One Ctrl-C arrives up to three times: from the terminal, from npm, and from the launcher. */
const ECHO_MS = 400;
/** For so long a second Ctrl-C means cancel. */
const SECOND_MS = 2_000;

/** What Ctrl-C does while a run is followed. */
export interface InterruptHandlers {
  /** The first: say what is about to happen. */
  first(): void;
  /** No second one came. */
  detach(): void;
  /** A second one came in time. */
  cancel(): void;
  /** One more, while the cancel is being waited for. */
  leave(): void;
}

/** Takes Ctrl-C over from the platform. @returns what gives it back. */
export function handleInterrupts(handlers: InterruptHandlers): () => void {
  let phase: 'following' | 'asked' | 'cancelling' = 'following';
  let lastAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (): void => {
    const now = performance.now();
    if (now - lastAt < ECHO_MS) return;
    lastAt = now;
    switch (phase) {
      case 'following':
        phase = 'asked';
        handlers.first();
        timer = setTimeout(() => handlers.detach(), SECOND_MS);
        return;
      case 'asked':
        phase = 'cancelling';
        clearTimeout(timer);
        handlers.cancel();
        return;
      case 'cancelling':
        handlers.leave();
    }
  };
  process.on('SIGINT', onSignal);
  return () => {
    clearTimeout(timer);
    process.removeListener('SIGINT', onSignal);
  };
}
