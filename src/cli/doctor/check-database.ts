import type { Settings } from '../../config.ts';
import { createDatabase, type Database } from '../../persistence/database.ts';
import { pendingMigrations } from '../../persistence/migrate.ts';
import type { Sql } from '../../persistence/sql.ts';
import { hasVectorSearch, offersVectorSearch } from '../../persistence/vector-search.ts';
import { fail, ok, reasonOf, warn, type Finding } from './finding.ts';

/** The oldest release the program is tried with. */
const OLDEST = 170_000;
/** Leases and tokens bear a little. */
const MOST_SKEW_MS = 2_000;

/** Reachable, version, migrations, what compares vectors, clock. */
export async function checkDatabase({ DATABASE_URL: url }: Settings): Promise<Finding[]> {
  if (url === undefined)
    return [fail('database', 'DATABASE_URL is not set', 'set DATABASE_URL, or run npm start for everything')];
  const database = await createDatabase(url, { poolMax: 2, actsFor: 'schema' });
  try {
    return await look(database);
  } catch (error) {
    const mend = 'is PostgreSQL up, and are host, user and password in DATABASE_URL right?';
    return [fail('database', reasonOf(error), mend)];
  } finally {
    await database.close();
  }
}

async function look(database: Database): Promise<Finding[]> {
  // The first connection takes its time; the second question is the one that tells the clock.
  await database.ping();
  const asked = Date.now();
  const [row] = await database.sql.query<{ version: string; number: number; at: string }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as number,
       (extract(epoch from clock_timestamp()) * 1000)::text as at`,
  );
  const halfWay = (asked + Date.now()) / 2;
  const version = `PostgreSQL ${row?.version ?? '?'} answers`;
  const findings = [
    (row?.number ?? 0) >= OLDEST
      ? ok('database', version)
      : warn('database', version, 'PostgreSQL 17 or newer is what Muster is tried with'),
  ];
  const pending = await pendingMigrations(database);
  findings.push(
    pending === 0
      ? ok('migrations', 'the schema is up to date')
      : fail('migrations', `${pending} migrations are missing`, 'npm run migrate'),
  );
  if (pending === 0) findings.push(await lookAtVectors(database.sql));
  const skew = Math.round(Number(row?.at ?? 0) - halfWay);
  const seen = `PostgreSQL's clock is ${Math.abs(skew)} ms ${skew < 0 ? 'behind' : 'ahead'}`;
  findings.push(
    Math.abs(skew) <= MOST_SKEW_MS
      ? ok('clock', seen)
      : warn(
          'clock',
          seen,
          'set the clocks of both machines by NTP: leases, tokens and time limits go by them',
        ),
  );
  return findings;
}

async function lookAtVectors(sql: Sql): Promise<Finding> {
  if (await hasVectorSearch(sql)) return ok('vectors', 'memory and knowledge are compared by pgvector');
  const here = 'memory and knowledge are compared by the workers, not by pgvector';
  if (!(await offersVectorSearch(sql))) return ok('vectors', here);
  const mend = 'npm run migrate, after "create extension vector" by a role that may';
  return warn('vectors', `${here}, though the server has it`, mend);
}
