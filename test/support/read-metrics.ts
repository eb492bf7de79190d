import { spawnSync } from 'node:child_process';
import parse, { type MetricFamily } from 'parse-prometheus-text-format';

/** What one look at `/metrics` found. */
export interface ReadMetrics {
  text: string;
  families: MetricFamily[];
}

/** Reads `/metrics`. @throws when it does not answer 200, or two families share a name, or promtool objects */
export async function readMetrics(url: string, credential?: string): Promise<ReadMetrics> {
  const response = await fetch(url, {
    headers: credential === undefined ? {} : { authorization: `Bearer ${credential}` },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`);
  const problems = promtool(['check', 'metrics'], text);
  if (problems !== null && problems !== '') throw new Error(problems);
  const families = parse(text);
  const names = new Set(families.map(({ name }) => name));
  if (names.size !== families.length) throw new Error('two families share a name');
  return { text, families };
}

/** The value of the first sample with this name and these labels, 0 where there is none. */
export function valueOf({ text }: ReadMetrics, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const line = text
    .split('\n')
    .find((one) => /^[^{ ]+/.exec(one)?.[0] === name && wanted.every((label) => one.includes(label)));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/**
 * Prometheus' own judge, where it is installed.
 * @returns what it complains of, or null where there is none
 */
export function promtool(args: readonly string[], input?: string): string | null {
  const result = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (result.error !== undefined) return null;
  return result.status === 0 ? '' : `promtool ${args.join(' ')}: ${result.stdout}${result.stderr}`;
}
