import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { peopleOf, statusOf, type Person } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { aGraph } from '../support/graph-bodies.ts';

let stack: TestStack;
let owner: Person;
let stranger: Person;
const { send, register } = peopleOf(() => stack.api);
const madeSchema = z.looseObject({ id: z.uuid(), version: z.int() });

beforeAll(async () => {
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '0' } });
  owner = await register('owner@example.com');
  stranger = await register('stranger@example.com');
});
afterAll(() => stack.close());

const make = async (body: unknown = aGraph()): Promise<{ id: string; version: number }> => {
  const response = await send('POST', '/graphs', owner.token, body);
  expect(response.status).toBe(201);
  return madeSchema.parse(await response.json());
};
const json = async (answer: Promise<Response>): Promise<unknown> => (await answer).json();

describe('a graph', () => {
  it('is stored as it was drawn, with what React Flow keeps beside, and read back', async () => {
    const body = aGraph({
      nodes: [
        { id: 'a', type: 'agent', position: { x: 1, y: 2 }, data: { role: 'R' }, width: 80, selected: true },
      ],
      edges: [{ id: 'e', source: 'a', target: 'b', sourceHandle: 'right' }],
      viewport: { x: 0, y: 0, zoom: 1.5 },
    });
    const response = await send('POST', '/graphs', owner.token, body);
    const made = madeSchema.parse(await response.json());
    expect(response.headers.get('location')).toBe(`/api/v1/graphs/${made.id}`);
    const read = await send('GET', `/graphs/${made.id}`, owner.token);
    expect(read.headers.get('etag')).toBe('"1"');
    expect(await read.json()).toMatchObject({ ...body, version: 1, owner_id: owner.id });
  });

  it('may be an empty draft', async () => {
    expect(await json(send('POST', '/graphs', owner.token, {}))).toMatchObject({
      name: 'Untitled',
      description: '',
      nodes: [],
      edges: [],
      viewport: null,
    });
  });

  it.each([
    [{ nodes: [{ type: 'agent' }] }, '/nodes/0/id'],
    [{ nodes: [{ id: '', type: 'agent' }] }, '/nodes/0/id'],
    [{ nodes: {} }, '/nodes'],
    [{ edges: [{ source: 'a' }] }, '/edges/0/target'],
    [{ name: '  ' }, '/name'],
    [{ nodes: Array.from({ length: 12_001 }, (_none, at) => ({ id: `n${at}`, type: 'agent' })) }, '/nodes'],
  ])('does not take the wrong shape: %#', async (body, path) => {
    const response = await send('POST', '/graphs', owner.token, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ details: { issues: [{ path }] } });
  });

  it('can be sent back as it was read, with nothing changed and no new version', async () => {
    const { id } = await make();
    const read = await json(send('GET', `/graphs/${id}`, owner.token));
    expect(await json(send('PUT', `/graphs/${id}`, owner.token, read))).toEqual(read);
    expect(await json(send('PATCH', `/graphs/${id}`, owner.token, {}))).toEqual(read);
  });

  it('is copied into one of the caller’s own', async () => {
    const { id } = await make(aGraph({ name: 'Original' }));
    const copy = await send('POST', `/graphs/${id}/clone`, owner.token);
    expect(copy.status).toBe(201);
    expect(await copy.json()).toMatchObject({ name: 'Original (copy)', version: 1 });
    const named = await json(send('POST', `/graphs/${id}/clone`, owner.token, { name: 'Mine' }));
    expect(named).toMatchObject({ name: 'Mine', nodes: aGraph().nodes });
  });

  it('is deleted with its versions', async () => {
    const { id } = await make();
    expect(await json(send('DELETE', `/graphs/${id}`, owner.token))).toEqual({ message: 'Graph deleted' });
    expect(await statusOf(send('GET', `/graphs/${id}`, owner.token))).toBe(404);
    expect(await statusOf(send('DELETE', `/graphs/${id}`, owner.token))).toBe(404);
    const rows = await stack.api.database.sql.query('select 1 from graph_versions where graph_id = $1', [id]);
    expect(rows).toEqual([]);
  });
});

