import { defineEntity, p } from '@mikro-orm/core';

const AuditEntrySchema = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entries',
  properties: {
    /** Made in the order of writing (UUID version 7). */
    id: p.uuid().primary(),
    at: p.datetime(),
    /** Whose credential it was. Null when nobody was recognised, as at a failed login. */
    actorUserId: p.uuid().fieldName('actor_user_id').nullable(),
    actorKeyId: p.uuid().fieldName('actor_key_id').nullable(),
    /** The operation's id, or what happened in its course. */
    action: p.text(),
    /** What it was done to: an id. */
    target: p.text().nullable(),
    method: p.text(),
    /** Without the query string. */
    path: p.text(),
    status: p.integer(),
    ip: p.text(),
    requestId: p.text().fieldName('request_id'),
  },
});

/** Something an admin or a key did, or that happened to an account. The database lets nobody change one. */
export class AuditEntry extends AuditEntrySchema.class {}
AuditEntrySchema.setClass(AuditEntry);
export { AuditEntrySchema };
