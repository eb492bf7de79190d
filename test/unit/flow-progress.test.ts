import { describe, expect, it } from '@jest/globals';
import { FlowProgress, MAX_STEP_RUNS } from '../../src/domain/flow/flow-progress.ts';
import { shapeProblems, type FlowShape, type StepTrigger } from '../../src/domain/flow/flow-shape.ts';
import { FlowState } from '../../workflows/flow-run/flow-state.ts';

/** What finished steps set off. */

const any = (...of: string[]): StepTrigger => ({ kind: 'any', of });
const all = (...of: string[]): StepTrigger => ({ kind: 'all', of });
const start = (name: string): FlowShape[number] => ({ name, kind: 'start', on: null, labels: [] });
const listen = (name: string, on: StepTrigger): FlowShape[number] => ({
  name,
  kind: 'listen',
  on,
  labels: [],
});
const router = (name: string, on: StepTrigger, ...labels: string[]): FlowShape[number] => ({
  name,
  kind: 'router',
  on,
  labels,
});
const keys = (runs: readonly { key: string }[]): string[] => runs.map(({ key }) => key);
const ends = (progress: FlowProgress, key: string, label: string | null = null): string[] =>
  keys(progress.finish({ key, label }));

describe('a flow', () => {
  it('begins with every start, in the order of its shape', () => {
    const progress = new FlowProgress([start('a'), listen('c', any('a')), start('b')]);
    expect(keys(progress.begin())).toEqual(['a', 'b']);
  });

  it('goes on once all have come with and_, each time with or_', () => {
    const progress = new FlowProgress([
      start('a'),
      start('b'),
      listen('both', all('a', 'b')),
      listen('either', any('a', 'b')),
    ]);
    progress.begin();
    expect(ends(progress, 'a')).toEqual(['either']);
    expect(ends(progress, 'b')).toEqual(['both', 'either#2']);
    expect(progress.runOf('either#2')).toEqual({
      key: 'either#2',
      step: 'either',
      iteration: 2,
      triggeredBy: 'b',
      position: 4,
    });
  });

  it('waits for all anew after and_ has come true', () => {
    const progress = new FlowProgress([
      start('a'),
      start('b'),
      listen('both', all('a', 'b')),
      listen('a_again', any('both')),
    ]);
    progress.begin();
    ends(progress, 'a');
    expect(ends(progress, 'a')).toEqual([]);
    expect(ends(progress, 'b')).toEqual(['both']);
    expect(ends(progress, 'b')).toEqual([]);
    expect(ends(progress, 'a')).toEqual(['both#2']);
  });

  it('follows the label of a router, and whoever listens to the router itself', () => {
    const progress = new FlowProgress([
      start('a'),
      router('r', any('a', 'again'), 'more', 'enough'),
      listen('again', any('more')),
      listen('done', any('enough')),
      listen('watcher', any('r')),
    ]);
    progress.begin();
    expect(ends(progress, 'a')).toEqual(['r']);
    expect(ends(progress, 'r', 'more')).toEqual(['again', 'watcher']);
    expect(ends(progress, 'again')).toEqual(['r#2']);
    expect(ends(progress, 'r#2', 'enough')).toEqual(['done', 'watcher#2']);
  });

  it('sets nothing off for a run that nothing has set off', () => {
    expect(ends(new FlowProgress([start('a'), listen('b', any('a'))]), 'a')).toEqual([]);
  });
});

describe('a shape', () => {
  it.each([
    [[listen('a', any('a'))], 'no step is a start'],
    [[start('a'), listen('b', any('c'))], 'step "b" waits for "c", which is no step and no label'],
    [[start('a'), listen('b', all())], 'step "b" waits for nothing'],
    [[start('a'), router('r', any('a'))], 'router "r" has no labels'],
    [[start('a'), router('r', any('a'), 'a')], '"a" is a step and a label: give one of them another name'],
    [[start('A b')], '"A b" is no name: small letters, digits and _ only, beginning with a letter'],
  ])('%j is refused', (shape: FlowShape, problem) => {
    expect(shapeProblems(shape)).toContain(problem);
  });
});

describe('a running flow', () => {
  const claim = (shape: FlowShape, finished: { key: string; label: string | null }[] = []) => ({
    accepted: true as const,
    tasks: [],
    paused: false,
    cancelling: false,
    controlVersion: 0,
    timeoutMs: null,
    flow: { shape, finished },
  });

  it('that starts anew stands where the ends in their order have brought it', () => {
    const state = new FlowState();
    const shape = [start('a'), start('b'), listen('c', all('a', 'b')), listen('d', any('b'))];
    state.adopt(
      claim(
        shape,
        ['b', 'a', 'd'].map((key) => ({ key, label: null })),
      ),
    );
    expect(state.ready(10)).toEqual(['c']);
    expect(state.placeOf('c')).toMatchObject({ triggeredBy: 'a', position: 3 });
    expect(() => state.placeOf('e')).toThrow('nothing has set off e');
  });

  it('that never ends is ended', () => {
    const state = new FlowState();
    state.adopt(claim([start('a'), listen('round', any('a', 'round'))]));
    let runs = 0;
    for (let [key] = state.ready(1); key !== undefined; [key] = state.ready(1)) {
      state.handOut(key);
      state.takeBack(key, { kind: 'completed' });
      runs += 1;
    }
    expect(runs).toBe(MAX_STEP_RUNS);
    expect(state.isOver).toBe(true);
    expect(state.failure).toMatchObject({ code: 'STEP_LIMIT' });
  });
});
