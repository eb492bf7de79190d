import { randomUUID } from 'node:crypto';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { conflict } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { Template } from '../entities/template.entity.ts';

/** A page of templates, newest first, and how many there are in all. */
export function listTemplates(
  em: EntityManager,
  page: { skip: number; limit: number },
): Promise<[Template[], number]> {
  return em.findAndCount(
    Template,
    {},
    { orderBy: { createdAt: 'desc', id: 'desc' }, offset: page.skip, limit: page.limit },
  );
}

export const findTemplate = (em: EntityManager, id: string): Promise<Template | null> =>
  em.findOne(Template, { id });

/** Writes what has changed. @throws {MusterError} CONFLICT when the name is taken. */
async function flush(em: EntityManager, name: string): Promise<void> {
  try {
    await em.flush();
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException)
      throw conflict(`there is a template called "${name}" already`, { name });
    throw error;
  }
}

export interface TemplateFields {
  name: string;
  description: string;
  document: JsonObject;
}

/** @throws {MusterError} CONFLICT when the name is taken. */
export async function createTemplate(
  em: EntityManager,
  fields: TemplateFields,
  by: { userId: string; now: Date },
): Promise<Template> {
  const template = em.create(Template, {
    id: randomUUID(),
    ...fields,
    createdBy: by.userId,
    createdAt: by.now,
    updatedAt: by.now,
  });
  await flush(em, fields.name);
  return template;
}

/** @returns null when there is none. @throws {MusterError} CONFLICT when the name is taken. */
export async function updateTemplate(
  em: EntityManager,
  id: string,
  change: Partial<TemplateFields>,
  now: Date,
): Promise<Template | null> {
  const template = await findTemplate(em, id);
  if (template === null) return null;
  Object.assign(template, change);
  template.updatedAt = now;
  await flush(em, template.name);
  return template;
}

/** @returns false when there is none. */
export async function deleteTemplate(em: EntityManager, id: string): Promise<boolean> {
  return (await em.nativeDelete(Template, { id })) > 0;
}
