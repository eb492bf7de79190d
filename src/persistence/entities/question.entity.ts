import { defineEntity, p } from '@mikro-orm/core';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { QuestionKind } from '../../domain/run/question.ts';

const QuestionSchema = defineEntity({
  name: 'Question',
  tableName: 'questions',
  properties: {
    id: p.uuid().primary(),
    ownerId: p.uuid(),
    /** Null for a question of an agent elsewhere, as the next four are. */
    executionId: p.integer().nullable(),
    taskExecutionId: p.integer().nullable(),
    taskKey: p.text().nullable(),
    questionKey: p.text().nullable(),
    generation: p.integer().nullable(),
    /** The instance that asks, where it is one. */
    agentInstanceId: p.uuid().nullable(),
    /** The message with which an agent elsewhere asked. */
    messageId: p.uuid().nullable(),
    kind: p.string().$type<QuestionKind | 'agent'>(),
    question: p.text(),
    options: p.json<string[]>().nullable(),
    multiple: p.boolean(),
    schema: p.json<JsonObject>().nullable(),
    hasDefault: p.boolean(),
    defaultAnswer: p.json<JsonValue>().nullable(),
    status: p.string().$type<'open' | 'answered' | 'expired'>(),
    answer: p.json<JsonValue>().nullable(),
    askedAt: p.datetime(),
    answeredAt: p.datetime().nullable(),
    answeredBy: p.uuid().nullable(),
    expiresAt: p.datetime().nullable(),
    /** When people are reminded of it, unless it is answered by then; null for never. */
    remindAt: p.datetime().nullable(),
    remindedAt: p.datetime().nullable(),
  },
});

/** A question that a run, or an agent elsewhere, has put to a person. */
export class Question extends QuestionSchema.class {}
QuestionSchema.setClass(Question);
export { QuestionSchema };
