import {
  latestExecutionId,
  positionsAt,
  readExecutionFacts,
  readBusyExecutions,
  readOpenExecutions,
  type ExecutionFacts,
} from '../../persistence/execution-facts.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { WakeListener } from '../../persistence/wake.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Caller } from '../context.ts';
import { ExecutionFeed, type FeedSink } from './execution-feed.ts';
import type { LogHub } from './log-hub.ts';
import { RecentMap } from './recent-map.ts';

/** So often feeds look by themselves for what a lost wake-up call would have told them. */
const LOOK_MS = 2_000;
const MOST_FACTS = 20_000;
/** An id may be given before one that is smaller is committed; nobody writes for longer than so many are given. */
const ID_MARGIN = 200;
/** Postgres' largest integer: no id is larger. */
const NONE_IS_NEWER = 2_147_483_647;

/** What a feed can follow beside single executions. */
export type FeedSubject = 'workflow' | 'agent';

/** All feeds of this process, told of executions as they live. */
export interface ExecutionFeeds {
  open(caller: Caller, sink: FeedSink): ExecutionFeed;
  close(feed: ExecutionFeed): void;
  /**
   * Follows one execution, which the caller was found to reach.
   * @param begun called with the seq after which events come, before the first one does
   */
  followExecution(
    feed: ExecutionFeed,
    executionId: number,
    after: number,
    begun: (after: number) => void,
  ): Promise<void>;
  /** Follows what lives of a workflow or agent and what will. @param begun called before the first event comes */
  followSubject(feed: ExecutionFeed, subject: FeedSubject, id: number, begun: () => void): Promise<void>;
  end(): void;
}

interface FeedsDeps {
  sql: Sql;
  hub: LogHub;
  listener: WakeListener;
  logger: Logger;
  now: () => Date;
}

class Feeds implements ExecutionFeeds {
  private readonly feeds = new Set<ExecutionFeed>();
  private readonly facts = new RecentMap<number, ExecutionFacts>(MOST_FACTS);
  private readonly deps: FeedsDeps;
  private readonly timer: NodeJS.Timeout;
  /** Executions up to this id are known, or too old to be of interest. */
  private seenUpTo = NONE_IS_NEWER;

  constructor(deps: FeedsDeps) {
    this.deps = deps;
    const heard = (work: Promise<void>): void => {
      work.catch((error: unknown) => deps.logger.warn({ err: error }, 'feeds could not be looked after'));
    };
    deps.listener.on('log', (ids) => heard(this.wake(ids)));
    deps.listener.onReconnect(() => heard(this.look(true)));
    this.timer = setInterval(() => heard(this.look()), LOOK_MS);
  }

  open(caller: Caller, sink: FeedSink): ExecutionFeed {
    const feed = new ExecutionFeed(caller, this.deps.hub, sink);
    this.feeds.add(feed);
    return feed;
  }

  close(feed: ExecutionFeed): void {
    this.feeds.delete(feed);
    feed.close();
  }

  async followExecution(
    feed: ExecutionFeed,
    executionId: number,
    after: number,
    begun: (after: number) => void,
  ): Promise<void> {
    const facts = (await this.factsOf([executionId])).get(executionId);
    if (facts === undefined || !this.feeds.has(feed)) return;
    feed.executions.add(executionId);
    // Who follows it already, by whatever name, has been sent what went before or did not want it.
    const from = feed.isFollowing(executionId) ? (feed.positionIn(executionId) ?? after) : after;
    begun(from);
    feed.follow(facts, from);
  }

