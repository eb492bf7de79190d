import { z } from 'zod';
import { ModelFailure } from './model.ts';
import { providerFetch } from './provider-fetch.ts';
import type { ProviderName } from './providers.ts';

/** Nobody's reply is longer than this; a server that goes on is broken. In bytes. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024;

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

/**
 * A `fetch` that reports each piece of a reply to the watch, bounds its size, and turns a plain JSON
 * completion, which some servers send although a stream was asked for, into the stream it stands for.
 */
export function watchedFetch(watch: SilenceWatch, provider: ProviderName): typeof globalThis.fetch {
  const ask = providerFetch(provider);
  return async (input, init) => {
    const response = await ask(input, init);
    watch.touch();
    if (response.body === null) return response;
    const heard = new Response(response.body.pipeThrough(listening(watch, provider)), {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok || !/^application\/json\b/i.test(type)) return heard;
    return new Response(asEvents(await heard.text(), provider), {
      status: response.status,
      headers: { 'content-type': 'text/event-stream' },
    });
  };
}

function listening(watch: SilenceWatch, provider: string): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      watch.touch();
      bytes += chunk.byteLength;
      if (bytes > MAX_REPLY_BYTES) {
        controller.error(
          new ModelFailure('bad_reply', `the reply of ${provider} is longer than ${MAX_REPLY_BYTES} bytes`),
        );
      } else {
        controller.enqueue(chunk);
      }
    },
  });
}

/** The parts of a plain completion that differ from those of a streamed one. */
const completion = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({ tool_calls: z.array(z.looseObject({})).nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
});
const refusal = z.looseObject({ error: z.unknown().optional() });

/** One plain JSON completion → the server-sent events that say the same. Pure. */
function asEvents(body: string, provider: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new ModelFailure('bad_reply', `${provider} sent JSON that cannot be read`, { cause: error });
  }
  const refused = refusal.safeParse(parsed);
  if (refused.success && refused.data.error !== undefined && refused.data.error !== null) {
    return event(parsed);
  }
  const whole = completion.safeParse(parsed);
  if (!whole.success) throw new ModelFailure('bad_reply', `${provider} sent JSON that is no chat completion`);
  const choices = whole.data.choices.map(({ message, finish_reason, ...rest }) => ({
    ...rest,
    delta: { ...message, tool_calls: message.tool_calls?.map((call, index) => ({ ...call, index })) },
    finish_reason: finish_reason ?? 'stop',
  }));
  return `${event({ ...whole.data, choices })}data: [DONE]\n\n`;
}

const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
