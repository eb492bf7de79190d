import { z } from 'zod';
import { KNOWLEDGE_KINDS } from '../../../knowledge/read-source.ts';
import type { KnowledgeSource } from '../../../persistence/repositories/knowledge.repository.ts';
import { ownershipQuery, pageQuery, timestampSchema, uuidParam } from '../../parameters.ts';

const name = z.string().trim().min(1).max(200);
const embedder = z
  .string()
  .regex(/^[^/\s]+\/\S+$/, 'provider/model')
  .max(200)
  .describe(
    '`provider/model` that makes its vectors; a crew finds by them when its `embedder` is the same. Without, it is found by words',
  );

export const knowledgeSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    kind: z.enum(KNOWLEDGE_KINDS),
    bytes: z.int(),
    chunks: z.int().describe('The pieces in which it is searched'),
    embedder: z.string().nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'KnowledgeSource', description: 'Reference material for agents and crews.' });

export const addKnowledgeSchema = z
  .object({
    name,
    kind: z.enum(['text', 'csv', 'json']).default('text'),
    content: z.string().min(1),
    embedder: embedder.optional(),
  })
  .meta({ id: 'AddKnowledge' });

export const pdfQuery = z.object({
  name: name.optional().meta({ description: 'Of a PDF' }),
  embedder: embedder.optional().meta({ description: 'For a PDF' }),
});
export const listKnowledgeQuery = z.object({ ...pageQuery, ...ownershipQuery });
export const knowledgeParams = z.object({ knowledge_id: uuidParam });

export const exampleKnowledge = {
  id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e90',
  name: 'House rules',
  kind: 'text' as const,
  bytes: 5120,
  chunks: 5,
  embedder: null,
  created_at: '2026-11-24T09:30:00.000Z',
};

export const presentKnowledge = (source: KnowledgeSource): z.input<typeof knowledgeSchema> => ({
  ...source,
  created_at: new Date(source.created_at).toISOString(),
});
