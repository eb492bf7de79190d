import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { z } from 'zod';
import { aGraph } from '../support/graph-bodies.ts';
import { bearer, peopleOf, type Person } from '../support/people.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;
let owner: Person;
const { send, register } = peopleOf(() => stack.api);

beforeAll(async () => {
  stack = await startTestStack({ settings: { MAX_ACTIVE_EXECUTIONS_PER_USER: '0' } });
  owner = await register('owner@example.com');
});
afterAll(() => stack.close());

const example = (file: string): string =>
  readFileSync(new URL(`../../examples/research/${file}`, import.meta.url), 'utf8');
const research = { 'config/agents.yaml': example('agents.yaml'), 'config/tasks.yaml': example('tasks.yaml') };

const importedSchema = z.object({
  graph: z.looseObject({ id: z.uuid(), name: z.string(), nodes: z.array(z.unknown()) }),
  report: z.looseObject({ valid: z.boolean(), errors: z.array(z.looseObject({ code: z.string() })) }),
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
});
const refusedSchema = z.object({
  message: z.string(),
  details: z.looseObject({ issues: z.array(z.object({ path: z.string(), message: z.string() })) }),
});

const sendZip = (bytes: Uint8Array, headers: Record<string, string> = {}, query = ''): Promise<Response> =>
  fetch(`${stack.api.url}/api/v1/graphs/import${query}`, {
    method: 'POST',
    headers: { ...bearer(owner.token), 'content-type': 'application/zip', ...headers },
    body: Buffer.from(bytes),
  });
const zipOf = (files: Record<string, string>): Uint8Array =>
  // Dated: a zip says when it was made, and the same files a moment later would be other bytes.
  zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])), {
    mtime: '2026-01-01',
  });
const count = async (): Promise<number> => {
  const response = await send('GET', '/graphs?limit=1', owner.token);
  return Number(response.headers.get('x-total-count'));
};

