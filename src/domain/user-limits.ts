/**
 * How much one user may keep, have waiting, or hold open: far above what a person or a program of theirs needs, and finite.
 * USER_LIMITS changes them by these names; 0 is no limit.
 */
export const DEFAULT_USER_LIMITS = {
  api_keys: 100,
  webhooks: 100,
  user_agents: 100,
  schedules: 100,
  flows: 500,
  graphs: 5_000,
  agents: 5_000,
  workflows: 5_000,
  tasks: 20_000,
  threads: 20_000,
  knowledge_sources: 1_000,
  knowledge_bytes: 268_435_456,
  queued_executions: 2_000,
  event_streams: 200,
  websockets: 50,
} as const;

export type UserLimit = keyof typeof DEFAULT_USER_LIMITS;
export type UserLimits = Readonly<Record<UserLimit, number>>;

/** What is counted in the database; the others are open connections of one API process. */
export type CountedLimit = Exclude<UserLimit, 'event_streams' | 'websockets'>;

const isUserLimit = (name: string): name is UserLimit => Object.hasOwn(DEFAULT_USER_LIMITS, name);
export const USER_LIMIT_NAMES = Object.keys(DEFAULT_USER_LIMITS).filter(isUserLimit);

/** `name=number` pairs over the defaults. @returns undefined for a name or number that is none */
export function readUserLimits(pairs: readonly string[]): UserLimits | undefined {
  const limits: Record<UserLimit, number> = { ...DEFAULT_USER_LIMITS };
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^(\w+)\s*=\s*(\d{1,15})$/.exec(pair) ?? [];
    if (!isUserLimit(name)) return undefined;
    limits[name] = Number(value);
  }
  return limits;
}
