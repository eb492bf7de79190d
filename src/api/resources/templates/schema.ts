import { z } from 'zod';
import { graphDocumentSchema, graphFields } from '../../../contracts/graph.ts';
import type { Template } from '../../../persistence/entities/template.entity.ts';
import { pageQuery, timestampSchema, uuidParam } from '../../parameters.ts';

export const templateSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    graph: graphDocumentSchema,
    created_by: z.uuid().nullable().describe('null: it ships with the program'),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Template', description: 'A graph to begin with.' });

export const createTemplateSchema = z
  .object({
    name: graphFields.name.describe('Unique'),
    description: graphFields.description.default(''),
    graph: graphDocumentSchema,
  })
  .meta({ id: 'CreateTemplate' });

export const updateTemplateSchema = z
  .object({
    name: graphFields.name.optional(),
    description: graphFields.description.optional(),
    graph: graphDocumentSchema.optional(),
  })
  .meta({ id: 'UpdateTemplate' });

export const instantiateSchema = z
  .object({ name: graphFields.name.optional().describe('Of the graph; the template’s when left out') })
  .meta({ id: 'InstantiateTemplate' });

export const templateParamsSchema = z.object({ template_id: uuidParam });
export const listTemplatesQuery = z.object(pageQuery);

export const presentTemplate = (template: Template): z.input<typeof templateSchema> => ({
  id: template.id,
  name: template.name,
  description: template.description,
  graph: graphDocumentSchema.parse(template.document),
  created_by: template.createdBy ?? null,
  created_at: template.createdAt.toISOString(),
  updated_at: template.updatedAt.toISOString(),
});
