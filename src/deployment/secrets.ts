import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivate } from '../embedded/data-dir.ts';
import { readTextIfThere } from '../embedded/processes.ts';

/** What docker-compose.yml wants from `.env` and nobody but the deployment has to know. */
const secretsSchema = z.object({
  JWT_SECRET: z.string().min(32),
  POSTGRES_PASSWORD: z.string(),
  MUSTER_DB_PASSWORD: z.string(),
  TEMPORAL_DB_PASSWORD: z.string(),
});
export type DeploymentSecrets = z.output<typeof secretsSchema>;

/** Makes the secrets of a deployment on this machine at its first start, and keeps them in its data directory. */
export async function deploymentSecrets(dataDir: string): Promise<DeploymentSecrets> {
  const file = join(dataDir, 'deployment-secrets.json');
  const text = await readTextIfThere(file);
  if (text !== null) return secretsSchema.parse(JSON.parse(text));
  const make = (): string => randomBytes(24).toString('hex');
  const secrets = {
    JWT_SECRET: randomBytes(32).toString('hex'),
    POSTGRES_PASSWORD: make(),
    MUSTER_DB_PASSWORD: make(),
    TEMPORAL_DB_PASSWORD: make(),
  };
  await writePrivate(file, JSON.stringify(secrets));
  return secrets;
}
