import { createDatabase } from '../persistence/database.ts';
import { pruneExecutions } from '../persistence/prune-executions.ts';

/**
 * `muster prune`: throws away executions that ended longer ago than this.
 * @returns the exit code
 */
export async function pruneCommand(
  databaseUrl: string,
  options: { olderThanMs: number; dryRun: boolean; say: (line: string) => void },
): Promise<number> {
  const { dryRun, olderThanMs, say } = options;
  const endedBefore = new Date(Date.now() - olderThanMs);
  const database = await createDatabase(databaseUrl, { poolMax: 2 });
  try {
    const onProgress = (count: number): void => {
      if (count % 1_000 === 0) say(`  … ${count} deleted`);
    };
    const count = await pruneExecutions(database.sql, { endedBefore, dryRun, onProgress });
    const what = `executions that ended before ${endedBefore.toISOString()}`;
    say(dryRun ? `${count} ${what} would be deleted (--dry-run).` : `${count} ${what} deleted.`);
    return 0;
  } finally {
    await database.close();
  }
}
