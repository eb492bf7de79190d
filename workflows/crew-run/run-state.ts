import type { Claim, LiveState, TaskOutcome, TaskShape } from '../../src/contracts/crew-run.ts';
import { assertNever, type RunErrorCode } from '../../src/domain/errors.ts';
import { readyTasks } from '../../src/domain/run/schedule.ts';

/** What a running crew remembers: which tasks are done, which are out, and what it was told. */
export class RunState {
  phase: 'starting' | 'running' | 'cancelling' | 'closing' = 'starting';
  failure: { code: RunErrorCode; taskKey: string } | null = null;
  timedOut = false;
  /** False in histories of before 2026-11-21's patch. */
  startsAtOnce = true;
  /** How often a task came back because the row belongs to another Temporal run. */
  refusals = 0;
  /** An error no outcome stands for; it ends the run's main loop. */
  crash: unknown = null;

  protected tasks: TaskShape[] = [];
  protected readonly done = new Set<string>();
  private readonly out = new Set<string>();
  private readonly dispatches = new Map<string, number>();
  private readonly delays = new Map<string, number>();
  /** Tasks that wait for a person's answer. */
  private readonly waiting = new Set<string>();
  /** Tasks whose answer came before they were known to wait for it. */
  private readonly answered = new Set<string>();
  private paused = false;
  private controlVersion = 0;
  /** A cancel was seen in the database: hand out nothing more, Temporal's own cancel is on its way. */
  private cancelSeen = false;

  /** Takes over what the database says: also how far an earlier generation came. */
  adopt(claim: Extract<Claim, { accepted: true }>): void {
    this.tasks = claim.tasks;
    for (const task of claim.tasks) {
      if (task.status === 'completed' || task.status === 'skipped') this.done.add(task.key);
    }
    this.control(claim.controlVersion, claim.paused);
    this.cancelSeen = claim.cancelling;
    this.phase = 'running';
  }

  /** The highest version wins, so signals may come twice or in any order. */
  control(version: number, paused: boolean): void {
    if (version < this.controlVersion) return;
    this.controlVersion = version;
    this.paused = paused;
  }

  get tasksOut(): number {
    return this.out.size;
  }

  get doneCount(): number {
    return this.done.size;
  }

  get taskCount(): number {
    return this.tasks.length;
  }

  /** A person has answered, or the time for it is up: the task may be handed out again. */
  wake(key: string): void {
    this.answered.add(key);
    this.waiting.delete(key);
  }

  isWaiting(key: string): boolean {
    return this.waiting.has(key);
  }

  /** A person is asked, and nothing else can be done. */
  get waitsForPeople(): boolean {
    const idle = this.out.size === 0 && this.waiting.size > 0 && this.ready(1).length === 0;
    return idle && !this.paused && !this.cancelSeen && !this.ends;
  }

  /** Paused, and nothing in flight any more. */
  get standsStill(): boolean {
    return this.paused && this.out.size === 0 && !this.cancelSeen && !this.ends;
  }

  get isPaused(): boolean {
    return this.paused;
  }

  /** Nothing is in flight and nothing will follow. */
  get isOver(): boolean {
    return this.out.size === 0 && (this.ends || this.done.size === this.tasks.length);
  }

  /** A task has failed, or time is up: nothing more is handed out. */
  get isEnding(): boolean {
    return this.ends;
  }

  private get ends(): boolean {
    return this.failure !== null || this.timedOut;
  }

  /** Tasks that may be handed out now, with at most so many out at once. */
  ready(maxOut: number): string[] {
    if (this.paused || this.cancelSeen || this.ends) return [];
    const begun = this.waiting.size === 0 ? this.out : new Set([...this.out, ...this.waiting]);
    return readyTasks(this.tasks, this.done, begun).slice(0, Math.max(maxOut - this.out.size, 0));
  }

  /** Hands a task out. @returns the number of this hand-out, from 1. */
  handOut(key: string): number {
    this.out.add(key);
    this.answered.delete(key);
    const dispatch = (this.dispatches.get(key) ?? 0) + 1;
    this.dispatches.set(key, dispatch);
    return dispatch;
  }

  /** Puts a task off until a time, in milliseconds since 1970. */
  delay(key: string, until: number): void {
    this.delays.set(key, until);
  }

  delayOf(key: string): number {
    return this.delays.get(key) ?? 0;
  }

  /** Takes a task back with what came of it. */
  takeBack(key: string, outcome: TaskOutcome | null): void {
    this.out.delete(key);
    switch (outcome?.kind) {
      case 'completed':
        this.done.add(key);
        break;
      case 'failed':
        this.failure ??= { code: outcome.code, taskKey: key };
        break;
      case 'paused':
        this.control(outcome.controlVersion, true);
        break;
      case 'cancelling':
        this.cancelSeen = true;
        break;
      case 'refused':
        this.refusals += 1;
        break;
      case 'waiting':
        if (!this.answered.has(key)) this.waiting.add(key);
        break;
      case 'sliced':
      case 'delayed':
      case undefined:
        break;
      default:
        assertNever(outcome);
    }
  }

  /** A task's name, for people. */
  nameOf(key: string): string {
    return this.tasks.find((task) => task.key === key)?.name ?? key;
  }

  private statusOf(key: string): LiveState['tasks'][number]['status'] {
    if (this.done.has(key)) return 'done';
    if (this.out.has(key)) return 'running';
    return this.waiting.has(key) ? 'waiting' : 'pending';
  }

  private get shownPhase(): LiveState['phase'] {
    if (this.phase !== 'running') return this.phase;
    if (this.paused) return this.out.size > 0 ? 'pausing' : 'paused';
    return this.waitsForPeople ? 'waiting' : 'running';
  }

  snapshot(): LiveState {
    return {
      phase: this.shownPhase,
      tasks: this.tasks.map(({ key }) => ({
        key,
        status: this.statusOf(key),
      })),
    };
  }
}
