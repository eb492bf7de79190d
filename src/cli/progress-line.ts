import type { LoggedEvent } from './event-lines.ts';
import type { RunSnapshot } from './follow-run.ts';
import { createProgress } from './run-progress.ts';
import type { Terminal } from './terminal.ts';

const EACH_MS = 1_000;
/** Room for the `^C` that a terminal writes behind the line by itself. */
const SPARE_COLUMNS = 4;

/** The line below the events of a run that is followed. */
export interface ProgressLine {
  snapshot(snapshot: RunSnapshot): void;
  /** To be told before the event's own line is written, which draws this one anew. */
  event(event: LoggedEvent): void;
  /** Takes the line away. */
  end(): void;
}

const NONE: ProgressLine = { snapshot: () => undefined, event: () => undefined, end: () => undefined };

/** Where a person looks: a line that is rewritten in place with each event and each second. Elsewhere nothing. */
export function showProgress(terminal: Terminal, options: { json: boolean }): ProgressLine {
  if (options.json || terminal.columns() === undefined) return NONE;
  const progress = createProgress();
  const draw = (): void =>
    terminal.pin(() => progress.line(Date.now(), (terminal.columns() ?? 0) - SPARE_COLUMNS));
  const timer = setInterval(draw, EACH_MS);
  return {
    snapshot: (snapshot) => {
      progress.snapshot(snapshot);
      draw();
    },
    event: (event) => progress.event(event),
    end: () => {
      clearInterval(timer);
      terminal.pin(undefined);
    },
  };
}
