import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { engineResources } from '../../src/api/resources/index.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** What the documentation shows of runs and of what they are made of. */

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

it('every example of a request and of an answer fits its schema', () => {
  const wrong: string[] = [];
  let count = 0;
  const check = (name: string, error: Error | undefined): void => {
    count += 1;
    if (error !== undefined) wrong.push(`${name}: ${error.message}`);
  };
  for (const route of engineResources(stack.engine.services)) {
    if (route.kind === 'page') continue;
    const { operationId, body, example, responses } = route.spec;
    if (body !== undefined) check(operationId, body.safeParse(example).error);
    for (const [status, answer] of Object.entries(responses)) {
      if (answer.schema !== undefined)
        check(`${operationId} ${status}`, answer.schema.safeParse(answer.example).error);
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(100);
});
