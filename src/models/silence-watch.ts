/** Ends a request when its server has been silent for too long, or when the caller wants it ended. */
export interface SilenceWatch {
  /** Aborted by the caller's signal, by silence, or by `end`. */
  readonly signal: AbortSignal;
  /** True once the silence was too long. */
  readonly silent: () => boolean;
  /** Something was heard: the time starts again. */
  touch: () => void;
  /** Stops watching, and closes the connection if the reply was not read to its end. */
  end: () => void;
}

/** @param idleMs how long no byte may come before the request is given up, in milliseconds. */
export function watchSilence(caller: AbortSignal, idleMs: number): SilenceWatch {
  const controller = new AbortController();
  let silent = false;
  const giveUp = (): void => {
    silent = true;
    controller.abort();
  };
  let timer = setTimeout(giveUp, idleMs);
  const passOn = (): void => controller.abort(caller.reason);
  if (caller.aborted) passOn();
  else caller.addEventListener('abort', passOn, { once: true });
  return {
    signal: controller.signal,
    silent: () => silent,
    touch: () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, idleMs);
    },
    end: () => {
      clearTimeout(timer);
      caller.removeEventListener('abort', passOn);
      controller.abort();
    },
  };
}
