import type { Claim, LiveState, TaskOutcome, TaskShape } from '../../src/contracts/crew-run.ts';
import { assertNever, type RunErrorCode } from '../../src/domain/errors.ts';
import { Schedule } from '../../src/domain/run/schedule.ts';

/** What a running crew remembers: which tasks are done, which are out, and what it was told. */
export class RunState {
  phase: 'starting' | 'running' | 'cancelling' | 'closing' = 'starting';
  failure: { code: RunErrorCode; taskKey: string } | null = null;
  timedOut = false;
  /** False in histories of before 2026-11-21's patch. */
  startsAtOnce = true;
  /** An error no outcome stands for; it ends the run's main loop. */
  crash: unknown = null;

  /** Nothing more is handed out here: another Temporal run goes on once nothing is out. */
  drains = false;

  private readonly tasks: TaskShape[] = [];
  private readonly names = new Map<string, string>();
  private readonly schedule = new Schedule();
  /** Tasks that are done, or to come, and none of `tasks`. */
  private beyond = { done: 0, toCome: 0 };
  private readonly out = new Set<string>();
  private readonly dispatches = new Map<string, number>();
  private readonly delays = new Map<string, number>();
  /** How often tasks came back because the row belongs to another Temporal run, since one was last taken on. */
  private readonly refused = new Map<string, number>();
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
    this.beyond = { done: claim.doneBefore ?? 0, toCome: claim.moreTasks ?? 0 };
    for (const task of claim.tasks) {
      if (task.status === 'completed' || task.status === 'skipped') this.finish(task.key);
      this.addTask(task);
    }
    this.control(claim.controlVersion, claim.paused);
    this.cancelSeen = claim.cancelling;
    this.phase = 'running';
  }

  protected addTask(task: TaskShape): void {
    this.tasks.push(task);
    this.names.set(task.key, task.name);
    this.schedule.add(task);
  }

  protected finish(key: string): void {
    this.schedule.finish(key);
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

  /** The names of the first tasks that are out. */
  namesOut(most: number): string[] {
    return [...this.out].slice(0, most).map((key) => this.nameOf(key));
  }

  get doneCount(): number {
    return this.beyond.done + this.schedule.doneCount;
  }

  get taskCount(): number {
    return this.beyond.done + this.tasks.length + this.beyond.toCome;
  }

  /** A person has answered, or the time for it is up: the task may be handed out again. */
  wake(key: string): void {
    this.answered.add(key);
    if (this.waiting.delete(key)) this.schedule.release(key);
  }

  isWaiting(key: string): boolean {
    return this.waiting.has(key);
  }

  /** A person is asked, and nothing else can be done. */
  get waitsForPeople(): boolean {
    const idle = this.out.size === 0 && this.waiting.size > 0 && this.ready(1).length === 0;
    return idle && !this.paused && !this.cancelSeen && !this.ends && !this.mustGoOnElsewhere;
  }

  /** Nothing is out, and what is left to do is for another Temporal run. */
  get mustGoOnElsewhere(): boolean {
    if (this.out.size > 0 || this.paused || this.cancelSeen || this.ends) return false;
    return this.drains || (this.beyond.toCome > 0 && this.ready(1).length === 0);
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
    return this.out.size === 0 && (this.ends || this.doneCount === this.taskCount);
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
    if (this.paused || this.cancelSeen || this.ends || this.drains) return [];
    return this.schedule.ready(maxOut - this.out.size);
  }

  /** Hands a task out. @returns the number of this hand-out, from 1. */
  handOut(key: string): number {
    this.out.add(key);
    this.schedule.hold(key);
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

  /** Until when tasks are put off, in milliseconds since 1970: those for whom that is still to come. */
  putOff(now: number): Record<string, number> {
    return Object.fromEntries([...this.delays].filter(([, until]) => until > now));
  }

  /** How often it was tried in vain to work on the row: tasks that are refused side by side are one try. */
  get refusals(): number {
    return Math.max(0, ...this.refused.values());
  }

  /** Takes a task back with what came of it. */
  takeBack(key: string, outcome: TaskOutcome | null): void {
    this.out.delete(key);
    this.schedule.release(key);
    if (outcome !== null && outcome.kind !== 'refused') this.refused.clear();
    switch (outcome?.kind) {
      case 'completed':
        this.finish(key);
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
        this.refused.set(key, (this.refused.get(key) ?? 0) + 1);
        break;
      case 'waiting':
        if (this.answered.has(key)) break;
        this.waiting.add(key);
        this.schedule.hold(key);
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
    return this.names.get(key) ?? key;
  }

  private statusOf(key: string): LiveState['tasks'][number]['status'] {
    if (this.schedule.isDone(key)) return 'done';
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
