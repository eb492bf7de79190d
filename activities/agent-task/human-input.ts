import type { z } from 'zod';
import type { AgentAction, AgentInput } from '../../src/domain/agent/agent-state.ts';
import type { JsonObject, JsonValue } from '../../src/domain/json.ts';
import { answerText } from '../../src/domain/run/answer.ts';
import { timesLost } from '../../src/engine/calls/record-call.ts';
import { askQuestion, findQuestion, type NewQuestion } from '../../src/engine/questions/run-questions.ts';
import type { Lease } from '../../src/engine/claims/task-lease.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import { ASK_HUMAN, askHumanInput } from '../../src/tools/ask-human.ts';
import { readArguments } from '../../src/tools/run-tool-call.ts';
import type { TaskDeps } from '../calls/call-deps.ts';
import type { BareEvent } from '../calls/task-record.ts';
import { approvalOf, toolNames, type TaskMaterial } from './task-context.ts';
import { APPROVE, approvalQuestion, denialOf } from './tool-approval.ts';

/**
 * Where an agent's work needs a person: its own question, a look at its answer, a tool call whose end nobody knows.
 * A question has the same key on every attempt, so that it is asked once and its answer found again.
 */

/** What a person is needed for, before an action. */
export type Asked =
  /** Nobody: go on. */
  | { kind: 'nothing' }
  /** The agent goes on with this, without anybody outside being called. */
  | { kind: 'input'; input: AgentInput }
  /** There is no answer yet. `event` when it was asked only now. */
  | { kind: 'waiting'; expiresInMs: number | null; event: BareEvent | null };

/** What to answer when a tool may be called again. */
const TRY_AGAIN = 'try again';

/** Looks whether an action waits for a person; asks when nobody was asked yet. In the caller's transaction. */
export async function ask(
  deps: TaskDeps,
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  action: Exclude<AgentAction, { kind: 'done' | 'failed' }>,
  now: Date,
): Promise<Asked> {
  switch (action.kind) {
    case 'call_model':
    case 'embed':
      return { kind: 'nothing' };
    case 'review':
      return put(sql, lease, material, now, reviewQuestion(material, action.raw), (answer) => ({
        kind: 'reviewed',
        feedback: answer === undefined ? '' : answerText(answer),
      }));
    case 'call_tool': {
      const { call, agentKey } = action;
      if (!toolNames(material, agentKey).includes(call.name)) return { kind: 'nothing' };
      const key = `turn-${material.state.turns + 1}:tool:${call.id}`;
      const returned = (content: string): AgentInput => ({
        kind: 'tool_returned',
        toolCallId: call.id,
        toolName: call.name,
        content,
      });
      if (call.name === ASK_HUMAN)
        return agentAsks(deps, sql, lease, material, now, key, call.arguments, returned);
      if (approvalOf(material, agentKey, call.name) === 'ask') {
        const leave = await askLeave(sql, lease, material, now, key, action);
        if (leave.kind !== 'nothing') return leave;
      }
      if (deps.tools.find(call.name)?.idempotent !== false) return { kind: 'nothing' };
      const lost = await timesLost(sql, material.taskId, key);
      if (lost === 0) return { kind: 'nothing' };
      const asked = await put(
        sql,
        lease,
        material,
        now,
        unknownOutcome(`${key}:unknown:${lost}`, call.name, material.remindAfterMs),
        (answer) =>
          returned(answer === undefined ? 'Nobody knows whether the tool did its work.' : answerText(answer)),
      );
      return asked.kind === 'input' &&
        asked.input.kind === 'tool_returned' &&
        asked.input.content === TRY_AGAIN
        ? { kind: 'nothing' }
        : asked;
    }
  }
}

/** Asks whether this very call may be made. Nothing more to ask once it was approved; what was denied the agent is told. */
async function askLeave(
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  now: Date,
  key: string,
  { call, agentKey }: Extract<AgentAction, { kind: 'call_tool' }>,
): Promise<Asked> {
  const role = material.rules.agents.get(agentKey)?.role ?? agentKey;
  const question = approvalQuestion(key, call, role, material);
  let isApproved = false;
  const asked = await put(sql, lease, material, now, question, (answer) => {
    const denial = denialOf(call.name, answer);
    isApproved = denial === null;
    return { kind: 'tool_returned', toolCallId: call.id, toolName: call.name, content: denial ?? APPROVE };
  });
  return isApproved ? { kind: 'nothing' } : asked;
}

async function agentAsks(
  deps: TaskDeps,
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  now: Date,
  key: string,
  json: string,
  returned: (content: string) => AgentInput,
): Promise<Asked> {
  const read = await readArguments(deps.tools, ASK_HUMAN, json);
  if (!read.ok) return { kind: 'input', input: returned(`Error: ${read.error}`) };
  const given = askHumanInput.parse(read.input);
  const question: NewQuestion = {
    key,
    kind: 'ask_human',
    question: given.question,
    options: given.options ?? null,
    multiple: given.multiple === true && given.options !== undefined,
    schema: schemaOf(given.schema),
    default: given.default,
    timeoutMs: given.timeout_seconds === undefined ? null : given.timeout_seconds * 1_000,
    remindAfterMs:
      given.remind_after_seconds === undefined ? material.remindAfterMs : given.remind_after_seconds * 1_000,
  };
  return put(sql, lease, material, now, question, (answer) =>
    returned(answer === undefined ? 'Nobody answered in time.' : answerText(answer)),
  );
}

const schemaOf = (schema: z.output<typeof askHumanInput>['schema']): JsonObject | null => schema ?? null;

const reviewQuestion = ({ state, task, remindAfterMs }: TaskMaterial, raw: string): NewQuestion => ({
  key: `turn-${state.turns}:review`,
  kind: 'human_input',
  question: `Is this a good answer to "${task.name}"? Leave the answer empty to accept it, or say what to change.\n\n${raw}`,
  options: null,
  multiple: false,
  schema: null,
  default: undefined,
  timeoutMs: null,
  remindAfterMs,
});

/** @param key with the number of times the call was lost: the leave to try again is for once */
const unknownOutcome = (key: string, tool: string, remindAfterMs: number | null): NewQuestion => ({
  key,
  kind: 'unknown_outcome',
  question:
    `The call of the tool ${tool} was cut off, by a pause or the end of its worker; nobody knows whether it did its work. ` +
    `Answer "${TRY_AGAIN}" to call it again, or what it has done, which the agent then reads as its result.`,
  options: null,
  multiple: false,
  schema: null,
  default: undefined,
  timeoutMs: null,
  remindAfterMs,
});

/** @param toInput what the agent learns; undefined when nobody answered in time and there is no default */
async function put(
  sql: Sql,
  lease: Lease,
  material: TaskMaterial,
  now: Date,
  question: NewQuestion,
  toInput: (answer: JsonValue | undefined) => AgentInput,
): Promise<Asked> {
  const state = await findQuestion(sql, lease, material.taskId, question.key, now);
  const left = (expiresAt: Date | null): number | null =>
    expiresAt === null ? null : Math.max(expiresAt.getTime() - now.getTime(), 0);
  switch (state?.status) {
    case 'answered':
      return { kind: 'input', input: toInput(state.answer) };
    case 'expired':
      return { kind: 'input', input: toInput(state.default) };
    case 'open':
      return { kind: 'waiting', expiresInMs: left(state.expiresAt), event: null };
    case undefined: {
      const { event, expiresAt } = await askQuestion(sql, lease, material.taskId, question, now);
      return { kind: 'waiting', expiresInMs: left(expiresAt), event };
    }
  }
}
