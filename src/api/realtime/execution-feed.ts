import type { ExecutionFacts } from '../../persistence/execution-facts.ts';
import type { Caller } from '../context.ts';
import type { LogReader, TopicEntry } from './log-topic.ts';
import type { LogHub } from './log-hub.ts';
import type { Outgoing } from './outgoing.ts';
import { RecentMap } from './recent-map.ts';

/** Where a feed sends what it is interested in. */
export interface FeedSink {
  event(entry: TopicEntry): void;
  token(text: Outgoing): void;
  /** Resolves when the sink has taken what it was given, or is gone. */
  ready(): Promise<void>;
}

/** Since when a workflow or agent is followed: what came before is not sent. */
export interface Since {
  at: Date;
  /** The last execution there was: of those after it everything is sent. */
  latestId: number;
}

interface Follow {
  facts: ExecutionFacts;
  position: number;
  leave: () => void;
}

/** Logs that ended are remembered by where they stood, for the case that a retry opens them again. */
const MOST_POSITIONS = 10_000;

/**
 * What one connection follows: executions by their own names, by their workflow and by their agents. However many
 * of these lead to an execution, its log is followed once.
 */
export class ExecutionFeed {
  readonly executions = new Set<number>();
  readonly workflows = new Map<number, Since>();
  readonly agents = new Map<number, Since>();
  private readonly follows = new Map<number, Follow>();
  private readonly positions = new RecentMap<number, number>(MOST_POSITIONS);
  caller: Caller;
  private readonly hub: LogHub;
  private readonly sink: FeedSink;

  constructor(caller: Caller, hub: LogHub, sink: FeedSink) {
    this.caller = caller;
    this.hub = hub;
    this.sink = sink;
  }

  /** The same caller with the rights of now. */
  actFor(caller: Caller): void {
    this.caller = caller;
  }

  /** How many subscriptions there are. */
  get size(): number {
    return this.executions.size + this.workflows.size + this.agents.size;
  }

  /** Where it stands in a log that it follows or has followed to its end. */
  positionIn(executionId: number): number | undefined {
    return this.follows.get(executionId)?.position ?? this.positions.get(executionId);
  }

  isFollowing(executionId: number): boolean {
    return this.follows.has(executionId);
  }

  /** Whether the caller may see it, and has asked for it by some name. */
  wants(facts: ExecutionFacts): boolean {
    if (!this.caller.isAdmin && facts.ownerId !== this.caller.userId) return false;
    return this.wantsAll(facts) || facts.agentIds.some((id) => this.agents.has(id));
  }

  /** Since when it is wanted by its workflow or agents: the earliest. */
  wantedSince(facts: ExecutionFacts): Since | undefined {
    const all = [
      this.workflows.get(facts.workflowId ?? 0),
      ...facts.agentIds.map((id) => this.agents.get(id)),
    ];
    return all
      .filter((since) => since !== undefined)
      .toSorted((one, other) => one.at.getTime() - other.at.getTime())[0];
  }

  /** Follows it from `after` on, unless it is followed already: then it goes on where it stands. */
  follow(facts: ExecutionFacts, after: number): void {
    if (this.follows.has(facts.id)) return;
    const follow: Follow = { facts, position: after, leave: () => undefined };
    const reader: LogReader = {
      event: (entry) => {
        follow.position = entry.seq;
        if (this.wantsEntry(facts, entry)) this.sink.event(entry);
      },
      // A text in passing does not say whose it is.
      token: (text) => {
        if (this.wantsAll(facts)) this.sink.token(text);
      },
      ready: () => this.sink.ready(),
      end: () => this.forget(facts.id),
    };
    this.follows.set(facts.id, follow);
    follow.leave = this.hub.follow(facts.id, after, reader);
  }

  /** Lets go of what no subscription leads to any more. */
  prune(): void {
    for (const { facts } of this.follows.values()) if (!this.wants(facts)) this.forget(facts.id);
  }

  close(): void {
    this.executions.clear();
    this.workflows.clear();
    this.agents.clear();
    for (const id of this.follows.keys()) this.forget(id);
  }

  private wantsAll(facts: ExecutionFacts): boolean {
    return this.executions.has(facts.id) || this.workflows.has(facts.workflowId ?? 0);
  }

  private wantsEntry(facts: ExecutionFacts, entry: TopicEntry): boolean {
    return this.wantsAll(facts) || (entry.agentId !== null && this.agents.has(entry.agentId));
  }

  private forget(executionId: number): void {
    const follow = this.follows.get(executionId);
    if (follow === undefined) return;
    this.follows.delete(executionId);
    this.positions.set(executionId, follow.position);
    follow.leave();
  }
}
