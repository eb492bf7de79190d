import { describe, expect, it } from '@jest/globals';
import { compareAnswers } from '../crewai/compare.ts';
import { DEVIATIONS } from '../crewai/deviations.ts';
import { generateGraphs } from '../crewai/generate.ts';
import { hashOf, readRecording, realAnswer } from '../crewai/recorded.ts';

/** The answers of the real crewai 0.121.1, recorded by `npm run test:crewai -- --record`. */
const recording = readRecording('construct', realAnswer);
const graphs = generateGraphs(recording.seed);

describe('Validation against the real crewai 0.121.1', () => {
  it('asks what was asked when the answers were recorded', () => {
    expect(hashOf(graphs)).toBe(recording.hash);
    expect(graphs.length).toBeGreaterThanOrEqual(2_000);
  });

  it('agrees on every crew in verdict, error type and field, listed deviations apart', () => {
    const { mismatches, verdicts, accepted } = compareAnswers(graphs, recording.answers);
    expect(mismatches).toEqual([]);
    expect(accepted).toBeGreaterThan(1_000);
    expect(verdicts.get('agrees')).toBeGreaterThan(0.9 * graphs.length);
  });

  it('lists no deviation that does not occur', () => {
    const { verdicts } = compareAnswers(graphs, recording.answers);
    expect(DEVIATIONS.map(({ name }) => name).filter((name) => !verdicts.has(name))).toEqual([]);
  });
});
