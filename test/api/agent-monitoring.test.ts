import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { z } from 'zod';
import { markSilentInstances } from '../../src/persistence/external-agents/agent-row.ts';
import { remindOfQuestions } from '../../src/engine/questions/reminders.ts';
import { expireDueQuestions } from '../../src/engine/external-agents/user-messages.ts';
import { peopleOf, type Person } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** Agents elsewhere report, ask and listen; people look on, answer and end (contract §8 "Agent monitoring"). */

let stack: TestStack;
let anna: Person;
let bert: Person;
let key: string;
const people = peopleOf(() => stack.api);

beforeAll(async () => {
  stack = await startTestStack();
  anna = await people.register('anna@example.test');
  bert = await people.register('bert@example.test');
  key = (await people.makeKey(anna.token, { name: 'agent', scopes: ['agent'] })).key;
});
afterAll(() => stack.close());

/** Of a sweep in which nothing may fail. */
const failure = (error: unknown): never => {
  throw error;
};

const entry = z.looseObject({
  id: z.string(),
  seq: z.int(),
  sender_type: z.enum(['agent', 'user']),
  kind: z.string(),
  content: z.string(),
  requires_user_input: z.boolean(),
  message_metadata: z.record(z.string(), z.unknown()),
});
const saidSchema = z.object({
  agent_instance_id: z.string(),
  message_id: z.string(),
  question_id: z.string().nullable(),
  status: z.string(),
  queued_user_messages: z.array(entry),
});
const pendingSchema = z.object({
  status: z.enum(['ok', 'stale']),
  messages: z.array(entry),
  missed_messages: z.array(entry),
  last_read_message_id: z.string().nullable(),
  instance_status: z.string(),
});
const instanceSchema = z.looseObject({
  id: z.string(),
  agent_type_id: z.string(),
  agent_type_name: z.string(),
  status: z.string(),
  name: z.string().nullable(),
  chat_length: z.int(),
  latest_message: z.string().nullable(),
  ended_at: z.string().nullable(),
});
const detailSchema = instanceSchema.extend({ messages: z.array(entry), has_more: z.boolean() });
const questionSchema = z.looseObject({ id: z.string(), status: z.string(), answer: z.unknown() });

const answered = async (response: Promise<Response>, status: number): Promise<unknown> => {
  const { status: got, ...rest } = await response.then(async (one) => ({
    status: one.status,
    body: z.unknown().parse(await one.json()),
  }));
  if (got !== status) throw new Error(`${got} instead of ${status}: ${JSON.stringify(rest.body)}`);
  return rest.body;
};

const say = async (body: Record<string, unknown>, credential = key, status = 201) =>
  saidSchema.parse(await answered(people.send('POST', '/messages/agent', credential, body), status));
const pending = async (id: string, lastRead?: string) =>
  pendingSchema.parse(
    await answered(
      people.send(
        'GET',
        `/messages/pending?agent_instance_id=${id}${lastRead === undefined ? '' : `&last_read_message_id=${lastRead}`}`,
        key,
      ),
      200,
    ),
  );
const reply = async (id: string, body: Record<string, unknown>, status = 201, credential = anna.token) =>
  answered(people.send('POST', `/agent-instances/${id}/messages`, credential, body), status);
const shown = async (id: string, query = '') =>
  detailSchema.parse(await answered(people.send('GET', `/agent-instances/${id}${query}`, anna.token), 200));
const question = async (id: string) =>
  questionSchema.parse(await answered(people.send('GET', `/questions/${id}`, anna.token), 200));
const contents = (messages: readonly { content: string }[]): string[] =>
  messages.map(({ content }) => content);
const asking = (rules: Record<string, unknown>) => ({
  content: 'Which?',
  requires_user_input: true,
  message_metadata: { question: rules, mood: 'calm' },
});

