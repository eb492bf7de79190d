import { defineEntity, p } from '@mikro-orm/core';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { QuestionKind } from '../runs/questions.ts';

const QuestionSchema = defineEntity({
  name: 'Question',
  tableName: 'questions',
  properties: {
    id: p.uuid().primary(),
    ownerId: p.uuid(),
    executionId: p.integer(),
    taskExecutionId: p.integer(),
    taskKey: p.text(),
    questionKey: p.text(),
    generation: p.integer(),
    kind: p.string().$type<QuestionKind>(),
    question: p.text(),
    options: p.json<string[]>().nullable(),
    schema: p.json<JsonObject>().nullable(),
    hasDefault: p.boolean(),
    defaultAnswer: p.json<JsonValue>().nullable(),
    status: p.string().$type<'open' | 'answered' | 'expired'>(),
    answer: p.json<JsonValue>().nullable(),
    askedAt: p.datetime(),
    answeredAt: p.datetime().nullable(),
    answeredBy: p.uuid().nullable(),
    expiresAt: p.datetime().nullable(),
  },
});

/** A question that a run has put to a person. */
export class Question extends QuestionSchema.class {}
QuestionSchema.setClass(Question);
export { QuestionSchema };
