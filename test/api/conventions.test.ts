import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineRoute, type AnyRoute } from '../../src/api/define-route.ts';
import { startTestApi, type TestApi } from '../support/test-api.ts';

/** Contract §5 on changing and deleting, seen on trial routes and on real ones. */

const noteSchema = z.object({ id: z.int(), title: z.string(), size: z.int(), created_at: z.string() });
let note = { id: 1, title: 'old', size: 3, created_at: '2026-11-20T09:30:00.000Z' };

const trialRoutes: AnyRoute[] = (['PUT', 'PATCH'] as const).map((method) =>
  defineRoute(
    {
      method,
      path: '/api/v1/notes/{id}',
      operationId: `${method.toLowerCase()}Note`,
      tags: ['Trial'],
      summary: 'Changes a note',
      access: 'user',
      params: z.object({ id: z.string() }),
      body: z.object({ title: z.string().min(1), size: z.int() }).partial(),
      responses: { 200: { description: 'Changed', schema: noteSchema } },
    },
    async ({ body, respond }) => {
      note = { ...note, title: body.title ?? note.title, size: body.size ?? note.size };
      return respond(200, note);
    },
  ),
);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ deps: { routes: trialRoutes } });
});
afterAll(() => api.close());

const call = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(api.url + path, {
    method,
    headers: { authorization: `Bearer ${api.admin.token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const parsed: unknown = await response.json();
  return { status: response.status, body: parsed };
};

describe.each(['PUT', 'PATCH'])('%s', (method) => {
  it('changes what is given and leaves the rest', async () => {
    note = { ...note, title: 'old', size: 3 };
    expect(await call(method, '/api/v1/notes/1', { size: 4 })).toMatchObject({
      status: 200,
      body: { title: 'old', size: 4 },
    });
    expect(await call(method, '/api/v1/notes/1', {})).toMatchObject({ body: { title: 'old', size: 4 } });
  });

  it('takes back what was read, and ignores what cannot be written or is unknown', async () => {
    const sent = { ...note, id: 99, created_at: 'never', owner_id: 'mine', title: 'new' };
    const { status, body } = await call(method, '/api/v1/notes/1/', sent);
    expect(status).toBe(200);
    expect(body).toEqual({ ...note, id: 1, created_at: '2026-11-20T09:30:00.000Z', title: 'new' });
  });

  it('is 422 for what does not fit, 422 for no body, 400 for no JSON', async () => {
    expect((await call(method, '/api/v1/notes/1', { title: '' })).status).toBe(422);
    expect((await call(method, '/api/v1/notes/1', [])).status).toBe(422);
    expect((await call(method, '/api/v1/notes/1')).status).toBe(422);
  });
});

describe('DELETE', () => {
  it('answers 200 with a message, and 404 the second time', async () => {
    const made = await call('POST', '/api/v1/api-keys', { name: 'short-lived' });
    const { id } = z.looseObject({ id: z.string() }).parse(made.body);
    const gone = await call('DELETE', `/api/v1/api-keys/${id}/`);
    expect(gone).toEqual({ status: 200, body: { message: expect.any(String) } });
    expect((await call('DELETE', `/api/v1/api-keys/${id}`)).status).toBe(404);
  });
});
