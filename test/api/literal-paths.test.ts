import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

describe('a path that a route spells out beside one with an id', () => {
  it.each([
    ['GET', '/api/v1/executions/bulk', 'POST'],
    ['PUT', '/api/v1/graphs/validate', 'POST'],
    ['DELETE', '/api/v1/graphs/import/', 'POST'],
  ])('%s %s is 405 and names what is allowed, not a thing that is not there', async (method, path, allow) => {
    const { status, headers, body } = await stack.call(method, path);
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow });
    expect(body).toMatchObject({ error: 'METHOD_NOT_ALLOWED' });
  });

  it('tells OPTIONS its own methods alone', async () => {
    const { status, headers } = await stack.call('OPTIONS', '/api/v1/graphs/validate');
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 204, allow: 'POST' });
  });
});
