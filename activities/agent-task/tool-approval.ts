import { createHash } from 'node:crypto';
import type { ToolCall } from '../../src/domain/agent/messages.ts';
import type { JsonObject, JsonValue } from '../../src/domain/json.ts';
import type { NewQuestion } from '../../src/engine/questions/run-questions.ts';

/** Leave to call a tool once, with exactly these arguments. */

export const APPROVE = 'approve';
const DENY = 'deny';

const ANSWER: JsonObject = {
  anyOf: [
    { type: 'string', pattern: `^(${APPROVE}|${DENY}(:(.|\\n)*)?)$` },
    {
      type: 'object',
      properties: { decision: { enum: [APPROVE, DENY] }, reason: { type: 'string' } },
      required: ['decision'],
      additionalProperties: false,
    },
  ],
};

/**
 * @param key of the call; the digest of the arguments is added, so that an answer can never be taken for another call
 * @param times after which it is denied, and people are reminded of it; null for never
 */
export function approvalQuestion(
  key: string,
  call: ToolCall,
  role: string,
  times: { approvalTimeoutMs: number | null; remindAfterMs: number | null },
): NewQuestion {
  const digest = createHash('sha256').update(`${call.name}\n${call.arguments}`).digest('hex');
  return {
    key: `${key}:approval:${digest}`,
    kind: 'tool_approval',
    question:
      `${role} wants to call the tool ${call.name} with these arguments:\n\n${call.arguments}\n\n` +
      `Answer "${APPROVE}" to allow this one call, or "${DENY}", with a reason if you like: "${DENY}: …".`,
    options: null,
    multiple: false,
    schema: ANSWER,
    default: times.approvalTimeoutMs === null ? undefined : DENY,
    timeoutMs: times.approvalTimeoutMs,
    remindAfterMs: times.remindAfterMs,
  };
}

/** Why a call was denied, for the model; null when it was approved. Anything but a clear yes is a no. */
export function denialOf(tool: string, answer: JsonValue | undefined): string | null {
  const given = typeof answer === 'object' && answer !== null && !Array.isArray(answer) ? answer : null;
  const decision = given === null ? answer : given['decision'];
  if (decision === APPROVE) return null;
  const text = typeof decision === 'string' ? decision.slice(DENY.length).replace(/^:\s*/, '') : '';
  const reason = typeof given?.['reason'] === 'string' ? given['reason'] : text;
  const why = reason === '' ? '' : ` Their reason: ${reason}`;
  return `Error: a person did not allow this call of ${tool}.${why}`;
}