describe('an import', () => {
  it('of JSON makes a graph as GET shows it, with its report', async () => {
    const response = await send('POST', '/graphs/import', owner.token, { name: 'Desk', files: research });
    expect(response.status).toBe(201);
    const { graph, report, warnings } = importedSchema.parse(await response.json());
    expect(response.headers.get('location')).toBe(`/api/v1/graphs/${graph.id}`);
    expect(await (await send('GET', `/graphs/${graph.id}`, owner.token)).json()).toEqual(graph);
    expect(graph).toMatchObject({ name: 'Desk', version: 1 });
    expect(report).toMatchObject({ valid: true, errors: [], inputs: ['audience', 'budget', 'topic'] });
    expect(warnings).toEqual([expect.objectContaining({ path: 'config/tasks.yaml' })]);
  });

  it('of a zip does the same, and can be named', async () => {
    const response = await sendZip(zipOf(research), {}, '?name=Zipped');
    expect(response.status).toBe(201);
    const { graph } = importedSchema.parse(await response.json());
    expect([graph.name, graph.nodes.length]).toEqual(['Zipped', 7]);
  });

  it('of a crew that is not valid is stored as a draft', async () => {
    const files = { 'tasks.yaml': 'a:\n  description: d\n  agent: nobody\n' };
    const response = await send('POST', '/graphs/import', owner.token, { files });
    expect(response.status).toBe(201);
    const { graph, report } = importedSchema.parse(await response.json());
    expect(report.valid).toBe(false);
    expect(report.errors.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['missing', 'graph_unknown_agent']),
    );
    expect((await send('GET', `/graphs/${graph.id}`, owner.token)).status).toBe(200);
  });

  it.each([
    [{ 'tasks.yaml': 'a: 1\na: 2\n' }, 'tasks.yaml:2:1'],
    [{ 'tasks.yaml': 'a: {}\n---\nb: {}\n' }, 'tasks.yaml:2:1'],
    [{ 'tasks.yaml': `a: ${'x'.repeat(1_000_000)}` }, 'tasks.yaml'],
    [{ 'tasks.yaml': 'a: &a [*a]\n' }, 'tasks.yaml:1:1'],
    [{ 'tasks.yaml': `${'n'.repeat(201)}: {}\n` }, '/nodes/0/id'],
    [{ 'crew.jsonc': '{"agents": {}}' }, 'crew.jsonc:1:2'],
    [{ '../tasks.yaml': 'a: {}' }, '../tasks.yaml'],
    [{}, ''],
  ])('of files that cannot be read is 422 with the place, and stores nothing: %#', async (files, path) => {
    const before = await count();
    const response = await sendZip(zipOf(files));
    expect(response.status).toBe(422);
    const { details } = refusedSchema.parse(await response.json());
    expect(details.issues[0]?.path).toBe(path);
    expect(await count()).toBe(before);
  });

  it('of what is no zip, too large or of another kind is refused', async () => {
    expect((await sendZip(strToU8('no zip'))).status).toBe(422);
    expect((await sendZip(new Uint8Array(5 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await sendZip(zipOf(research), { 'content-type': 'application/gzip' })).status).toBe(415);
    expect((await sendZip(zipOf(research), { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await send('POST', '/graphs/import', owner.token, { files: { a: 1 } })).status).toBe(422);
  });

  it('sent again with its Idempotency-Key makes one graph, and another file under it is refused', async () => {
    const before = await count();
    const headers = { 'idempotency-key': 'import-1' };
    const first = importedSchema.parse(await (await sendZip(zipOf(research), headers)).json());
    const again = await sendZip(zipOf(research), headers);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(importedSchema.parse(await again.json())).toEqual(first);
    expect((await sendZip(zipOf({ ...research, 'crew.py': '' }), headers)).status).toBe(422);
    expect(await count()).toBe(before + 1);
  });
});

describe('an export', () => {
  const make = async (body: unknown): Promise<string> => {
    const response = await send('POST', '/graphs', owner.token, body);
    return z.looseObject({ id: z.string() }).parse(await response.json()).id;
  };

  it('as JSON is the document, as a file with the name of the graph', async () => {
    const id = await make(aGraph({ name: 'Briefe für "Käufer"' }));
    const response = await send('GET', `/graphs/${id}/export`, owner.token);
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="briefe-fu-r-ka-ufer.json"',
    );
    expect(await response.json()).toMatchObject(aGraph({ name: 'Briefe für "Käufer"' }));
  });

  it('for CrewAI is a zip that can be imported again', async () => {
    const id = await make(aGraph());
    const response = await send('GET', `/graphs/${id}/export?format=crewai`, owner.token);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip']);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="letters.zip"');
    const bytes = new Uint8Array(await response.arrayBuffer());
    const files = unzipSync(bytes);
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining(['agents.yaml', 'tasks.yaml', 'crew.py', 'README.md']),
    );
    expect(strFromU8(files['agents.yaml'] ?? new Uint8Array())).toContain('role: "Writer"');
    const back = await sendZip(bytes);
    expect(back.status).toBe(201);
    expect(importedSchema.parse(await back.json())).toMatchObject({
      graph: { name: 'Letters' },
      report: { valid: true },
    });
  });

  it('for CrewAI of what CrewAI cannot do, or of a draft, is 422 saying why', async () => {
    const { nodes } = aGraph();
    const asGraph = await make(
      aGraph({ nodes: [...nodes, { id: 'c', type: 'crew', data: { process: 'graph' } }] }),
    );
    const draft = await make(aGraph({ edges: [] }));
    for (const [id, why] of [
      [asGraph, 'CrewAI has no process graph'],
      [draft, 'Agent is missing'],
    ] as const) {
      const response = await send('GET', `/graphs/${id}/export?format=crewai`, owner.token);
      expect(response.status).toBe(422);
      expect(JSON.stringify(refusedSchema.parse(await response.json()))).toContain(why);
      expect((await send('GET', `/graphs/${id}/export?format=json`, owner.token)).status).toBe(200);
    }
    expect((await send('GET', `/graphs/${draft}/export?format=zip`, owner.token)).status).toBe(422);
  });
});