describe('an agent elsewhere', () => {
  it('makes its instance with its first message, and hears with each step what was said meanwhile', async () => {
    const id = randomUUID();
    const first = await say({ agent_instance_id: id, agent_type: 'Coder', name: 'Tidy', content: 'begun' });
    expect(first).toMatchObject({ agent_instance_id: id, status: 'ACTIVE', queued_user_messages: [] });
    await reply(id, { content: 'mind the fixtures' });
    await reply(id, { content: 'and the docs' });
    const second = await say({ agent_instance_id: id, agent_type: 'coder', content: 'went on' });
    expect(contents(second.queued_user_messages)).toEqual(['mind the fixtures', 'and the docs']);
    expect((await say({ agent_instance_id: id, content: 'more' })).queued_user_messages).toEqual([]);
    const detail = await shown(id);
    expect(detail).toMatchObject({
      agent_type_name: 'Coder',
      name: 'Tidy',
      status: 'ACTIVE',
      chat_length: 5,
      latest_message: 'more',
      has_more: false,
    });
    expect(detail.messages.map(({ seq, sender_type: sender, kind }) => [seq, sender, kind])).toEqual([
      [1, 'agent', 'step'],
      [2, 'user', 'feedback'],
      [3, 'user', 'feedback'],
      [4, 'agent', 'step'],
      [5, 'agent', 'step'],
    ]);
    const page = await shown(id, `?limit=2&before_message_id=${detail.messages[3]?.id ?? ''}`);
    expect([page.messages.map(({ seq }) => seq), page.has_more]).toEqual([[2, 3], true]);
  });

  it('reads with a cursor: an old one is stale, and what an answer that got lost held is told again', async () => {
    const { agent_instance_id: id, message_id: cursor } = await say({ content: 'begun' });
    await reply(id, { content: 'one' });
    const read = await pending(id, cursor);
    expect([read.status, contents(read.messages)]).toEqual(['ok', ['one']]);
    const again = await pending(id, cursor);
    expect([again.status, again.messages, contents(again.missed_messages)]).toEqual(['stale', [], ['one']]);
    expect(again.last_read_message_id).toBe(read.messages[0]?.id);
    expect(await pending(id, again.last_read_message_id ?? '')).toMatchObject({ status: 'ok', messages: [] });
    await reply(id, { content: 'two' });
    expect(contents((await pending(id)).messages)).toEqual(['two']);
    expect(await pending(id, randomUUID())).toMatchObject({ status: 'stale', missed_messages: [] });
  });

  it('may say everything twice: a repeat writes nothing and is answered the same', async () => {
    const id = randomUUID();
    await say({ agent_instance_id: id, content: 'begun' });
    await reply(id, { content: 'wait', message_id: randomUUID() });
    const message = { agent_instance_id: id, content: 'step', message_id: randomUUID() };
    const first = await say(message);
    await reply(id, { content: 'later' });
    const repeated = await say(message);
    expect(contents(repeated.queued_user_messages)).toEqual(['wait']);
    expect(repeated).toEqual(first);
    expect((await shown(id)).chat_length).toBe(4);
    await answered(people.send('POST', '/messages/agent', key, { ...message, content: 'other' }), 409);
    const keyed = await Promise.all(
      [1, 2].map(() =>
        fetch(`${stack.api.url}/api/v1/messages/agent`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'idempotency-key': 'one',
          },
          body: JSON.stringify({ agent_instance_id: id, content: 'keyed' }),
        }).then((response) => response.status),
      ),
    );
    expect(keyed.every((status) => status === 201 || status === 409)).toBe(true);
    expect((await shown(id)).messages.filter(({ content }) => content === 'keyed')).toHaveLength(1);
  });

  it('shares no id with a stranger: the same ids make the stranger’s own', async () => {
    const body = { agent_instance_id: randomUUID(), content: 'Annas', message_id: randomUUID() };
    await say(body);
    await say({ ...body, content: 'Berts' }, bert.token);
    expect((await shown(body.agent_instance_id)).messages.map(({ content }) => content)).toEqual(['Annas']);
    const types = z
      .array(z.object({ id: z.string() }))
      .parse(await answered(people.send('GET', '/agent-types', anna.token), 200));
    const theirs = z
      .array(z.object({ id: z.string() }))
      .parse(await answered(people.send('GET', '/agent-types', bert.token), 200));
    expect(types.filter(({ id }) => theirs.some((one) => one.id === id))).toEqual([]);
  });

  it('reports what its person told it where it runs', async () => {
    const { agent_instance_id: id } = await say({ content: 'begun' });
    await reply(id, { content: 'from afar' });
    const report = { agent_instance_id: id, content: 'typed here' };
    const taken = z
      .object({ marked_as_read: z.boolean(), queued_user_messages: z.array(entry) })
      .parse(await answered(people.send('POST', '/messages/user', key, report), 201));
    expect([taken.marked_as_read, contents(taken.queued_user_messages)]).toEqual([true, ['from afar']]);
    expect((await pending(id)).messages).toEqual([]);
    await answered(people.send('POST', '/messages/user', key, { ...report, mark_as_read: false }), 201);
    expect(contents((await pending(id)).messages)).toEqual(['typed here']);
    await answered(
      people.send('POST', '/messages/user', key, { ...report, agent_instance_id: randomUUID() }),
      404,
    );
  });

  it('ends its session, after which it is refused until a person lets it go on', async () => {
    const { agent_instance_id: id } = await say({ content: 'begun' });
    const end = () => answered(people.send('POST', '/sessions/end', key, { agent_instance_id: id }), 200);
    expect(await end()).toEqual({ success: true, agent_instance_id: id, final_status: 'COMPLETED' });
    expect(await end()).toMatchObject({ final_status: 'COMPLETED' });
    expect((await shown(id)).ended_at).not.toBeNull();
    await answered(people.send('POST', '/messages/agent', key, { agent_instance_id: id, content: 'x' }), 409);
    await reply(id, { content: 'x' }, 409);
    await answered(
      people.send('PUT', `/agent-instances/${id}/status`, anna.token, { status: 'ACTIVE' }),
      200,
    );
    expect(await say({ agent_instance_id: id, content: 'on' })).toMatchObject({ status: 'ACTIVE' });
  });

  it('is STALE after 15 minutes without a sign of life, and wakes with its next message', async () => {
    const { agent_instance_id: id } = await say({ content: 'begun' });
    const { agent_instance_id: waiting } = await say({ content: 'Go?', requires_user_input: true });
    const inQuarter = new Date(Date.now() + 1_000);
    await markSilentInstances(stack.api.database.sql, inQuarter, inQuarter);
    expect((await shown(id)).status).toBe('STALE');
    expect((await shown(waiting)).status).toBe('AWAITING_INPUT');
    await say({ agent_instance_id: id, content: 'here' });
    expect((await shown(id)).status).toBe('ACTIVE');
  });
});

