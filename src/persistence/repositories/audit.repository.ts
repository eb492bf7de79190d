import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { AuditEntry } from '../entities/audit-entry.entity.ts';

export interface AuditFilter {
  actorUserId?: string;
  action?: string;
  /** Entries later than this, and earlier than that; exactly then is neither. */
  after?: Date;
  before?: Date;
}

/** The audit trail, newest first. @returns a page and the total. */
export function listAuditEntries(
  em: EntityManager,
  { actorUserId, action, after, before }: AuditFilter,
  page: { skip: number; limit: number },
): Promise<[AuditEntry[], number]> {
  const where: FilterQuery<AuditEntry> = {
    ...(actorUserId !== undefined && { actorUserId }),
    ...(action !== undefined && { action }),
    at: { ...(after !== undefined && { $gt: after }), ...(before !== undefined && { $lt: before }) },
  };
  return em.findAndCount(AuditEntry, where, {
    orderBy: { at: 'desc', id: 'desc' },
    offset: page.skip,
    limit: page.limit,
  });
}
