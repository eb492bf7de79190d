import { createHash } from 'node:crypto';

/**
 * The names under which statements are prepared, once a connection: parsing and planning cost more than running them.
 * Postgres may drop a prepared statement under our feet: a migration changes the columns it answers with, somebody says
 * `deallocate all`, a pool between us and Postgres hands out another connection.
 */

/** A statement that is dropped more often than this is not prepared any more. */
const MOST_RENEWALS = 5;

const POOLER_NOTICE =
  'prepared statements vanish: DATABASE_URL seems to lead through a pool in transaction mode; the role and the scope of a ' +
  'connection do not hold there either, so use one in session mode';

/** One for a pool. Texts are constants of the code, so this stays small. */
export class StatementNames {
  private readonly names = new Map<string, { name: string | undefined; renewals: number }>();
  private hasWarned = false;

  /** @returns undefined for a statement that is run without being prepared */
  of(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined) return known.name;
    const name = nameOf(text, 0);
    this.names.set(text, { name, renewals: 0 });
    return name;
  }

  /** Every connection prepares it anew, under another name. @param gone the name that was dropped */
  renew(text: string, gone: string | undefined): void {
    const known = this.names.get(text);
    // Where several connections find out at once, the first one has renewed it.
    if (known === undefined || gone === undefined || known.name !== gone) return;
    const renewals = known.renewals + 1;
    if (renewals <= MOST_RENEWALS) {
      this.names.set(text, { name: nameOf(text, renewals), renewals });
      return;
    }
    this.names.set(text, { name: undefined, renewals });
    if (this.hasWarned) return;
    this.hasWarned = true;
    process.emitWarning(POOLER_NOTICE);
  }
}

/** By the text, so that no name ever means two statements, whichever process or pool prepares it. */
const nameOf = (text: string, renewals: number): string =>
  `muster_${createHash('sha256').update(text).digest('hex').slice(0, 32)}_${renewals}`;

/**
 * Whether a statement failed because it is not prepared as we believe: it is unknown (26000), its name is taken (42P05),
 * or the columns it answers with have changed (a case of 0A000; told by the place, whose name is not translated).
 */
export function isStatementGone(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  if (error.code === '26000' || error.code === '42P05') return true;
  return error.code === '0A000' && 'routine' in error && error.routine === 'RevalidateCachedQuery';
}
