import { setTimeout as sleep } from 'node:timers/promises';
import type { Say } from './service.ts';

/** A service that can end by itself. */
interface Service {
  exited: Promise<string>;
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Starts an embedded service and starts it again when it ends unasked.
 * @param start is called for each start; the first failure is the caller's, later ones are said and tried again
 * @param onRestart hears of each new one: its address is the same unless somebody took the port meanwhile
 * @returns the first one, and what stops whichever runs then
 */
export async function keepRunning<T extends Service>(options: {
  name: string;
  start: () => Promise<T>;
  onRestart: (service: T) => Promise<void>;
  say: Say;
}): Promise<{ first: T; stop: () => Promise<void> }> {
  const { name, say } = options;
  const stopping = new AbortController();
  const first = await options.start();
  const current = { service: first };

  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const reason = await current.service.exited;
      if (stopping.signal.aborted) return;
      say(`${name} ended (${reason}); it is started again`);
      await startAgain();
    }
  };

  const startAgain = async (): Promise<void> => {
    for (
      let pauseMs = FIRST_PAUSE_MS;
      !stopping.signal.aborted;
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    ) {
      try {
        current.service = await options.start();
        await options.onRestart(current.service);
        say(`✓ ${name} is back`);
        return;
      } catch (error) {
        say(`${name} does not start: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };

  const watching = watch();
  return {
    first,
    async stop() {
      stopping.abort();
      await current.service.stop();
      // A start under way when the stop came has put its service in place by now: that one ends as well.
      await watching;
      await current.service.stop();
    },
  };
}
