import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { errorEnvelopeSchema } from '../../src/api/errors.ts';
import { childEnvironment } from '../../src/config.ts';
import { createRandom } from './malformed-bodies.ts';
import { malform, type Target } from './malformed-requests.ts';
import { sendRaw, type RawAnswers } from './raw-http.ts';

/** What came of a number of malformed requests. */
export interface MalformedReport {
  seed: number;
  sent: number;
  /** Answers by status. */
  statuses: Map<number, number>;
  /** Five-hundreds and errors that are not in the envelope, with what provoked them. At most 20. */
  failures: string[];
  /** Requests that got no answer at all. At most 20 are named. */
  unanswered: { count: number; named: string[] };
}

const SERVER = fileURLToPath(new URL('./malformed-server.ts', import.meta.url));
const helloSchema = z.object({ url: z.string(), token: z.string() });
const memorySchema = z.object({ rss: z.number() });

/** An API in a process of its own. */
export interface ServerProcess {
  url: string;
  token: string;
  /** Bytes of resident memory: when it began to serve, and the most that was seen. */
  rss: { before: number; most: number };
  /** Whether it has ended, by itself. */
  isDead(): boolean;
  close(): Promise<void>;
}

/** Starts it, with PostgreSQL and Temporal as the environment names them. @throws when it ends before it serves */
export async function startServerProcess(): Promise<ServerProcess> {
  // Without a bound the heap would grow for convenience; what does not fit into this one is held on to.
  const execArgv = ['--max-old-space-size=256'];
  const child = fork(SERVER, [], { execArgv, env: childEnvironment({ NODE_OPTIONS: '' }) });
  const exited = once(child, 'exit');
  const [hello]: unknown[] = await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error('the server ended before it served'))),
  ]);
  const rss = { before: 0, most: 0 };
  child.on('message', (message) => {
    const memory = memorySchema.safeParse(message);
    if (!memory.success) return;
    rss.before ||= memory.data.rss;
    rss.most = Math.max(rss.most, memory.data.rss);
  });
  return {
    ...helloSchema.parse(hello),
    rss,
    isDead: () => child.exitCode !== null || child.signalCode !== null,
    async close() {
      if (child.connected) child.send('end');
      await exited;
    },
  };
}

const openApiSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        requestBody: z
          .looseObject({ content: z.record(z.string(), z.looseObject({ example: z.unknown() })) })
          .optional(),
      }),
    ),
  ),
});

const NOBODY = '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f';
/** Bodies that are right where the test crews lie. */
const BODIES: Record<string, string> = {
  '/crew/start':
    '{"crew":"two-step","inputs":{"topic":"otters","more":{"a":[1,true]}},"priority":1,"tags":["a"],"timeout_seconds":60}',
};

/** @returns the UUID of an execution that is there, or one of nothing. */
async function someExecution(url: string, token: string): Promise<string> {
  const response = await fetch(`${url}/crew/start`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"crew":"one-task"}',
  });
  const started = z.object({ execution_id: z.string() }).safeParse(await response.json());
  return started.data?.execution_id ?? NOBODY;
}

/** Every operation of a running API with its example body, at something that is there and at nothing. */
async function targetsOf(url: string, token: string): Promise<Target[]> {
  const ids = [NOBODY, await someExecution(url, token)];
  const document = openApiSchema.parse(await (await fetch(`${url}/openapi.json`)).json());
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) => {
      const example = requestBody?.content['application/json']?.example;
      const body = BODIES[path] ?? (example === undefined ? undefined : JSON.stringify(example));
      // The stream of something that is there answers for as long as it lives.
      const within = path.endsWith('/stream') ? [NOBODY] : ids;
      const paths = new Set(within.map((id) => path.replaceAll(/\{\w+\}/g, id)));
      return [...paths].map((filled): Target => ({ method: method.toUpperCase(), path: filled, body }));
    }),
  );
}

/** Sends malformed requests, each over a connection of its own. */
export async function runMalformed(options: {
  url: string;
  token: string;
  count: number;
  seed: number;
  atOnce?: number;
  onProgress?: (sent: number) => void;
}): Promise<MalformedReport> {
  const { url, token, count, seed, atOnce = 8 } = options;
  const targets = await targetsOf(url, token);
  // Bodies are the larger half of what can be wrong.
  const weighted = [
    ...targets,
    ...targets.flatMap((target) => (target.body === undefined ? [] : [target, target, target])),
  ];
  const random = createRandom(seed);
  const report: MalformedReport = {
    seed,
    sent: 0,
    statuses: new Map(),
    failures: [],
    unanswered: { count: 0, named: [] },
  };
  const { host } = new URL(url);
  const one = async (): Promise<void> => {
    while (report.sent < count) {
      report.sent += 1;
      if (report.sent % 1_000 === 0) options.onProgress?.(report.sent);
      const target = weighted[random(weighted.length)];
      if (target === undefined) throw new Error('the API has no operations');
      const { kind, bytes } = malform(target, { random, token, host });
      note(report, `${target.method} ${target.path}: ${kind}`, await sendRaw(url, bytes));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return report;
}

function note(report: MalformedReport, what: string, { statuses, text, ended }: RawAnswers): void {
  // 100 says "go on": the answer comes after it.
  const answers = statuses.filter((status) => status >= 200);
  for (const status of answers) report.statuses.set(status, (report.statuses.get(status) ?? 0) + 1);
  if (answers.length === 0) {
    report.unanswered.count += 1;
    if (report.unanswered.named.length < 20) report.unanswered.named.push(`${what} (${ended})`);
  }
  const problem = problemOf(answers, text.replace(/^(HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)+/, ''));
  if (problem !== undefined && report.failures.length < 20) report.failures.push(`${what}: ${problem}`);
}

function problemOf(statuses: number[], answer: string): string | undefined {
  const broken = statuses.find((status) => status >= 500);
  if (broken !== undefined) return answer.slice(0, 500);
  const [status] = statuses;
  if (statuses.length !== 1 || status === undefined || status < 400) return undefined;
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  // The answer to a HEAD has no body.
  if (body === '') return /content-length: [1-9]/i.test(head) ? undefined : `${status} without a body`;
  try {
    errorEnvelopeSchema.parse(JSON.parse(body));
    return undefined;
  } catch {
    return `${status} is not in the envelope: ${answer.slice(0, 500)}`;
  }
}

/** Lines for a person. */
export function describeReport({ seed, sent, statuses, failures, unanswered }: MalformedReport): string[] {
  const counts = [...statuses].sort(([one], [other]) => one - other).map(([status, n]) => `${status}: ${n}`);
  return [
    `${sent} requests (seed ${seed}); answers by status: ${counts.join(', ')}; none: ${unanswered.count}`,
    ...unanswered.named.map((what) => `no answer to ${what}`),
    ...failures.map((failure) => `FAILURE ${failure}`),
  ];
}