  async followSubject(
    feed: ExecutionFeed,
    subject: FeedSubject,
    id: number,
    begun: () => void,
  ): Promise<void> {
    const { sql, now } = this.deps;
    const since = { at: now(), latestId: await latestExecutionId(sql) };
    const { caller } = feed;
    const live = await readOpenExecutions(sql, {
      ownerId: caller.isAdmin ? undefined : caller.userId,
      workflowId: subject === 'workflow' ? id : undefined,
    });
    const facts = await this.factsOf([...live.keys()]);
    if (!this.feeds.has(feed)) return;
    this.seenUpTo = Math.min(this.seenUpTo, since.latestId);
    const followed = subject === 'workflow' ? feed.workflows : feed.agents;
    if (!followed.has(id)) followed.set(id, since);
    begun();
    for (const [executionId, lastSeq] of live) {
      const its = facts.get(executionId);
      if (its === undefined || !feed.wants(its)) continue;
      feed.follow(its, feed.positionIn(executionId) ?? (executionId > since.latestId ? 0 : lastSeq));
    }
  }

  end(): void {
    clearInterval(this.timer);
    for (const feed of this.feeds) this.close(feed);
  }

  /**
   * Executions whose logs have moved: those whom they concern, and who do not follow them yet, begin to.
   * @param heads where the logs stand, when it is known: who has read so far need not begin again
   */
  private async wake(ids: readonly number[], heads?: ReadonlyMap<number, number>): Promise<void> {
    const open = [...this.feeds].filter((feed) => feed.size > 0);
    const byName = open.some((feed) => feed.workflows.size + feed.agents.size > 0);
    const concerned = byName ? ids : ids.filter((id) => open.some((feed) => feed.executions.has(id)));
    if (open.length === 0 || concerned.length === 0) return;
    const facts = await this.factsOf(concerned);
    const joins = open.flatMap((feed) =>
      [...facts.values()]
        .filter((its) => !feed.isFollowing(its.id) && feed.wants(its))
        .filter((its) => (feed.positionIn(its.id) ?? -1) < (heads?.get(its.id) ?? Infinity))
        .map((its) => ({ feed, its })),
    );
    for (const { feed, its } of joins) await this.join(feed, its);
  }

  private async join(feed: ExecutionFeed, facts: ExecutionFacts): Promise<void> {
    const stood = feed.positionIn(facts.id);
    const since = feed.wantedSince(facts);
    if (stood !== undefined) return feed.follow(facts, stood);
    if (since === undefined) return;
    if (facts.id > since.latestId) return feed.follow(facts, 0);
    const before = await positionsAt(this.deps.sql, [facts.id], since.at);
    if (this.feeds.has(feed) && feed.wants(facts)) feed.follow(facts, before.get(facts.id) ?? 0);
  }

  /**
   * Looks at what is new or at work, as though it had called.
   * @param everything also at what stands still: its wake-up call may have been missed while nobody listened
   */
  private async look(everything = false): Promise<void> {
    if (![...this.feeds].some((feed) => feed.size > 0)) {
      this.seenUpTo = NONE_IS_NEWER;
      return;
    }
    const { sql } = this.deps;
    const heads = new Map([
      ...(everything ? await readOpenExecutions(sql) : []),
      ...(await readBusyExecutions(sql, this.seenUpTo)),
    ]);
    await this.wake([...heads.keys()], heads);
    const latest = [...heads.keys()].reduce((one, other) => Math.max(one, other), 0);
    if (this.seenUpTo !== NONE_IS_NEWER) this.seenUpTo = Math.max(this.seenUpTo, latest - ID_MARGIN);
  }

  /** One query for all that are not known yet. */
  private async factsOf(ids: readonly number[]): Promise<Map<number, ExecutionFacts>> {
    const found = new Map<number, ExecutionFacts>();
    const unknown: number[] = [];
    for (const id of ids) {
      const known = this.facts.get(id);
      if (known === undefined) unknown.push(id);
      else found.set(id, known);
    }
    if (unknown.length === 0) return found;
    for (const facts of await readExecutionFacts(this.deps.sql, unknown)) {
      this.facts.set(facts.id, facts);
      found.set(facts.id, facts);
    }
    return found;
  }
}

/** One a process. */
export const createExecutionFeeds = (deps: FeedsDeps): ExecutionFeeds => new Feeds(deps);