describe('versions of a graph', () => {
  it('are made by every save that changes something, listed newest first, and gone back to', async () => {
    const { id } = await make(aGraph({ name: 'One' }));
    await send('PATCH', `/graphs/${id}`, owner.token, { name: 'Two' });
    await send('PUT', `/graphs/${id}`, owner.token, { nodes: [] });
    const list = await send('GET', `/graphs/${id}/versions?limit=2`, owner.token);
    expect(list.headers.get('x-total-count')).toBe('3');
    expect(await list.json()).toMatchObject([{ version: 3, created_by: owner.id }, { version: 2 }]);
    expect(await json(send('GET', `/graphs/${id}/versions/2`, owner.token))).toMatchObject({
      version: 2,
      document: { name: 'Two', nodes: aGraph().nodes },
    });
    const restored = await json(send('POST', `/graphs/${id}/versions/1/restore`, owner.token));
    expect(restored).toMatchObject({ version: 4, name: 'One', nodes: aGraph().nodes });
    expect(await statusOf(send('GET', `/graphs/${id}/versions/9`, owner.token))).toBe(404);
    expect(await statusOf(send('POST', `/graphs/${id}/versions/9/restore`, owner.token))).toBe(404);
  });

  it('refuse a save made from an older one, said in the body or in If-Match', async () => {
    const { id } = await make();
    expect(await statusOf(send('PATCH', `/graphs/${id}`, owner.token, { name: 'A', version: 1 }))).toBe(200);
    const late = await send('PATCH', `/graphs/${id}`, owner.token, { name: 'B', version: 1 });
    expect([late.status, await late.json()]).toMatchObject([409, { details: { version: 2 } }]);
    const withHeader = (value: string): Promise<Response> =>
      fetch(`${stack.api.url}/api/v1/graphs/${id}`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${owner.token}`,
          'content-type': 'application/json',
          'if-match': value,
        },
        body: JSON.stringify({ name: 'C' }),
      });
    expect(await statusOf(withHeader('"1"'))).toBe(409);
    expect(await statusOf(withHeader('"two"'))).toBe(422);
    expect(await statusOf(withHeader('"2"'))).toBe(200);
  });

  it('are made one after another when ten people save at once', async () => {
    const { id } = await make();
    const saves = Array.from({ length: 10 }, (_none, at) =>
      statusOf(send('PATCH', `/graphs/${id}`, owner.token, { name: `Name ${at}` })),
    );
    expect(new Set(await Promise.all(saves))).toEqual(new Set([200]));
    expect(await json(send('GET', `/graphs/${id}`, owner.token))).toMatchObject({ version: 11 });
    const guarded = Array.from({ length: 10 }, (_none, at) =>
      statusOf(send('PATCH', `/graphs/${id}`, owner.token, { name: `Guarded ${at}`, version: 11 })),
    );
    expect((await Promise.all(guarded)).filter((status) => status === 200)).toHaveLength(1);
  });
});

describe('the list of graphs', () => {
  it('is paged, newest first, found by part of the name, and shows nobody else’s', async () => {
    const person = await register('lister@example.com');
    for (const name of ['100% wool', 'Sheep', '100 sheep']) {
      await send('POST', '/graphs', person.token, { name });
    }
    const page = await send('GET', '/graphs?limit=2', person.token);
    expect(page.headers.get('x-total-count')).toBe('3');
    expect(await page.json()).toMatchObject([{ name: '100 sheep' }, { name: 'Sheep' }]);
    expect(await json(send('GET', '/graphs?q=SHEEP', person.token))).toHaveLength(2);
    expect(await json(send('GET', '/graphs?q=0%25', person.token))).toMatchObject([{ name: '100% wool' }]);
    expect(await json(send('GET', '/graphs', stranger.token))).toEqual([]);
    expect(await statusOf(send('GET', '/graphs?scope=all', stranger.token))).toBe(403);
    expect(await statusOf(send('GET', '/graphs?limit=1001', person.token))).toBe(422);
    const all = await send('GET', '/graphs?scope=all&limit=1', stack.api.admin.token);
    expect(Number(all.headers.get('x-total-count'))).toBeGreaterThan(3);
  });
});

describe('a graph as a crew', () => {
  const topical = aGraph({
    nodes: aGraph().nodes.map((node) =>
      node.type === 'task'
        ? { ...node, data: { ...node.data, description: 'Write to {name} about {topic}' } }
        : node,
    ),
  });

  it('is validated, stored or not, and says what a start must bring', async () => {
    expect(await json(send('POST', '/graphs/validate', owner.token, topical))).toEqual({
      valid: true,
      errors: [],
      warnings: [],
      crewai_version: '0.121.1',
      execution_order: ['letter'],
      inputs: ['name', 'topic'],
    });
    const { id } = await make(topical);
    expect(await json(send('POST', `/graphs/${id}/validate`, owner.token))).toMatchObject({ valid: true });
    expect(await json(send('GET', `/graphs/${id}/inputs`, owner.token))).toEqual({
      inputs: ['name', 'topic'],
    });
  });

  it('leaves no entry in the audit trail when it is only validated', async () => {
    const actions = async (): Promise<unknown[]> => {
      await stack.api.audit.flush();
      const entries = await json(send('GET', '/audit?limit=1000', stack.api.admin.token));
      return z
        .array(z.looseObject({ action: z.string() }))
        .parse(entries)
        .map(({ action }) => action);
    };
    const before = await actions();
    const made = await send('POST', '/graphs', stack.api.admin.token, topical);
    const { id } = madeSchema.parse(await made.json());
    await send('POST', '/graphs/validate', stack.api.admin.token, topical);
    await send('POST', `/graphs/${id}/validate`, stack.api.admin.token);
    expect((await actions()).slice(0, -before.length || undefined)).toEqual(['createGraph']);
  });

  it('is stored when it is none, which validation and a start tell in full', async () => {
    const { id } = await make(aGraph({ edges: [{ source: 'writer', target: 'nobody' }] }));
    const report = z
      .object({ valid: z.literal(false), errors: z.array(z.looseObject({ path: z.string() })) })
      .parse(await json(send('POST', `/graphs/${id}/validate`, owner.token)));
    expect(report.errors.length).toBeGreaterThan(0);
    const response = await send('POST', `/graphs/${id}/execute`, owner.token);
    expect(response.status).toBe(422);
    const refused = z
      .looseObject({ details: z.looseObject({ issues: z.array(z.looseObject({ path: z.string() })) }) })
      .parse(await response.json());
    expect(refused.details.issues.map(({ path }) => path)).toEqual(report.errors.map(({ path }) => path));
  });

  it('does not start without its inputs', async () => {
    const { id } = await make(topical);
    const response = await send('POST', `/graphs/${id}/execute`, owner.token, { inputs: { name: 'Ada' } });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { details: { issues: [{ path: '/inputs/topic' }] } },
    ]);
  });

  it('starts with what a start takes, keeps its plan, and cannot be deleted while it runs', async () => {
    const { id } = await make(topical);
    const inputs = { name: 'Ada', topic: 'engines' };
    const body = { inputs, priority: 2, tags: ['x'], timeout_seconds: 60, max_tokens_total: 1000 };
    const response = await send('POST', `/graphs/${id}/execute`, owner.token, body);
    expect(response.status).toBe(202);
    const location = response.headers.get('location') ?? '';
    expect(await response.json()).toMatchObject({
      graph_id: id,
      priority: 2,
      tags: ['x'],
      input_data: inputs,
    });
    expect(await json(send('GET', `/executions?graph_id=${id}`, owner.token))).toMatchObject([
      { graph_id: id },
    ]);
    const path = location.replace('/api/v1', '');
    await send('PATCH', `/graphs/${id}`, owner.token, { nodes: [], edges: [] });
    expect(await json(send('GET', `${path}/tasks`, owner.token))).toMatchObject([{ key: 'letter' }]);
    expect(await statusOf(send('DELETE', `/graphs/${id}`, owner.token))).toBe(409);
    expect(await statusOf(send('POST', `${path}/cancel`, owner.token))).toBe(202);
    expect(await statusOf(send('DELETE', `/graphs/${id}`, owner.token))).toBe(200);
    expect(await json(send('GET', path, owner.token))).toMatchObject({ graph_id: id, status: 'cancelled' });
  });

  it('starts by its id where crews are started', async () => {
    const { id } = await make();
    const begin = (token: string): Promise<Response> =>
      fetch(`${stack.api.url}/crew/start`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ crew: id }),
      });
    expect(await json(begin(owner.token))).toMatchObject({ status: 'PROCESSING' });
    expect(await statusOf(begin(stranger.token))).toBe(404);
  });
});
