import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { StartError } from '../embedded/start-error.ts';

/** docker-compose.yml as the native deployment and its tests read it: who runs what, told what. */

export const COMPOSE_FILE = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));

const serviceSchema = z.object({
  image: z.string(),
  build: z.string().optional(),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z
    .union([z.object({ test: z.array(z.string()) }), z.object({ disable: z.literal(true) })])
    .optional(),
  deploy: z.object({ replicas: z.int().positive() }).default({ replicas: 1 }),
  restart: z.string(),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
});

export type ComposeService = z.output<typeof serviceSchema>;
export type Compose = z.output<typeof composeSchema>;

/** `${NAME}`, `${NAME:-default}` and `${NAME:?why it is needed}`; what else Compose knows is not used here. */
const VARIABLE = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

/**
 * Fills variables in, as Compose does.
 * @throws {StartError} naming every one that must be given and is not
 */
export function fillIn(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  const missing = new Set<string>();
  const filled = text.replace(VARIABLE, (_all, name: string, kind?: string, rest?: string) => {
    const value = variables[name] ?? '';
    if (value !== '') return value;
    if (kind === '?') missing.add(`${name}: ${rest}`);
    return kind === '-' ? (rest ?? '') : '';
  });
  if (missing.size > 0) throw new StartError(`The deployment needs:\n  ${[...missing].join('\n  ')}`);
  return filled;
}

/** Reads docker-compose.yml. @throws {StartError} when a variable is missing, a zod error when the file is not as we write it */
export async function readCompose(variables: Readonly<Record<string, string | undefined>>): Promise<Compose> {
  const text = fillIn(await readFile(COMPOSE_FILE, 'utf8'), variables);
  return composeSchema.parse(parse(text, { merge: true }));
}
