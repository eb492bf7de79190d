import type { JsonObject } from '../../src/domain/json.ts';

/** Text in an event is for following along; the whole of it is in the task's output and the call. */
const EVENT_TEXT_CHARS = 4_000;

/** A text, cut to what an event shows. */
export const shown = (text: string): string =>
  text.length <= EVENT_TEXT_CHARS ? text : `${text.slice(0, EVENT_TEXT_CHARS).toWellFormed()}…`;

/** An event's data with its texts cut. */
export const shownTexts = (data: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, typeof value === 'string' ? shown(value) : value]),
  );
