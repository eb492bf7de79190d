import { EVENT_TYPES } from '../../../contracts/events.ts';

/** Names of event types with `*` for any piece of one, as endpoints give them. */

const toRegExp = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '.*')}$`);

/** Whether there is an event type that a pattern of letters, `_` and `*` stands for. */
export const meansSomething = (pattern: string): boolean => {
  const meant = toRegExp(pattern.replaceAll(/\*+/g, '*'));
  return EVENT_TYPES.some((type) => meant.test(type));
};

/** The same as a pattern of LIKE, whose `_` is any character. */
export const toLikePattern = (pattern: string): string =>
  pattern.replaceAll('_', '\\_').replaceAll(/\*+/g, '%');
