/**
 * What a run may be and become, written down from contract §6 alone and without a line of the engine: the property test
 * compares the two. A model's state is a value; `act` gives what a command is answered and the state after it, `settle`
 * where the run comes to rest.
 */

export type Policy = 'fail' | 'pause' | 'continue';
export type RunStatus =
  'running' | 'paused' | 'waiting' | 'cancelling' | 'completed' | 'failed' | 'cancelled';
/** `begun`: handed out, and then found that the run pauses. `asked`: a model call is out. `answered`: a person has answered, the task goes on when it may. */
export type TaskState =
  'pending' | 'begun' | 'asked' | 'waiting' | 'answered' | 'completed' | 'failed' | 'skipped' | 'cancelled';

export interface ModelTask {
  state: TaskState;
  dependsOn: readonly number[];
  /** It has asked a person and begins with that when it is tried again. */
  asks: 'no' | 'open' | 'answered';
}

export interface ModelRun {
  status: RunStatus;
  pauseAsked: boolean;
  /** The pause was asked for by a failed task, not by a person. */
  parked: boolean;
  /** A task has failed and the run ends once nothing is out. */
  ends: boolean;
  policy: Policy;
  tasks: readonly ModelTask[];
  /** How often it has ended. */
  timesOver: number;
}

export type Action =
  | { kind: 'pause' | 'resume' | 'cancel' | 'retry' }
  | { kind: 'skip' | 'edit' | 'retry_task' | 'answer'; task: number }
  | { kind: 'reply'; task: number; reply: 'says' | 'fails' | 'asks' };

/** Whether a command is taken (202) or the state forbids it (409); null for what is no command. */
export interface Acted {
  status: 202 | 409 | null;
  run: ModelRun;
}

export const isOver = ({ status }: ModelRun): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

const taken = (run: ModelRun): Acted => ({ status: 202, run });
const refused = (run: ModelRun): Acted => ({ status: 409, run });

const withTask = (run: ModelRun, at: number, change: Partial<ModelTask>): ModelRun => ({
  ...run,
  tasks: run.tasks.map((task, index) => (index === at ? { ...task, ...change } : task)),
});

export function act(run: ModelRun, action: Action): Acted {
  switch (action.kind) {
    case 'pause': {
      const may = (run.status === 'running' || run.status === 'waiting') && !run.pauseAsked;
      return may ? taken({ ...run, pauseAsked: true, parked: false }) : refused(run);
    }
    case 'resume':
      return isOver(run) || run.status === 'cancelling' || !run.pauseAsked
        ? refused(run)
        : taken(goOn(reopen(run)));
    case 'cancel':
      if (isOver(run)) return refused(run);
      return taken({ ...run, status: 'cancelling', pauseAsked: false, parked: false });
    case 'retry':
      return run.status === 'failed' || run.status === 'cancelled' ? taken(anew(run)) : refused(run);
    case 'skip':
      return skip(run, action.task);
    case 'edit':
      return edit(run, action.task);
    case 'retry_task':
      return retryTask(run, action.task);
    case 'answer':
      return answer(run, action.task);
    case 'reply':
      return { status: null, run: reply(run, action.task, action.reply) };
  }
}

const goOn = (run: ModelRun): ModelRun => ({
  ...run,
  pauseAsked: false,
  parked: false,
  status: run.status === 'paused' ? 'running' : run.status,
});

/** A resume tries the failed tasks of a run again that is parked for them. */
const reopen = (run: ModelRun): ModelRun =>
  run.policy === 'pause'
    ? {
        ...run,
        tasks: run.tasks.map((task) => (task.state === 'failed' ? { ...task, state: 'pending' } : task)),
      }
    : run;

/** A retried run: finished tasks keep their results, the others go on where they were. */
const anew = (run: ModelRun): ModelRun => ({
  ...run,
  status: 'running',
  pauseAsked: false,
  parked: false,
  ends: false,
  tasks: run.tasks.map((task) =>
    task.state === 'completed' || task.state === 'skipped' ? task : { ...task, state: 'pending' },
  ),
});

const goOnWhenNoneFailed = (run: ModelRun): ModelRun =>
  run.parked && run.tasks.every(({ state }) => state !== 'failed') ? goOn(run) : run;

function skip(run: ModelRun, at: number): Acted {
  const state = run.tasks[at]?.state;
  if (isOver(run) || run.status === 'cancelling') return refused(run);
  if (state !== 'pending' && state !== 'failed' && state !== 'waiting' && state !== 'answered')
    return refused(run);
  if (state === 'failed' && run.policy !== 'pause') return refused(run);
  const skipped = withTask(run, at, { state: 'skipped', asks: 'no' });
  return taken(state === 'failed' ? goOnWhenNoneFailed(skipped) : skipped);
}

