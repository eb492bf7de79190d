import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const VERSION = '0.121.1';

/**
 * A Python environment with the real package and every dependency pinned; made once for all clones, in the
 * user's cache folder. pip's own progress is shown.
 *
 * @returns the path of its interpreter.
 */
export function realCrewAi(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'muster', `crewai-${VERSION}`);
  const python = join(folder, 'bin', 'python');
  const requirements = join(HERE, 'requirements.txt');
  const stamp = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const stampFile = join(folder, '.requirements-hash');
  if (existsSync(python) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return python;
  console.log(`Installing crewai ${VERSION} for the comparison (once; some minutes, about 1 GB) …`);
  mkdirSync(folder, { recursive: true });
  const hasUv = spawnSync('uv', ['--version']).status === 0;
  const run = (command: string, args: readonly string[]): void => {
    execFileSync(command, args, { stdio: 'inherit' });
  };
  if (!existsSync(python)) {
    if (hasUv) run('uv', ['venv', '--python', '3.11', folder]);
    else run('python3', ['-m', 'venv', folder]);
  }
  if (hasUv) run('uv', ['pip', 'install', '--python', python, '-r', requirements]);
  else run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(stampFile, stamp);
  return python;
}

/**
 * Hands JSON lines to one of the Python programs here and collects its answers, one for each line. It has
 * a home of its own, no telemetry and no key that is worth anything.
 */
export async function askReal(python: string, program: string, lines: readonly unknown[]): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), 'crewai-'));
  const child = spawn(python, ['-W', 'ignore', join(HERE, program)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      CREWAI_STORAGE_DIR: join(home, 'storage'),
      PYTHONDONTWRITEBYTECODE: '1',
      CREWAI_DISABLE_TELEMETRY: 'true',
      OTEL_SDK_DISABLED: 'true',
      OPENAI_API_KEY: 'none',
    },
  });
  let answers = '';
  let shown = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answers += text;
    const seconds = Math.floor(process.uptime());
    if (seconds < shown + 5) return;
    shown = seconds;
    console.log(`  … ${answers.split('\n').length - 1} of ${lines.length}`);
  });
  const ended = once(child, 'close');
  child.stdin.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await ended;
  rmSync(home, { recursive: true, force: true });
  const found = answers.split('\n').slice(0, -1);
  if (child.exitCode !== 0 || found.length !== lines.length)
    throw new Error(
      `${program} ended with ${child.exitCode} after ${found.length} of ${lines.length} answers`,
    );
  return found;
}
