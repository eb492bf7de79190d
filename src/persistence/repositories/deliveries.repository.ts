import type { EntityManager } from '@mikro-orm/postgresql';
import { parseTimestamp } from '../timestamp.ts';

/** What of deliveries people see and ask for. Within what the scope of `em` shows. */

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One message on its way to one endpoint. */
export interface Delivery {
  /** Also its `webhook-id`, the same for every attempt and every redelivery. */
  id: string;
  endpointId: string;
  eventType: string;
  /** Of the execution it speaks of: UUID, and the event's place in its log. */
  executionId: string | null;
  eventSeq: number | null;
  /** What it is about: an agent instance. */
  subjectId: string | null;
  status: DeliveryStatus;
  attempts: number;
  nextAttemptAt: Date | null;
  /** The last attempt: when, its HTTP status, milliseconds, what went wrong. */
  lastAttemptAt: Date | null;
  responseCode: number | null;
  durationMs: number | null;
  error: string | null;
  createdAt: Date;
  deliveredAt: Date | null;
}

interface DeliveryRow {
  id: string;
  endpoint_id: string;
  event_type: string;
  execution_uuid: string | null;
  event_seq: number | null;
  subject_id: string | null;
  status: DeliveryStatus;
  attempts: number;
  next_attempt_at: string | null;
  last_attempt_at: string | null;
  response_code: number | null;
  duration_ms: number | null;
  error: string | null;
  created_at: string;
  delivered_at: string | null;
}

const toDate = (text: string | null): Date | null => (text === null ? null : parseTimestamp(text));

const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  endpointId: row.endpoint_id,
  eventType: row.event_type,
  executionId: row.execution_uuid,
  eventSeq: row.event_seq,
  subjectId: row.subject_id,
  status: row.status,
  attempts: row.attempts,
  nextAttemptAt: toDate(row.next_attempt_at),
  lastAttemptAt: toDate(row.last_attempt_at),
  responseCode: row.response_code,
  durationMs: row.duration_ms,
  error: row.error,
  createdAt: parseTimestamp(row.created_at),
  deliveredAt: toDate(row.delivered_at),
});

const COLUMNS = `d.id, d.endpoint_id, d.event_type, x.execution_id as execution_uuid, d.event_seq, d.subject_id, d.status,
  d.attempts, d.next_attempt_at, d.last_attempt_at, d.response_code, d.duration_ms, d.error, d.created_at, d.delivered_at`;

/** A page of an endpoint's deliveries, newest first, and how many there are in all. */
export async function listDeliveries(
  em: EntityManager,
  endpointId: string,
  filter: { status?: DeliveryStatus | undefined },
  page: { skip: number; limit: number },
): Promise<[Delivery[], number]> {
  const { status } = filter;
  const [where, params] =
    status === undefined
      ? ['d.endpoint_id = ?', [endpointId]]
      : ['d.endpoint_id = ? and d.status = ?', [endpointId, status]];
  const rows = await em.execute<DeliveryRow[]>(
    `select ${COLUMNS} from deliveries d left join executions x on x.id = d.execution_id
      where ${where} order by d.position desc offset ? limit ?`,
    [...params, page.skip, page.limit],
  );
  const [total] = await em.execute<{ count: number }[]>(
    `select count(*)::integer as count from deliveries d where ${where}`,
    params,
  );
  return [rows.map(toDelivery), total?.count ?? 0];
}

/** One delivery of an endpoint, or null. */
export async function findDelivery(
  em: EntityManager,
  endpointId: string,
  id: string,
): Promise<Delivery | null> {
  const [row] = await em.execute<DeliveryRow[]>(
    `select ${COLUMNS} from deliveries d left join executions x on x.id = d.execution_id
      where d.endpoint_id = ? and d.id = ?`,
    [endpointId, id],
  );
  return row === undefined ? null : toDelivery(row);
}

/** Sends a message again, from the beginning of the schedule, under its old id. Announce it after the commit. */
export async function redeliver(em: EntityManager, endpointId: string, id: string, now: Date): Promise<void> {
  await em.execute(
    `update deliveries set status = 'pending', is_announced = false, round_attempts = 0, next_attempt_at = ?,
       delivered_at = null
      where endpoint_id = ? and id = ?`,
    [now.toISOString(), endpointId, id],
  );
}
