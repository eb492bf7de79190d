import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { peopleOf, type Person } from '../support/people.ts';
import { readSse, type SseReader } from '../support/sse-reader.ts';
import { startTestStack, until, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;
let anna: Person;
let execution: string;
const people = peopleOf(() => stack.api);

beforeAll(async () => {
  // No worker: the run stays pending, and its stream open.
  stack = await startTestStack();
  anna = await people.register('anna@example.test');
  const started = await fetch(`${stack.api.url}/crew/start`, {
    method: 'POST',
    headers: { authorization: `Bearer ${anna.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ crew: 'one-task' }),
  });
  execution = JSON.parse(await started.text()).execution_id;
});
afterAll(() => stack.close());

const open = async (credential: string): Promise<SseReader> => {
  const stream = await readSse(`${stack.api.url}/api/v1/executions/${execution}/stream`, {
    authorization: `Bearer ${credential}`,
  });
  expect(stream.status).toBe(200);
  await until('the snapshot is there', () => stream.events.length > 0);
  return stream;
};
const hasEnded = async (stream: SseReader): Promise<boolean> => {
  const timeout = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500));
  return Promise.race([stream.ended.then(() => true), timeout]);
};
const look = (): Promise<void> => stack.engine.engine.credentials.look();

describe('an open stream', () => {
  it('goes on while its credential holds, and ends with the session, the key or the user', async () => {
    const key = await people.makeKey(anna.token, { name: 'reader' });
    const second = await people.login(anna.email, anna.password);
    const { access_token: otherToken, refresh_token: otherRefresh } = JSON.parse(await second.text());
    const [bySession, byKey, byOther] = await Promise.all([
      open(anna.token),
      open(key.key),
      open(otherToken),
    ]);
    await look();
    expect(await hasEnded(bySession)).toBe(false);

    await people.send('POST', '/auth/logout', otherToken, { refresh_token: otherRefresh });
    await people.send('DELETE', `/api-keys/${key.id}`, anna.token);
    await look();
    expect([await hasEnded(byOther), await hasEnded(byKey), await hasEnded(bySession)]).toEqual([
      true,
      true,
      false,
    ]);

    await people.send('PATCH', `/users/${anna.id}`, stack.api.admin.token, { is_active: false });
    await look();
    expect(await hasEnded(bySession)).toBe(true);
  });
});
