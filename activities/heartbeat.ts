import type { Context } from '@temporalio/activity';

/** How often an activity says it lives. The SDK sends on only what the heartbeat time-out needs. */
const HEARTBEAT_MS = 1_000;

/** What operators see of a running activity in the Web UI. No text of a prompt or an answer. */
export type HeartbeatDetails = Record<string, string | number>;

/**
 * Heartbeats in the background, with the details last said, until stopped. The first beat comes after a second:
 * each one is a write to Temporal's store, and most turns of a fast model are over before.
 */
export function startHeartbeat(
  context: Context,
  details: HeartbeatDetails,
): { say(more: HeartbeatDetails): void; stop(): void } {
  let current = details;
  const timer = setInterval(() => context.heartbeat(current), HEARTBEAT_MS);
  return {
    say(more) {
      current = { ...current, ...more };
    },
    stop: () => clearInterval(timer),
  };
}
