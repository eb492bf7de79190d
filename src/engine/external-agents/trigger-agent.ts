import { randomUUID } from 'node:crypto';
import { isEnded, type InstanceStatus } from '../../domain/instance/instance-status.ts';
import type { JsonObject } from '../../domain/json.ts';
import { createDelivery } from '../../persistence/deliveries.ts';
import { appendMessage } from '../../persistence/messages.ts';
import type { Sql, SqlPool } from '../../persistence/sql.ts';
import { closeInInstance } from '../questions/agent-questions.ts';
import { lockInstance, noteInInstance, openInstance } from '../../persistence/external-agents/agent-row.ts';

/** Instances that are made here and begun by calling their agent's webhook. */

/** What is to be begun. */
export interface Trigger {
  ownerId: string;
  /** The row of `delivery_endpoints`. */
  userAgentId: string;
  /** Of the new instance, its first message and the delivery; the same when a request is repeated. */
  id: string;
  /** Names the instance's type. */
  agentName: string;
  prompt: string;
  /** What the webhook is sent. */
  payload: JsonObject;
}

/**
 * Makes an instance with the prompt as its first message, which its agent gets by the webhook and so has read already,
 * and puts the call of the webhook on its way: all of it or nothing. Wake `message` and announce after it.
 * @returns the conversation
 */
export function triggerInstance(database: SqlPool, trigger: Trigger, now: Date): Promise<number> {
  const { ownerId, id, agentName } = trigger;
  return database.transaction(async (sql) => {
    const instance = await openInstance(sql, { ownerId, id, agentType: agentName, name: agentName }, now);
    // A repeat after a crash finds it done.
    if (instance.lastReadSeq > 0) return instance.conversationId;
    const message = await appendMessage(
      sql,
      {
        id,
        ownerId,
        conversationId: instance.conversationId,
        threadId: null,
        executionId: null,
        agentInstanceId: id,
        senderType: 'user',
        kind: 'user',
        content: trigger.prompt,
      },
      now,
    );
    await noteInInstance(sql, instance, { status: 'ACTIVE', said: [message], readUpTo: message.seq }, now);
    const { userAgentId: endpointId, payload } = trigger;
    const eventType = 'agent_instance_requested';
    await createDelivery(sql, { id, endpointId, ownerId, eventType, payload, subjectId: id }, now);
    return instance.conversationId;
  });
}

/** Whether anybody still waits for the agent of an instance: it is there, and its session is not over. */
export async function isAwaited(sql: Sql, of: { ownerId: string; id: string }): Promise<boolean> {
  const [row] = await sql.query<{ status: InstanceStatus }>(
    'select status from agent_instances where owner_id = $1 and id = $2',
    [of.ownerId, of.id],
  );
  return row !== undefined && !isEnded(row.status);
}

/**
 * Its agent could not be reached: the instance is FAILED and says why, unless it has ended or its agent has spoken
 * after all. As a part of the caller's transaction. @returns the conversation to wake, or null
 */
export async function failUnreached(
  sql: Sql,
  of: { ownerId: string; id: string; reason: string },
  now: Date,
): Promise<number | null> {
  const [known] = await sql.query<{ spoken: boolean }>(
    `select exists (select 1 from messages m where m.conversation_id = i.conversation_id and m.sender_type = 'agent')
         as spoken
       from agent_instances i where owner_id = $1 and id = $2`,
    [of.ownerId, of.id],
  );
  if (known === undefined || known.spoken) return null;
  const instance = await lockInstance(sql, of.ownerId, of.id);
  if (isEnded(instance.status)) return null;
  await closeInInstance(sql, instance);
  const { conversationId } = instance;
  const message = await appendMessage(
    sql,
    {
      id: randomUUID(),
      ownerId: of.ownerId,
      conversationId,
      threadId: null,
      executionId: null,
      agentInstanceId: of.id,
      senderType: 'agent',
      kind: 'failure',
      content: `The agent could not be reached: ${of.reason}`,
    },
    now,
  );
  await noteInInstance(sql, instance, { status: 'FAILED', said: [message] }, now);
  await sql.query('update agent_instances set ended_at = $3 where owner_id = $1 and id = $2', [
    of.ownerId,
    of.id,
    now.toISOString(),
  ]);
  return conversationId;
}
