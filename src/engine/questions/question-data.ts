import type { JsonObject, JsonValue } from '../../domain/json.ts';

/** A question as its events tell of it: when it is asked, and when people are reminded of it. */
export const questionData = (question: {
  id: string;
  kind: string;
  question: string;
  options: string[] | null;
  multiple: boolean;
  schema: JsonObject | null;
  expiresAt: Date | null;
  /** Undefined when there is none; null may be one. */
  default: JsonValue | undefined;
}): JsonObject => ({
  question_id: question.id,
  kind: question.kind,
  question: question.question,
  options: question.options,
  ...(question.multiple && { multiple: true }),
  schema: question.schema,
  expires_at: question.expiresAt?.toISOString() ?? null,
  ...(question.default !== undefined && { default: question.default }),
});
