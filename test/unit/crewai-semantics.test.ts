import { describe, expect, it } from '@jest/globals';
import { fixedDifferences, planOf, strictDifferences, unexplainedFixes } from '../crewai/compare-runs.ts';
import { generateRuns } from '../crewai/generate-runs.ts';
import { hashOf, readRecording, runRecord } from '../crewai/recorded.ts';
import { simulatePlan } from '../crewai/simulate-plan.ts';

/** What the real crewai 0.121.1 did with these crews, recorded by `npm run test:crewai -- --record`. */
const recording = readRecording('kickoff', runRecord);
const runs = generateRuns(recording.seed);
const each = runs.flatMap((run, index) => {
  const real = recording.answers[index];
  return real === undefined ? [] : [{ run, real }];
});

describe('Plans against kickoffs of the real crewai 0.121.1', () => {
  it('are made of the crews that were kicked off', () => {
    expect(hashOf(runs)).toBe(recording.hash);
    expect(each.length).toBeGreaterThanOrEqual(200);
  });

  it('cover what is hard: asynchronous losses, skipped tasks, managers, guardrails that fail', () => {
    const strict = runs.map((run) => ({ run, plan: planOf(run, 'strict') }));
    const skipping = each.filter(
      ({ run, real }) =>
        real.raw !== undefined && Object.keys(real.seen).length < Object.keys(run.script).length,
    );
    expect(strict.filter(({ plan }) => plan.hiddenOutputs.length > 0).length).toBeGreaterThan(20);
    expect(strict.filter(({ plan }) => plan.process === 'hierarchical').length).toBeGreaterThan(40);
    expect(skipping.length).toBeGreaterThan(20);
    expect(each.filter(({ real }) => real.error?.includes('guardrail')).length).toBeGreaterThan(3);
  });

  it('strict: give every task the same agent, context, coworkers, tools and attempts, and the same outputs', () => {
    expect(each.flatMap(({ run, real }) => strictDifferences(run, real))).toEqual([]);
  });

  it('fixed: differ only where an asynchronous task is given its context or keeps its output', () => {
    expect(each.flatMap(({ run, real }) => fixedDifferences(run, real))).toEqual([]);
    expect(runs.flatMap(unexplainedFixes)).toEqual([]);
  });

  it('fixed: lose no output', () => {
    for (const run of runs) {
      const plan = planOf(run, 'fixed');
      const { outputs } = simulatePlan(plan, run.script);
      if (outputs !== undefined)
        expect(outputs.map(([key]) => key)).toEqual(plan.tasks.map(({ key }) => key));
    }
  });
});