describe('a question of an agent elsewhere', () => {
  it('stands in the inbox until it is answered in the chat, once', async () => {
    const asked = await say(asking({ options: ['red', 'blue'] }));
    const { agent_instance_id: id, question_id: questionId } = asked;
    expect(asked.status).toBe('AWAITING_INPUT');
    const inbox = z
      .array(questionSchema)
      .parse(await answered(people.send('GET', '/questions?status=open', anna.token), 200));
    expect(inbox.find((one) => one.id === questionId)).toMatchObject({
      kind: 'agent',
      agent_instance_id: id,
      message_id: asked.message_id,
      execution_id: null,
      options: ['red', 'blue'],
    });
    await reply(id, { content: 'green' }, 422);
    expect(entry.parse(await reply(id, { content: 'red' }))).toMatchObject({
      kind: 'answer',
      message_metadata: { question_id: questionId, answer: 'red' },
    });
    expect(await question(questionId ?? '')).toMatchObject({ status: 'answered', answer: 'red' });
    expect((await shown(id)).status).toBe('ACTIVE');
    await reply(id, { content: 'blue', question_id: questionId }, 409);
    expect(contents((await pending(id)).messages)).toEqual(['red']);
  });

  it('is answered by its own name, by its owner alone, and in the form it asks for', async () => {
    const { agent_instance_id: id, question_id: several } = await say(
      asking({ options: ['a', 'b', 'c'], multiple: true }),
    );
    const { question_id: typed } = await say({
      ...asking({
        schema: { type: 'object', properties: { port: { type: 'integer' } }, required: ['port'] },
      }),
      agent_instance_id: id,
    });
    const answer = (name: string | null, body: unknown, credential = anna.token) =>
      people.send('POST', `/questions/${name ?? ''}/answer`, credential, { answer: body });
    await reply(id, { content: 'a' }, 409);
    await answered(answer(several, ['a', 'a']), 422);
    await answered(answer(several, 'a'), 422);
    await answered(answer(several, ['a', 'c'], bert.token), 404);
    await answered(answer(several, ['a', 'c']), 202);
    await answered(answer(several, ['a', 'c']), 409);
    expect((await shown(id)).status).toBe('AWAITING_INPUT');
    await reply(id, { content: '{"port": "x"}', question_id: typed }, 422);
    await reply(id, { content: '{"port": 80}', question_id: typed });
    expect(await question(typed ?? '')).toMatchObject({ status: 'answered', answer: { port: 80 } });
    expect(contents((await pending(id)).messages)).toEqual(['["a","c"]', '{"port": 80}'.replace(' ', '')]);
  });

  it('is refused when it does not make sense, with a word on each thing', async () => {
    for (const rules of [
      { multiple: true },
      { options: ['a', 'a'] },
      { options: ['a', 'b'], default: 'c' },
      { schema: { type: 7 } },
      { timeout_seconds: 0 },
      { timeout_seconds: 60, remind_after_seconds: 60 },
      'which?',
    ]) {
      const answer = await people.send('POST', '/messages/agent', key, {
        content: 'x',
        requires_user_input: true,
        message_metadata: { question: rules },
      });
      expect([rules, answer.status]).toEqual([rules, 422]);
      expect(await answer.text()).toContain('/message_metadata/question');
    }
  });

  it('takes its default when nobody answers in time, and no answer after that', async () => {
    const { agent_instance_id: id, question_id: questionId } = await say(
      asking({ options: ['yes', 'no'], timeout_seconds: 1, default: 'no' }),
    );
    const later = new Date(Date.now() + 2_000);
    await expireDueQuestions(stack.api.database.sql, later, 100, failure);
    expect(await question(questionId ?? '')).toMatchObject({
      status: 'expired',
      answer: null,
      default: 'no',
    });
    await answered(
      people.send('POST', `/questions/${questionId ?? ''}/answer`, anna.token, { answer: 'yes' }),
      409,
    );
    const { messages } = await pending(id);
    expect(messages.map(({ content, message_metadata: metadata }) => [content, metadata['expired']])).toEqual(
      [['no', true]],
    );
    expect((await shown(id)).status).toBe('ACTIVE');
  });

  it('is said once more, in the inbox, when nobody has answered by the time it names', async () => {
    const { agent_instance_id: id, question_id: questionId } = await say(
      asking({ timeout_seconds: 600, remind_after_seconds: 60 }),
    );
    const { sql } = stack.api.database;
    const later = new Date(Date.now() + 61_000);
    await Promise.all([
      remindOfQuestions(sql, later, 100, failure),
      remindOfQuestions(sql, later, 100, failure),
    ]);
    expect(await question(questionId ?? '')).toMatchObject({
      status: 'open',
      reminded_at: later.toISOString(),
    });
    const { status, messages } = await shown(id);
    expect([status, messages.map(({ kind }) => kind)]).toEqual(['AWAITING_INPUT', ['question', 'reminder']]);
    expect((await pending(id)).messages).toEqual([]);
  });

  it('that cannot be reminded of, or ended in time, keeps no other from its turn', async () => {
    const { sql } = stack.api.database;
    const rules = { timeout_seconds: 600, remind_after_seconds: 60, default: 'no', options: ['yes', 'no'] };
    const asked = [await say(asking(rules)), await say(asking(rules)), await say(asking(rules))];
    const [broken, ...others] = asked.map(({ question_id: id }) => id ?? '');
    const operator = new Client({ connectionString: stack.settings.DATABASE_URL });
    await operator.connect();
    await operator.query(`
      create function break_question() returns trigger language plpgsql as $$
      begin raise exception 'this row is broken'; end $$;
      create trigger broken before update of reminded_at, status on questions
        for each row when (old.id = '${broken ?? ''}') execute function break_question();`);
    try {
      const failed: string[] = [];
      const due = new Date(Date.now() + 61_000);
      await remindOfQuestions(sql, due, 100, (_error, id) => failed.push(id));
      expect(failed).toEqual([broken]);
      for (const id of others) expect((await question(id)).reminded_at).toBe(due.toISOString());
      await remindOfQuestions(sql, new Date(due.getTime() + 60_000), 100, (_error, id) => failed.push(id));
      // It is put off: it does not stand before the others at each look.
      expect(failed).toEqual([broken]);

      const instances: string[] = [];
      const over = new Date(Date.now() + 601_000);
      await expireDueQuestions(sql, over, 100, (_error, id) => instances.push(id));
      expect(instances).toEqual([asked[0]?.agent_instance_id]);
      for (const id of others) expect((await question(id)).status).toBe('expired');
    } finally {
      await operator.query('drop trigger broken on questions');
      await operator.end();
    }
  });

  it('may be made of a message that was sent already, and expires with its session', async () => {
    const { agent_instance_id: id, message_id: messageId } = await say({
      content: 'Done. Push it?',
      message_metadata: { question: { options: ['yes', 'no'] } },
    });
    await answered(people.send('PATCH', `/messages/${messageId}/request-input`, key), 200);
    await answered(people.send('PATCH', `/messages/${messageId}/request-input`, key), 200);
    const detail = await shown(id);
    expect([detail.status, detail.messages[0]?.requires_user_input]).toEqual(['AWAITING_INPUT', true]);
    const questionId = String(detail.messages[0]?.message_metadata['question_id']);
    await answered(
      people.send('POST', '/sessions/end', key, { agent_instance_id: id, status: 'FAILED' }),
      200,
    );
    expect((await question(questionId)).status).toBe('expired');
  });
});

