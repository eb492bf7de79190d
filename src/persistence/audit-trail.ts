import { randomUUIDv7 } from 'node:crypto';
import type { Logger } from 'pino';
import { isDatabaseAway } from './database-away.ts';
import type { Sql } from './sql.ts';

/** How long an entry waits at most before it is written. */
const FLUSH_MS = 200;
/** While Postgres is away entries wait in memory, so many at most; beyond that the log is the last witness. */
const MAX_WAITING = 10_000;
/** Rows in one statement. */
const MAX_BATCH = 1_000;
const MAX_TEXT = 2_000;

/** One entry of the audit trail, as it is recorded. */
export interface AuditFact {
  at: Date;
  actorUserId: string | null;
  actorKeyId: string | null;
  action: string;
  target: string | null;
  method: string;
  path: string;
  status: number;
  ip: string;
  requestId: string;
}

/**
 * Writes the audit trail of one process, beside the requests it tells of: an entry is in the table at most 200 ms
 * later, or when the process has closed. A process that is killed loses no more than those.
 */
export interface AuditTrail {
  record(fact: AuditFact): void;
  /** Resolves when all that was recorded before is written, or could not be. */
  flush(): Promise<void>;
  /** Call it before the database is closed. */
  close(): Promise<void>;
}

const INSERT = `
insert into audit_entries
  (id, at, actor_user_id, actor_key_id, action, target, method, path, status, ip, request_id)
select * from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[],
  $8::text[], $9::integer[], $10::text[], $11::text[])
on conflict (id) do nothing`;

export function createAuditTrail(sql: Sql, logger: Logger): AuditTrail {
  const waiting: (AuditFact & { id: string })[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const writeBatch = async (): Promise<boolean> => {
    const batch = waiting.slice(0, MAX_BATCH);
    try {
      await sql.query(INSERT, columnsOf(batch));
    } catch (error) {
      if (isDatabaseAway(error)) {
        logger.warn({ err: error, waiting: waiting.length }, 'audit entries wait for the database');
        return false;
      }
      logger.error({ err: error, entries: batch }, 'audit entries could not be written');
    }
    waiting.splice(0, batch.length);
    return true;
  };

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      if (await writeBatch()) continue;
      dropTooMany();
      schedule();
      return;
    }
  };

  const dropTooMany = (): void => {
    const lost = waiting.splice(0, Math.max(0, waiting.length - MAX_WAITING));
    if (lost.length > 0)
      logger.error({ entries: lost }, 'audit entries given up: the database is away too long');
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => void flush(), FLUSH_MS);
  };

  return {
    record(fact) {
      // Made here, so that a batch that is sent twice is written once.
      waiting.push({ id: randomUUIDv7(), ...fact });
      schedule();
    },
    flush,
    close: async () => {
      await flush();
      clearTimeout(timer);
      if (waiting.length > 0) logger.error({ entries: waiting }, 'audit entries could not be written');
    },
  };
}

/** The batch turned on its side: one array for each column. */
function columnsOf(batch: readonly (AuditFact & { id: string })[]): unknown[] {
  return [
    batch.map(({ id }) => id),
    batch.map(({ at }) => at.toISOString()),
    batch.map(({ actorUserId }) => actorUserId),
    batch.map(({ actorKeyId }) => actorKeyId),
    batch.map(({ action }) => action),
    batch.map(({ target }) => target),
    batch.map(({ method }) => method),
    batch.map(({ path }) => path.slice(0, MAX_TEXT)),
    batch.map(({ status }) => status),
    batch.map(({ ip }) => ip),
    batch.map(({ requestId }) => requestId),
  ];
}
