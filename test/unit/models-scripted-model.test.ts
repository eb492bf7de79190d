import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { callsTool, fails, hangs, says, startScriptedModel } from '../support/scripted-model.ts';
import type { ScriptedModel } from '../support/scripted-model.ts';

let server: ScriptedModel;
beforeEach(async () => {
  server = await startScriptedModel();
});
afterEach(() => server.close());

const post = (content: string, more: object = {}, signal: AbortSignal | null = null): Promise<Response> =>
  fetch(`${server.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'm',
      messages: [
        { role: 'system', content: 'about apples' },
        { role: 'user', content },
      ],
      ...more,
    }),
    signal,
  });

const textOf = async (content: string): Promise<unknown> => JSON.parse(await (await post(content)).text());
const saying = (content: string): unknown =>
  expect.objectContaining({
    choices: [expect.objectContaining({ message: { role: 'assistant', content } })],
  });

describe('the scripted model', () => {
  it('answers in the order of its script and is done when all was said', async () => {
    server.script([says('one'), says('two')]);
    expect(await textOf('a')).toEqual(saying('one'));
    expect(() => server.assertDone()).toThrow(/1 of the default queue/);
    expect(await textOf('b')).toEqual(saying('two'));
    server.assertDone();
    expect(server.requests.map((request) => request.body.messages.at(-1)?.content)).toEqual(['a', 'b']);
  });

  it('complains to the client and to the test when its script has run out', async () => {
    const response = await post('more, please');
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/the script has run out/);
    expect(() => server.assertDone()).toThrow(/run out.*more, please/);
  });

  it('keeps a queue of its own for what matches, the words of the system apart', async () => {
    server.script([says('default')]);
    server.when(/apples/, [says('apple')]);
    server.when(/pears|apples/, [says('pear')]);
    expect(await textOf('something')).toEqual(saying('default'));
    expect(await textOf('of pears')).toEqual(saying('pear'));
    expect(await textOf('of apples')).toEqual(saying('apple'));
    server.assertDone();
    expect((await post('apples again')).status).toBe(400);
  });

  it('answers the rest with what always answers', async () => {
    server.script([says('first')]);
    server.always((request) => says(`you said ${request.messages.at(-1)?.content ?? ''}`));
    expect(await textOf('x')).toEqual(saying('first'));
    expect(await textOf('y')).toEqual(saying('you said y'));
    server.assertDone();
  });

  it('gives each tool call an id of its own and reports failures as scripted', async () => {
    server.script([
      callsTool('a', {}),
      callsTool('a', {}),
      fails(503, { retryAfter: 9, body: { error: 'no' } }),
    ]);
    const ids = [await (await post('x')).text(), await (await post('y')).text()].map(
      (body) => /call_\d+_\d+/.exec(body)?.[0],
    );
    expect(ids).toEqual(['call_1_1', 'call_2_1']);
    const refused = await post('z');
    expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([
      503,
      '9',
      '{"error":"no"}',
    ]);
  });

  it('streams events that end with DONE when asked to', async () => {
    server.script([says('one two', { chunks: 2 })]);
    const body = await (await post('x', { stream: true })).text();
    expect(
      body
        .split('\n\n')
        .filter((line) => line !== '')
        .at(-1),
    ).toBe('data: [DONE]');
    expect(body).toMatch(/"usage":\{"prompt_tokens":10/);
  });

  it('lets a test wait for a request and see the client go away', async () => {
    server.script([hangs()]);
    const abort = new AbortController();
    const outcome = post('x', {}, abort.signal).catch(() => 'gone');
    const request = await server.waitForRequest(1);
    expect(request).toMatchObject({ aborted: false, completed: false });
    abort.abort();
    expect(await outcome).toBe('gone');
    await request.ended;
    expect(request).toMatchObject({ aborted: true, completed: false });
    await expect(server.waitForRequest(2, 30)).rejects.toThrow(/request 2/);
  });
});
