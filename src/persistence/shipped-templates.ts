import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { graphDocumentSchema, type GraphDocumentBody } from '../contracts/graph.ts';
import { toJsonb } from './jsonb.ts';
import type { Sql } from './sql.ts';

const FOLDER = fileURLToPath(new URL('../../examples/templates/', import.meta.url));

/** A template as it ships. */
export interface ShippedTemplate {
  /** The name of its file: by it a database remembers that it had this one. */
  slug: string;
  document: GraphDocumentBody;
}

/** The graphs in `examples/templates`, by name of the file. @throws when one has not the shape of a graph. */
export const shippedTemplates = (): ShippedTemplate[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      slug: basename(file, '.json'),
      document: graphDocumentSchema.parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))),
    }));

/**
 * Puts each shipped template into the database once in its life: what an admin has changed or deleted since stays
 * so. Inside the caller's transaction, which lets one process at a time do this.
 * @returns how many were put in.
 */
export async function seedTemplates(sql: Sql, now: Date): Promise<number> {
  await sql.query(`select set_config('muster.scope', 'system', true)`);
  let count = 0;
  for (const { slug, document } of shippedTemplates()) {
    const rows = await sql.query(
      `with seed as (
         insert into template_seeds (slug, seeded_at) values ($1, $5) on conflict (slug) do nothing returning slug
       )
       insert into templates (id, name, description, document, created_at, updated_at)
       select gen_random_uuid(), $2, $3, $4, $5, $5 from seed on conflict (name) do nothing returning id`,
      [slug, document.name, document.description, toJsonb(document), now.toISOString()],
    );
    count += rows.length;
  }
  return count;
}
