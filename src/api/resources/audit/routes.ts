import { z } from 'zod';
import type { AuditEntry } from '../../../persistence/entities/audit-entry.entity.ts';
import { listAuditEntries } from '../../../persistence/repositories/audit.repository.ts';
import { defineRoute, type AnyRoute } from '../../define-route.ts';
import type { ResourceDeps } from '../../deps.ts';
import { pageQuery, timestampSchema } from '../../parameters.ts';

const moment = (description: string) => z.iso.datetime({ offset: true }).optional().meta({ description });

const listAuditSchema = z.object({
  ...pageQuery,
  actor_user_id: z.uuid().optional().meta({ description: 'What this user did' }),
  action: z.string().min(1).max(100).optional().meta({ description: 'Exactly this action' }),
  after: moment('Entries later than this'),
  before: moment('Entries earlier than this'),
});

const auditEntrySchema = z
  .object({
    id: z.uuid(),
    at: timestampSchema,
    actor_user_id: z
      .uuid()
      .nullable()
      .meta({ description: 'Whose credential it was; null when nobody was recognised' }),
    actor_key_id: z.uuid().nullable().meta({ description: 'The API key, where it was one' }),
    action: z.string().meta({ description: 'The operation, or what happened in its course' }),
    target: z.string().nullable().meta({ description: 'The id of what it was done to' }),
    method: z.string(),
    path: z.string(),
    status: z.int().meta({ description: 'How it was answered: what was refused stands here too' }),
    ip: z.string(),
    request_id: z.string(),
  })
  .meta({ id: 'AuditEntry' });

const example = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e71',
  at: '2026-11-20T09:30:00.000Z',
  actor_user_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  actor_key_id: null,
  action: 'disableUser',
  target: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e72',
  method: 'PATCH',
  path: '/api/v1/users/0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e72',
  status: 200,
  ip: '192.0.2.7',
  request_id: '7d0f5b1e-5a55-4a5e-9c1f-0d1f6f0f7c11',
};

const present = (entry: AuditEntry): z.input<typeof auditEntrySchema> => ({
  id: entry.id,
  at: entry.at.toISOString(),
  actor_user_id: entry.actorUserId ?? null,
  actor_key_id: entry.actorKeyId ?? null,
  action: entry.action,
  target: entry.target ?? null,
  method: entry.method,
  path: entry.path,
  status: entry.status,
  ip: entry.ip,
  request_id: entry.requestId,
});

/** The audit trail, for admins to read; nobody writes it by hand. */
export const auditRoutes = ({ database }: ResourceDeps): AnyRoute[] => [
  defineRoute(
    {
      method: 'GET',
      path: '/api/v1/audit',
      operationId: 'listAuditEntries',
      tags: ['Audit'],
      summary: 'What admins and API keys did, newest first',
      description:
        'Every changing request of an admin or an API key, refused ones too, and of everybody: registrations, logins ' +
        '(401: failed), reused refresh tokens (`refreshTokenReused`), changed passwords, API keys made, changed, ' +
        'rotated and revoked. `disableUser`, `enableUser` and `changeUserRole` stand beside their `updateUser`. ' +
        'Entries appear within a second and are never changed or deleted.',
      access: 'admin',
      scopes: ['admin'],
      query: listAuditSchema,
      responses: {
        200: {
          description: 'A page of entries',
          schema: auditEntrySchema.array(),
          example: [example],
          headers: { 'X-Total-Count': 'How many there are in all' },
        },
      },
    },
    async ({ query, respond }) => {
      const { actor_user_id: actorUserId, action, after, before } = query;
      const filter = {
        ...(actorUserId !== undefined && { actorUserId }),
        ...(action !== undefined && { action }),
        ...(after !== undefined && { after: new Date(after) }),
        ...(before !== undefined && { before: new Date(before) }),
      };
      const [entries, total] = await listAuditEntries(database.em(), filter, query);
      return respond(200, entries.map(present), { 'X-Total-Count': String(total) });
    },
  ),
];
