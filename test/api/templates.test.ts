import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { migrate } from '../../src/persistence/migrate.ts';
import { shippedTemplates } from '../../src/persistence/shipped-templates.ts';
import { aGraph } from '../support/graph-bodies.ts';
import { peopleOf, statusOf, type Person } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;
let person: Person;
const { send, register, makeKey } = peopleOf(() => stack.api);
const templatesSchema = z.array(z.looseObject({ id: z.uuid(), name: z.string(), graph: z.unknown() }));

beforeAll(async () => {
  stack = await startTestStack();
  person = await register('person@example.com');
});
afterAll(() => stack.close());

const json = async (answer: Promise<Response>): Promise<unknown> => (await answer).json();
const list = async (): Promise<z.output<typeof templatesSchema>> =>
  templatesSchema.parse(await json(send('GET', '/templates', person.token)));
const admin = (): string => stack.api.admin.token;
const make = async (name: string): Promise<string> => {
  const response = await send('POST', '/templates', admin(), { name, graph: aGraph() });
  expect(response.status).toBe(201);
  return z.looseObject({ id: z.string() }).parse(await response.json()).id;
};

describe('the templates that ship', () => {
  it('are there from the start, for everybody', async () => {
    const shipped = shippedTemplates().map(({ document }) => document.name);
    expect(shipped.length).toBeGreaterThanOrEqual(5);
    const names = (await list()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(shipped));
  });

  it('are valid, each of them, with no warning but that CrewAI has no process graph, and start with inputs', async () => {
    for (const { document } of shippedTemplates()) {
      const report = await json(send('POST', '/graphs/validate', person.token, document));
      expect([document.name, report]).toMatchObject([document.name, { valid: true, errors: [] }]);
      const { warnings } = z
        .looseObject({ warnings: z.array(z.looseObject({ code: z.string() })) })
        .parse(report);
      expect(warnings.filter(({ code }) => code !== 'graph_not_exportable')).toEqual([]);
      const { inputs } = z.looseObject({ inputs: z.array(z.string()) }).parse(report);
      const graph = z
        .looseObject({ id: z.string() })
        .parse(await json(send('POST', '/graphs', person.token, document)));
      const response = await send('POST', `/graphs/${graph.id}/execute`, person.token, {
        inputs: Object.fromEntries(inputs.map((name) => [name, 'x'])),
      });
      expect([document.name, response.status]).toEqual([document.name, 202]);
    }
  });

  it('stay as an admin has left them, whatever starts again', async () => {
    const [first, second] = await list();
    await send('DELETE', `/templates/${first?.id}`, admin());
    await send('PATCH', `/templates/${second?.id}`, admin(), { name: 'Changed', description: 'by us' });
    const before = await list();
    await migrate(stack.settings);
    expect(await list()).toEqual(before);
    expect(before.map(({ name }) => name)).not.toContain(first?.name);
  });
});

describe('a template', () => {
  it('is written by admins only, and not by their keys without the scope', async () => {
    const id = await make('For admins');
    const narrow = (await makeKey(admin(), { name: 'narrow', scopes: ['read', 'write'] })).key;
    for (const credential of [person.token, narrow]) {
      const body = { name: 'Mine', graph: aGraph() };
      expect(await statusOf(send('POST', '/templates', credential, body))).toBe(403);
      expect(await statusOf(send('PUT', `/templates/${id}`, credential, body))).toBe(403);
      expect(await statusOf(send('DELETE', `/templates/${id}`, credential))).toBe(403);
      expect(await statusOf(send('GET', `/templates/${id}`, credential))).toBe(200);
    }
    const wide = await stack.api.database.as({ ownerId: person.id }, (em) =>
      em.execute(`update templates set name = 'Taken' where id = ? returning id`, [id]),
    );
    expect(wide).toEqual([]);
  });

  it('is changed, sent back as it was read, and deleted', async () => {
    const id = await make('To change');
    expect(await json(send('PATCH', `/templates/${id}`, admin(), { description: 'new' }))).toMatchObject({
      name: 'To change',
      description: 'new',
      created_by: expect.any(String),
    });
    const read = await json(send('GET', `/templates/${id}`, person.token));
    expect(await json(send('PUT', `/templates/${id}`, admin(), read))).toMatchObject({ graph: aGraph() });
    expect(await json(send('DELETE', `/templates/${id}`, admin()))).toEqual({ message: 'Template deleted' });
    expect(await statusOf(send('GET', `/templates/${id}`, person.token))).toBe(404);
    expect(await statusOf(send('DELETE', `/templates/${id}`, admin()))).toBe(404);
  });

  it('has a name of its own', async () => {
    const id = await make('First');
    await make('Second');
    expect(await statusOf(send('POST', '/templates', admin(), { name: 'First', graph: {} }))).toBe(409);
    expect(await statusOf(send('PATCH', `/templates/${id}`, admin(), { name: 'Second' }))).toBe(409);
    expect(await statusOf(send('PATCH', `/templates/${id}`, admin(), { name: 'First' }))).toBe(200);
  });

  it('makes graphs that are the caller’s own', async () => {
    const id = await make('Letters to all');
    const response = await send('POST', `/templates/${id}/instantiate`, person.token);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      name: 'Letters to all',
      owner_id: person.id,
      version: 1,
      nodes: aGraph().nodes,
    });
    const named = send('POST', `/templates/${id}/instantiate`, person.token, { name: 'My letters' });
    expect(await json(named)).toMatchObject({ name: 'My letters' });
  });
});
