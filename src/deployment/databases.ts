import { readFile } from 'node:fs/promises';
import { Client, escapeLiteral } from 'pg';
import { StartError } from '../embedded/start-error.ts';

const SQL_FILE = new URL('../../temporal-config/databases.sql', import.meta.url);

/**
 * Runs temporal-config/databases.sql on an embedded PostgreSQL, as its image runs it in a container: once. psql is
 * not needed: of its language the file uses `\getenv` and `:'name'` only.
 * @param url of the superuser, naming the database `muster`, which the embedded cluster makes for itself
 */
export async function makeDatabases(
  url: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new Client({ connectionString: admin.href });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_roles where rolname = 'temporal'");
    if (rowCount !== 0) return;
    // Empty: this cluster was made a moment ago, and the file makes the database under its own owner.
    await client.query('drop database if exists muster');
    for (const statement of statementsOf(await readFile(SQL_FILE, 'utf8'), environment)) {
      await client.query(statement);
    }
  } finally {
    await client.end();
  }
}

/** The statements of a file for psql, with its variables filled in. @throws {StartError} when one is not given */
export function statementsOf(text: string, environment: Readonly<Record<string, string>>): string[] {
  const values = new Map<string, string>();
  const lines = text.split('\n').filter((line) => {
    const [, name, variable] = /^\\getenv (\w+) (\w+)$/.exec(line) ?? [];
    if (name === undefined || variable === undefined) return !line.startsWith('--');
    const value = environment[variable];
    if (value === undefined) throw new StartError(`databases.sql needs ${variable}`);
    values.set(name, value);
    return false;
  });
  return lines
    .join('\n')
    .replace(/:'(\w+)'/g, (_all, name: string) => escapeLiteral(values.get(name) ?? ''))
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
