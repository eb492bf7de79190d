import { spawnSync } from 'node:child_process';
import { chmod, chown, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTextIfThere } from './processes.ts';
import { StartError } from './start-error.ts';

/** As whom PostgreSQL's programs run. */
export interface PostgresAccount {
  /** What stands before the program on the command line. */
  prefix: readonly string[];
  /** For `spawn`: empty unless another user is taken. */
  ids: { uid: number; gid: number } | Record<string, never>;
}

const UNSHARE = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];

/**
 * PostgreSQL refuses to run as root. As root it runs in a user namespace of its own where root is called
 * something else: the files stay root's, so it works below folders that only root may enter. Where the kernel
 * or the container forbids that, an unprivileged user of the system takes over.
 *
 * @param program one of PostgreSQL's programs, to see whether that user can reach it
 * @param folders what that user must be able to write
 * @throws {StartError} when neither works
 */
export async function choosePostgresAccount(
  program: string,
  folders: readonly string[],
): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { prefix: [], ids: {} };
  const [command = '', ...flags] = UNSHARE;
  if (spawnSync(command, [...flags, program, '--version']).status === 0) {
    for (const folder of folders) await giveTree(folder, 0, 0);
    return { prefix: UNSHARE, ids: {} };
  }
  const user = await unprivilegedUser();
  for (const folder of folders) {
    await giveTree(folder, user.uid, user.gid);
    // The data directory is ours alone; to get to his folder in it, this user has to pass through, no more.
    const above = dirname(folder);
    await chmod(above, (await stat(above)).mode | 0o001);
  }
  const ids = { uid: user.uid, gid: user.gid };
  const unreachable = [
    ...(spawnSync(program, ['--version'], { ...ids, cwd: '/' }).status === 0 ? [] : [program]),
    ...folders.filter((folder) => spawnSync('test', ['-w', folder], { ...ids, cwd: '/' }).status !== 0),
  ];
  if (unreachable.length === 0) return { prefix: [], ids };
  throw new StartError(
    `PostgreSQL does not run as root, user namespaces are not available here, and the user "${user.name}" ` +
      `cannot reach ${unreachable.join(', ')}. Start as an ordinary user, or put the project and --data-dir ` +
      'where others may enter, or give DATABASE_URL.',
  );
}

async function unprivilegedUser(): Promise<{ name: string; uid: number; gid: number }> {
  const lines = ((await readTextIfThere('/etc/passwd')) ?? '').split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const line = lines.find((fields) => fields[0] === name);
    const [uid, gid] = [Number(line?.[2]), Number(line?.[3])];
    if (uid > 0 && gid > 0) return { name, uid, gid };
  }
  throw new StartError('PostgreSQL does not run as root: start as an ordinary user, or give DATABASE_URL.');
}

/** Changes the owner of a folder and all in it; nothing to do when it is his already. */
async function giveTree(path: string, uid: number, gid: number): Promise<void> {
  const stats = await lstat(path);
  if (stats.uid === uid) return;
  if (stats.isDirectory()) {
    for (const entry of await readdir(path)) await giveTree(join(path, entry), uid, gid);
  }
  await chown(path, uid, gid);
}
