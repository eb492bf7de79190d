import { beforeAll, describe, expect, it } from '@jest/globals';
import { DOORS_OF_OPERATIONS } from '../proofs/neighbours/doors-of-operations.ts';
import { HOSTILE_DOORS } from '../proofs/neighbours/hostile-doors.ts';
import { proveNeighbours, type Neighbours } from '../proofs/prove-neighbours.ts';

/** The short form of `npm run test:neighbours`, which also says how long everything takes. */

describe('one user who does the worst through every door', () => {
  let proof: Neighbours;
  beforeAll(async () => {
    proof = await proveNeighbours({ seconds: 3, atOnce: 1, each: false, say: () => undefined });
  }, 300_000);

  it('stops nobody: crews run, cancels work, no process ends, and each attack is answered by its name', () => {
    expect(proof.failures).toEqual([]);
    const attacked = proof.scenes.find(({ name }) => name === 'all at once');
    // Each was tried, and answered by what is right there: not by a rate limit, nor left as it was.
    const answers = Object.keys(attacked?.answers ?? {}).map((answer) => answer.split(': '));
    const right = Object.entries(HOSTILE_DOORS).filter(([door, { expected }]) =>
      answers.some(([name, answer = '']) => name === door && answer !== '429' && expected.test(answer)),
    );
    expect(right.map(([door]) => door)).toEqual(Object.keys(HOSTILE_DOORS));
  });

  it('is tried through every operation that takes a body', () => {
    const forgotten = proof.operationsWithBody.filter((id) => !Object.hasOwn(DOORS_OF_OPERATIONS, id));
    expect(forgotten).toEqual([]);
    const doors: string[] = Object.values(DOORS_OF_OPERATIONS).flatMap((one) =>
      typeof one === 'string' ? [] : one,
    );
    expect([...new Set(doors)].toSorted()).toEqual(Object.keys(HOSTILE_DOORS).toSorted());
  });
});
