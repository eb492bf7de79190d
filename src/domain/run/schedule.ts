/** What the scheduler needs to know of a task. */
export interface SchedulableTask {
  key: string;
  dependsOn: readonly string[];
}

interface Place {
  key: string;
  /** How many of those it depends on are not done. */
  missing: number;
  done: boolean;
  held: boolean;
}

/**
 * Which tasks may start now: not done, not held (handed out, or waiting for a person), everything they depend on
 * done. In the order they were added. What one end changes costs as much as it sets off, however long the plan is.
 */
export class Schedule {
  private readonly places: Place[] = [];
  private readonly indexOf = new Map<string, number>();
  private readonly followers = new Map<string, number[]>();
  private readonly done = new Set<string>();
  /** Places of those that may start, ascending. */
  private free: number[] = [];

  /** Adds a task at the end of the order. What was finished before, by key, counts. */
  add({ key, dependsOn }: SchedulableTask): void {
    const index = this.places.length;
    const missing = new Set(dependsOn.filter((before) => !this.done.has(before)));
    for (const before of missing) {
      const list = this.followers.get(before) ?? [];
      list.push(index);
      this.followers.set(before, list);
    }
    const place = { key, missing: missing.size, done: this.done.has(key), held: false };
    this.places.push(place);
    this.indexOf.set(key, index);
    if (isFree(place)) this.free.push(index);
  }

  /** A task is done; of one that is not added yet it is remembered. */
  finish(key: string): void {
    if (this.done.has(key)) return;
    this.done.add(key);
    this.change(key, (place) => (place.done = true));
    for (const index of this.followers.get(key) ?? []) {
      const place = this.places[index];
      if (place === undefined) continue;
      place.missing -= 1;
      if (isFree(place)) this.insert(index);
    }
    this.followers.delete(key);
  }

  /** Takes a task out of those that may start. */
  hold(key: string): void {
    this.change(key, (place) => (place.held = true));
  }

  release(key: string): void {
    this.change(key, (place) => (place.held = false));
  }

  isDone(key: string): boolean {
    return this.done.has(key);
  }

  get doneCount(): number {
    return this.done.size;
  }

  /** The first so many that may start. */
  ready(most: number): string[] {
    return this.free.slice(0, Math.max(most, 0)).flatMap((index) => this.places[index]?.key ?? []);
  }

  private change(key: string, make: (place: Place) => void): void {
    const index = this.indexOf.get(key);
    const place = index === undefined ? undefined : this.places[index];
    if (index === undefined || place === undefined) return;
    const before = isFree(place);
    make(place);
    if (isFree(place) === before) return;
    if (before) this.free.splice(this.at(index), 1);
    else this.insert(index);
  }

  private insert(index: number): void {
    this.free.splice(this.at(index), 0, index);
  }

  /** Where a place stands, or would stand, among the free ones. */
  private at(index: number): number {
    let [low, high] = [0, this.free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.free[middle] ?? Infinity) < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const isFree = ({ missing, done, held }: Place): boolean => missing === 0 && !done && !held;
