import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunRef } from '../../src/contracts/crew-run.ts';
import {
  findEvents,
  readEvents,
  readHeads,
  type EventFilter,
  type NewEvent,
} from '../../src/persistence/event-log.ts';
import { openEngineDatabase, type EngineDatabase } from './engine-database.ts';

/** The event log as Postgres keeps it. */

let engine: EngineDatabase;
beforeAll(async () => {
  engine = await openEngineDatabase();
});
afterAll(() => engine.close());

const note = (key: string, more: Partial<NewEvent> = {}): NewEvent => ({
  type: 'message_created',
  key,
  ...more,
});
const seqs = async (ref: RunRef): Promise<number[]> => (await engine.events(ref)).map(({ seq }) => seq);
const headOf = async (ref: RunRef) => (await readHeads(engine.database.sql, [ref.id])).get(ref.id);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('an event log', () => {
  it('numbers what 64 writers append at once from 1 on without a gap, each writer’s batch in its order', async () => {
    const ref = await engine.create();
    const writers = upTo(64).map((writer) =>
      engine.append(ref, [note(`w${writer}:1`), note(`w${writer}:2`), note(`w${writer}:3`)]),
    );
    const lasts = await Promise.all(writers);
    const events = await engine.events(ref);
    expect(events.map(({ seq }) => seq)).toEqual(upTo(192));
    expect(lasts.toSorted((one, other) => one - other)).toEqual(upTo(64).map((writer) => writer * 3));
    for (const writer of upTo(64)) {
      const mine = events.filter((event) => event.event_key.startsWith(`w${writer}:`));
      expect(mine.map((event) => event.event_key)).toEqual([`w${writer}:1`, `w${writer}:2`, `w${writer}:3`]);
      expect((mine[2]?.seq ?? 0) - (mine[0]?.seq ?? 0)).toBe(2);
    }
  });

  it('gives a number to nothing that was rolled back', async () => {
    const ref = await engine.create();
    await engine.append(ref, [note('one')]);
    const undone = engine.database.sql.transaction(async (sql) => {
      await sql.query('select append_events($1, $2)', [
        ref.id,
        JSON.stringify([{ type: 'message_created', key: 'undone', at: new Date().toISOString() }]),
      ]);
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    await engine.append(ref, [note('two')]);
    expect((await engine.events(ref)).map(({ seq, event_key: key }) => [seq, key])).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
  });

  it('writes an event once, however often and by however many its key is repeated', async () => {
    const ref = await engine.create();
    await Promise.all(upTo(20).map(() => engine.append(ref, [note('same'), note('other')])));
    expect(await engine.append(ref, [note('same'), note('new')])).toBe(3);
    expect(await seqs(ref)).toEqual([1, 2, 3]);
    expect((await headOf(ref))?.lastSeq).toBe(3);
  });

  it('takes nothing once its final event is written, until a retry opens it again', async () => {
    const ref = await engine.create();
    await engine.append(ref, [note('first'), { type: 'workflow_failed', key: 'g1:final', final: true }]);
    expect(await headOf(ref)).toEqual({ lastSeq: 2, closed: true });
    expect(await engine.append(ref, [note('late'), note('later')])).toBe(2);
    expect(await seqs(ref)).toEqual([1, 2]);
    const retried = { type: 'workflow_retried', key: 'g2:retried', reopens: true } as const;
    await engine.append(ref, [retried, note('again')]);
    await engine.append(ref, [{ type: 'workflow_completed', key: 'g2:final', final: true }]);
    await engine.append(ref, [note('too late')]);
    expect((await engine.events(ref)).map(({ event_key: key }) => key)).toEqual([
      'first',
      'g1:final',
      'g2:retried',
      'again',
      'g2:final',
    ]);
    expect(await headOf(ref)).toEqual({ lastSeq: 5, closed: true });
  });

  it('has one final event and nothing behind it when 32 writers race for the end', async () => {
    const ref = await engine.create();
    const final: NewEvent = { type: 'workflow_completed', key: 'g1:final', final: true };
    await Promise.all(upTo(32).map((writer) => engine.append(ref, [note(`w${writer}`), final])));
    const events = await engine.events(ref);
    expect(events.filter(({ type }) => type === 'workflow_completed')).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('workflow_completed');
    expect(await seqs(ref)).toEqual(upTo(events.length));
  });

  it('stays closed when a repeated retry event comes after the end', async () => {
    const ref = await engine.create();
    const retried: NewEvent = { type: 'workflow_retried', key: 'g2:retried', reopens: true };
    const failed = (generation: number): NewEvent => ({
      type: 'workflow_failed',
      key: `g${generation}:final`,
      final: true,
    });
    await engine.append(ref, [failed(1)]);
    await engine.append(ref, [retried, failed(2)]);
    await engine.append(ref, [retried, note('late')]);
    expect(await headOf(ref)).toEqual({ lastSeq: 3, closed: true });
  });

  it('is refused by an execution that has none', async () => {
    await expect(engine.append({ id: 999_999, executionId: '', generation: 1 }, [note('x')])).rejects.toThrow(
      'has no log',
    );
  });

  it('is read page by page in order, with what the envelope needs', async () => {
    const ref = await engine.create();
    await engine.append(
      ref,
      upTo(7).map((number) => note(`n${number}`, { data: { number }, taskKey: 'task-1', status: 'running' })),
    );
    const page = await readEvents(engine.database.sql, ref.id, 2, 3);
    expect(page.map(({ seq, data }) => [seq, data['number']])).toEqual([
      [3, 3],
      [4, 4],
      [5, 5],
    ]);
    expect(page[0]).toMatchObject({
      execution_id: ref.executionId,
      id: ref.id,
      type: 'message_created',
      task_key: 'task-1',
      status: 'running',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(await readEvents(engine.database.sql, ref.id, 7, 3)).toEqual([]);
  });

  it('is searched by task, type and words, and says how much there is in all', async () => {
    const ref = await engine.create();
    const other = await engine.create();
    await engine.append(other, [note('elsewhere', { data: { text: 'Heat pump' }, taskKey: 'a' })]);
    await engine.append(ref, [
      note('n1', { data: { text: 'Heat pump' }, taskKey: 'a' }),
      note('n2', { data: { text: '100% sure_' }, taskKey: 'b' }),
      { type: 'task_completed', key: 'n3', taskKey: 'b', data: { raw: 'heat' } },
    ]);
    const found = async (filter: EventFilter, after = 0, limit = 10) => {
      const { events, total } = await findEvents(engine.database.sql, ref.id, filter, { after, limit });
      return [events.map(({ seq }) => seq), total];
    };
    expect(await found({})).toEqual([[1, 2, 3], 3]);
    expect(await found({ taskKey: 'b' })).toEqual([[2, 3], 2]);
    expect(await found({ types: ['task_completed', 'task_failed'] })).toEqual([[3], 1]);
    expect(await found({ text: 'HEAT' })).toEqual([[1, 3], 2]);
    expect(await found({ text: 'heat' }, 1, 10)).toEqual([[3], 2]);
    expect(await found({ text: 'heat' }, 0, 1)).toEqual([[1], 2]);
    expect(await found({ text: '%' })).toEqual([[2], 1]);
    expect(await found({ text: 'sure_', taskKey: 'a' })).toEqual([[], 0]);
  });
});
