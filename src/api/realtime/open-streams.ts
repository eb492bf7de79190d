import { MusterError } from '../../domain/errors.ts';
import type { UserLimit, UserLimits } from '../../domain/user-limits.ts';

/** What one user may hold open. */
export type OpenKind = Extract<UserLimit, 'event_streams' | 'websockets'>;

const THINGS: Record<OpenKind, string> = { event_streams: 'event streams', websockets: 'WebSockets' };
/** What was cut off without a word is noticed by the next heartbeat. */
const RETRY_AFTER_SECONDS = 15;

/** Counts what each user holds open at this process. */
export interface OpenStreams {
  /**
   * @returns what is called once when it closes
   * @throws {MusterError} RATE_LIMITED with `limit`, `maximum` and `current`
   */
  enter(userId: string, kind: OpenKind): () => void;
  count(userId: string, kind: OpenKind): number;
}

/** One a process. */
export function createOpenStreams(limits: UserLimits): OpenStreams {
  const open = new Map<string, number>();
  const count = (userId: string, kind: OpenKind): number => open.get(`${kind}/${userId}`) ?? 0;
  return {
    count,
    enter(userId, kind) {
      const current = count(userId, kind);
      const maximum = limits[kind];
      if (maximum > 0 && current >= maximum) {
        throw new MusterError(
          'RATE_LIMITED',
          `You may hold ${maximum} ${THINGS[kind]} open: close some, or ask an admin for more (USER_LIMITS)`,
          { details: { limit: kind, maximum, current }, retryAfterSeconds: RETRY_AFTER_SECONDS },
        );
      }
      const key = `${kind}/${userId}`;
      open.set(key, current + 1);
      return () => {
        const left = (open.get(key) ?? 1) - 1;
        if (left > 0) open.set(key, left);
        else open.delete(key);
      };
    },
  };
}
