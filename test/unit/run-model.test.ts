import { describe, expect, it } from '@jest/globals';
import { act, onTheWay, settle, type Action, type ModelRun } from '../proofs/run-model.ts';

/** The model that `npm run test:runs` compares runs with: what it allows where commands meet. */

const paused: ModelRun = {
  status: 'paused',
  pauseAsked: true,
  parked: false,
  ends: false,
  policy: 'pause',
  timesOver: 0,
  tasks: [
    { state: 'completed', dependsOn: [], asks: 'no' },
    { state: 'answered', dependsOn: [], asks: 'answered' },
  ],
};

/** What a second command may be answered after a first, wherever the run is by then. */
const answersTo = (run: ModelRun, first: Action, second: Action): Set<number | null> =>
  new Set(onTheWay(act(run, first).run).map((between) => act(between, second).status));

describe('the model of a run', () => {
  it('lets a run that goes on to its end, its last task left out, be asked to pause once more', () => {
    const skip: Action = { kind: 'skip', task: 1 };
    expect(answersTo(paused, skip, { kind: 'pause' })).toEqual(new Set([202, 409]));
    for (const run of onTheWay(act(paused, skip).run))
      expect(settle(act(run, { kind: 'pause' }).run).status).toBe('completed');
  });

  it('lets a paused run with tasks left be asked to pause no second time', () => {
    const edit: Action = { kind: 'edit', task: 1 };
    expect(answersTo(paused, edit, { kind: 'pause' })).toEqual(new Set([409]));
  });
});