function edit(run: ModelRun, at: number): Acted {
  const state = run.tasks[at]?.state;
  if (run.status === 'completed' || run.status === 'cancelling') return refused(run);
  if (state !== 'pending' && state !== 'failed' && state !== 'cancelled') return refused(run);
  if (state === 'failed' && !isOver(run) && run.policy !== 'pause') return refused(run);
  const edited = withTask(run, at, {
    asks: 'no',
    ...(state === 'failed' && !isOver(run) && { state: 'pending' }),
  });
  return taken(state === 'failed' && !isOver(run) ? goOnWhenNoneFailed(edited) : edited);
}

function retryTask(run: ModelRun, at: number): Acted {
  const state = run.tasks[at]?.state;
  if (run.status === 'failed' || run.status === 'cancelled')
    return state === 'completed' || state === 'skipped' ? refused(run) : taken(anew(run));
  if (state !== 'failed' || run.status === 'completed') return refused(run);
  if (run.policy !== 'pause' || run.status === 'cancelling') return refused(run);
  return taken(goOnWhenNoneFailed(withTask(run, at, { state: 'pending' })));
}

function answer(run: ModelRun, at: number): Acted {
  const task = run.tasks[at];
  if (isOver(run) || task?.asks !== 'open' || task.state !== 'waiting') return refused(run);
  const status = run.status === 'waiting' ? 'running' : run.status;
  return taken(withTask({ ...run, status }, at, { state: 'answered', asks: 'answered' }));
}

/** What becomes of a model's answer; of a call that was cut off nothing. */
function reply(run: ModelRun, at: number, said: 'says' | 'fails' | 'asks'): ModelRun {
  if (run.tasks[at]?.state !== 'asked') return run;
  if (said === 'says') return withTask(run, at, { state: 'completed', asks: 'no' });
  if (said === 'asks') return withTask(run, at, { state: 'waiting', asks: 'open' });
  const failed = withTask(run, at, { state: 'failed', asks: 'no' });
  if (run.policy === 'fail') return { ...failed, ends: true };
  if (run.policy === 'continue') return failed;
  return { ...failed, parked: run.parked || !run.pauseAsked, pauseAsked: run.status !== 'cancelling' };
}

/** Done for those that wait for it: a task that was left out counts when its turn would have come. */
function isDone(run: ModelRun, at: number): boolean {
  const task = run.tasks[at];
  if (task === undefined) return false;
  if (task.state === 'completed') return true;
  if (task.state === 'failed') return run.policy === 'continue';
  return task.state === 'skipped' && task.dependsOn.every((before) => isDone(run, before));
}

const isOut = ({ tasks }: ModelRun): boolean => tasks.some(({ state }) => state === 'asked');
const isAllDone = (run: ModelRun): boolean => !isOut(run) && run.tasks.every((_, at) => isDone(run, at));

/**
 * Where the run may be when the next command comes: as it is, at rest, or between. A run that was to pause and has nothing
 * left goes on to its end, and may be asked to pause once more before it is there.
 */
export const onTheWay = (run: ModelRun): ModelRun[] => [
  run,
  settle(run),
  ...(!isOver(run) && run.status !== 'cancelling' && run.pauseAsked && isAllDone(run) ? [goOn(run)] : []),
];

/** Where the run comes to rest when nobody does anything. */
export function settle(run: ModelRun): ModelRun {
  if (isOver(run)) return run;
  if (run.status === 'cancelling') return end(run, 'cancelled');
  if (run.ends) return isOut(run) ? run : end(run, 'failed');
  if (isAllDone(run)) {
    const said = run.tasks.some(({ state }) => state === 'completed');
    return end(run, said ? 'completed' : 'failed');
  }
  if (run.pauseAsked) return isOut(run) ? run : { ...run, status: 'paused' };
  const tasks = run.tasks.map((task): ModelTask => {
    if (task.state === 'answered') return { ...task, state: 'asked', asks: 'no' };
    if (task.state === 'begun') return { ...task, state: task.asks === 'open' ? 'waiting' : 'asked' };
    if (task.state !== 'pending' || !task.dependsOn.every((before) => isDone(run, before))) return task;
    // A question nobody answered is asked anew, an answered one is read: neither costs a call.
    if (task.asks === 'open') return { ...task, state: 'waiting' };
    return { ...task, state: 'asked', asks: 'no' };
  });
  const works = tasks.some(({ state }) => state === 'asked');
  return { ...run, tasks, status: works ? 'running' : 'waiting' };
}

const end = (run: ModelRun, status: 'completed' | 'failed' | 'cancelled'): ModelRun => ({
  ...run,
  status,
  pauseAsked: false,
  parked: false,
  ends: false,
  timesOver: run.timesOver + 1,
  tasks: run.tasks.map((task) =>
    status === 'completed' || ['completed', 'failed', 'skipped'].includes(task.state)
      ? task
      : { ...task, state: 'cancelled' },
  ),
});
