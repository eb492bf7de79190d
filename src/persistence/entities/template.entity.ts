import { defineEntity, p } from '@mikro-orm/core';
import type { JsonObject } from '../../domain/json.ts';

const TemplateSchema = defineEntity({
  name: 'Template',
  tableName: 'templates',
  properties: {
    id: p.uuid().primary(),
    /** Unique. */
    name: p.text(),
    description: p.text(),
    document: p.json<JsonObject>(),
    /** Null for those that ship with the program. */
    createdBy: p.uuid().nullable(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

/** A graph to begin with: everybody reads it, admins write it. */
export class Template extends TemplateSchema.class {}
TemplateSchema.setClass(Template);
export { TemplateSchema };
