import { defineEntity, p } from '@mikro-orm/core';
import type { FlowDefinition } from '../../flows/declared/definition.ts';

const DeclaredFlowSchema = defineEntity({
  name: 'DeclaredFlow',
  tableName: 'flows',
  properties: {
    id: p.uuid().primary(),
    ownerId: p.uuid(),
    /** With `_`, as executions name it; unique for the owner. */
    name: p.text(),
    /** As it was sent: YAML, or the JSON of it. */
    source: p.text(),
    definition: p.json<FlowDefinition>().columnType('json'),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

/** A flow that somebody has uploaded. */
export class DeclaredFlow extends DeclaredFlowSchema.class {}
DeclaredFlowSchema.setClass(DeclaredFlow);
export { DeclaredFlowSchema };