describe('those who look on', () => {
  it('list, filter, name, end and delete instances, and see the counts', async () => {
    const { agent_instance_id: one } = await say({ agent_type: 'Lister', content: 'a' });
    const { agent_instance_id: other } = await say({ agent_type: 'Lister', content: 'b' });
    const list = async (query: string) => {
      const response = await people.send('GET', query, anna.token);
      return {
        total: response.headers.get('x-total-count'),
        ids: z.array(instanceSchema).parse(await response.json()),
      };
    };
    await answered(
      people.send('PUT', `/agent-instances/${one}/status`, anna.token, { status: 'COMPLETED' }),
      200,
    );
    await answered(people.send('PATCH', `/agent-instances/${other}`, anna.token, { name: 'Second' }), 200);
    const typeId = (await shown(one)).agent_type_id;
    const all = await list(`/agent-types/${typeId}/instances`);
    expect([all.total, all.ids.map(({ id }) => id)]).toEqual(['2', [other, one]]);
    const active = await list(`/agent-instances?agent_type_id=${typeId}&status=ACTIVE,STALE&source=external`);
    expect([active.total, active.ids.map(({ name }) => name)]).toEqual(['1', ['Second']]);
    const summary = z
      .object({ agent_types: z.array(z.looseObject({ id: z.string() })) })
      .parse(await answered(people.send('GET', '/agent-summary', anna.token), 200));
    expect(summary.agent_types.find(({ id }) => id === typeId)).toMatchObject({
      name: 'Lister',
      total_instances: 2,
      active_instances: 1,
      completed_instances: 1,
    });
    await answered(people.send('DELETE', `/agent-instances/${one}`, anna.token), 200);
    await answered(people.send('GET', `/agent-instances/${one}`, anna.token), 404);
    const left = await stack.api.database.sql.query('select 1 from messages where agent_instance_id = $1', [
      one,
    ]);
    expect(left).toEqual([]);
    expect(await people.send('GET', '/agent-instances?status=ASLEEP', anna.token)).toMatchObject({
      status: 422,
    });
  });
});
