import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { parseSync } from 'oxc-parser';

/**
 * Which folder may import which: each names those it may, and a folder that is not named may import nothing and be imported
 * by nobody. docs/architecture.md shows this table (a test compares them); `npm run lint` applies it.
 */

/** `types`: by `import type` only. `messages`: those files of it only that say what is sent to a workflow. */
interface Allowed {
  folder: string;
  only?: 'types' | 'messages';
}
const types = (folder: string): Allowed => ({ folder, only: 'types' });
const messages = (folder: string): Allowed => ({ folder, only: 'messages' });
const all = (...folders: string[]): Allowed[] => folders.map((folder) => ({ folder }));

export const ALLOWED_IMPORTS: Readonly<Record<string, readonly Allowed[]>> = {
  'src/domain': [],
  'src/contracts': all('src/domain'),
  'src/config.ts': all('src/contracts', 'src/domain'),
  'src/version.ts': [],
  'src/http': all('src/domain'),
  'src/security': [types('src/config.ts')],
  'src/crews': all('src/domain'),
  'src/knowledge': all('src/domain'),
  'src/flows': all('src/contracts', 'src/crews', 'src/domain'),
  'src/computing': all('src/crews', 'src/domain', 'src/flows', 'src/knowledge'),
  'src/models': all('src/config.ts', 'src/domain', 'src/security'),
  'src/tools': all('src/config.ts', 'src/contracts', 'src/domain', 'src/security', 'src/telemetry'),
  'src/persistence': [
    ...all('src/config.ts', 'src/contracts', 'src/domain', 'src/security'),
    types('src/flows'),
  ],
  'src/telemetry': [
    ...all('src/contracts', 'src/domain', 'src/models', 'src/persistence', 'src/security'),
    types('src/computing'),
    types('src/config.ts'),
    types('src/tools'),
  ],
  'src/temporal': [
    ...all('src/contracts', 'src/domain', 'src/security', 'src/telemetry'),
    types('src/config.ts'),
    messages('workflows'),
  ],
  'src/mlflow': all('src/persistence', 'src/telemetry'),
  'src/engine': [
    ...all('src/computing', 'src/contracts', 'src/crews', 'src/domain', 'src/flows', 'src/mlflow'),
    ...all('src/models', 'src/persistence', 'src/security', 'src/telemetry', 'src/temporal', 'src/tools'),
    types('src/config.ts'),
    messages('workflows'),
  ],
  'src/api': [
    ...all(
      'src/computing',
      'src/config.ts',
      'src/contracts',
      'src/crews',
      'src/domain',
      'src/engine',
      'src/flows',
    ),
    ...all('src/http', 'src/knowledge', 'src/models', 'src/persistence', 'src/security', 'src/telemetry'),
    ...all('src/temporal', 'src/tools', 'src/version.ts'),
  ],
  'src/client': [],
  'src/embedded': all('src/config.ts', 'src/domain', 'src/temporal'),
  'src/deployment': all('src/config.ts', 'src/embedded', 'src/persistence', 'src/temporal'),
  'src/cli': all(
    'src/config.ts',
    'src/crews',
    'src/domain',
    'src/embedded',
    'src/engine',
    'src/http',
    'src/models',
    'src/persistence',
    'src/security',
    'src/temporal',
    'src/worker.ts',
  ),
  'src/worker.ts': all(
    'activities',
    'src/computing',
    'src/config.ts',
    'src/domain',
    'src/engine',
    'src/flows',
    'src/http',
    'src/models',
    'src/persistence',
    'src/security',
    'src/telemetry',
    'src/temporal',
    'src/tools',
    'src/version.ts',
  ),
  'src/supervisor.ts': all('src/config.ts', 'src/embedded', 'src/http', 'src/models', 'src/persistence'),
  'src/main.ts': all(
    'src/api',
    'src/cli',
    'src/config.ts',
    'src/deployment',
    'src/embedded',
    'src/flows',
    'src/http',
    'src/persistence',
    'src/supervisor.ts',
    'src/version.ts',
    'src/worker.ts',
  ),
  workflows: [...all('src/contracts', 'src/domain'), types('activities')],
  activities: all(
    'src/computing',
    'src/contracts',
    'src/domain',
    'src/engine',
    'src/flows',
    'src/models',
    'src/persistence',
    'src/security',
    'src/telemetry',
    'src/tools',
  ),
  console: all('src/client', 'src/domain'),
};

/** The floors of the engine, the lowest first: each imports lower ones only. */
export const ENGINE_FLOORS: readonly (readonly string[])[] = [
  ['classify-error'],
  ['calls', 'queue', 'outbox', 'webhooks', 'workers'],
  ['claims', 'budgets', 'housekeeping'],
  ['questions'],
  ['commands', 'external-agents'],
  ['lifecycle'],
  ['reconciling'],
  ['starting'],
  ['schedules', 'flow-steps'],
  ['services'],
  ['create-engine'],
];

export interface Import {
  /** Paths from the root, with slashes. */
  from: string;
  to: string;
  isType: boolean;
}

/** What a file imports of our own, by its text. @param from path from the root */
export function importsOf(from: string, text: string): Import[] {
  const { module } = parseSync(from, text);
  const found = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      specifier: moduleRequest.value,
      isType: entries.length > 0 && entries.every(({ isType }) => isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null ? [] : [{ specifier: moduleRequest.value, isType }],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => ({
      specifier: text.slice(moduleRequest.start + 1, moduleRequest.end - 1),
      isType: false,
    })),
  ];
  return found
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, isType }) => ({
      from,
      to: normalize(join(dirname(from), specifier))
        .split(sep)
        .join('/'),
      isType,
    }));
}

/** The folder a rule speaks of: `src/api`, `workflows`; a file of `src` itself stands for itself. */
function folderOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'src' ? `src/${second}` : top;
}

const engineRoom = (path: string): string => (path.split('/')[2] ?? '').replace(/\.ts$/, '');
const floorOf = (path: string): number =>
  ENGINE_FLOORS.findIndex((rooms) => rooms.includes(engineRoom(path)));

/** What is wrong with an import, in words; undefined when it may be. */
export function problemWith({ from, to, isType }: Import): string | undefined {
  const [one, other] = [folderOf(from), folderOf(to)];
  if (one === other) return one === 'src/engine' ? problemInEngine(from, to) : undefined;
  const allowed = ALLOWED_IMPORTS[one]?.find(({ folder }) => folder === other);
  if (allowed === undefined) return `${one} may not import ${other}`;
  if (allowed.only === 'types' && !isType) return `${one} may import types of ${other} only`;
  if (allowed.only === 'messages' && !to.endsWith('/messages.ts'))
    return `${one} may import messages.ts of ${other} only`;
  return undefined;
}

function problemInEngine(from: string, to: string): string | undefined {
  if (engineRoom(from) === engineRoom(to)) return undefined;
  const [above, below] = [floorOf(from), floorOf(to)];
  if (above === -1 || below === -1) return `${from} or ${to} is on no floor of the engine`;
  return below < above
    ? undefined
    : `${engineRoom(from)} may not import ${engineRoom(to)}: it is no lower floor`;
}

/** All imports of the program, tests and benches apart. @param root of the project */
export function readImports(root: string): Import[] {
  return ['src', 'workflows', 'activities', 'console']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.startsWith('lint-probe'))
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      return importsOf(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'));
    });
}
