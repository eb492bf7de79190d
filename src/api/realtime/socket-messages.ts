import { z } from 'zod';
import { invalid, MusterError } from '../../domain/errors.ts';
import { toIssues } from '../../contracts/issues.ts';

const MAX_INTEGER = 2_147_483_647;
const integerId = z.int().min(1).max(MAX_INTEGER);

/** An execution by its integer id or its UUID. */
const executionRef = z
  .union([
    integerId.transform((id) => ({ id })),
    z.uuid().transform((executionId): { executionId: string } => ({ executionId })),
  ])
  .meta({ description: 'Integer id or UUID' });

const ping = z.object({
  type: z.literal('ping'),
  timestamp: z.union([z.string().max(100), z.number()]).optional(),
});
const executionName = { execution_id: executionRef };
const workflowName = { workflow_id: integerId };
const agentName = { agent_id: integerId };

/** What a client may send. */
export const socketRequestSchema = z.discriminatedUnion('type', [
  ping,
  z.object({
    type: z.literal('subscribe_execution'),
    ...executionName,
    after: z.int().min(0).max(MAX_INTEGER).default(0).describe('The last seq that was seen'),
  }),
  z.object({ type: z.literal('subscribe_workflow'), ...workflowName }),
  z.object({ type: z.literal('subscribe_agent'), ...agentName }),
  z.object({ type: z.literal('unsubscribe_execution'), ...executionName }),
  z.object({ type: z.literal('unsubscribe_workflow'), ...workflowName }),
  z.object({ type: z.literal('unsubscribe_agent'), ...agentName }),
]);
export type SocketRequest = z.output<typeof socketRequestSchema>;

/** A message as it came. @throws {MusterError} that says what is wrong with it. */
export function readRequest(data: Buffer, isBinary: boolean): SocketRequest {
  if (isBinary) throw new MusterError('UNSUPPORTED_MEDIA_TYPE', 'Send JSON in text messages');
  const result = socketRequestSchema.safeParse(parseJson(data.toString('utf8')));
  if (!result.success) throw invalid('The message does not fit', toIssues(result.error, 'body'));
  return result.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MusterError('INVALID_JSON', 'The message is not valid JSON', { cause: error });
  }
}

/** The protocol in words, for the documentation. */
export const SOCKET_PROTOCOL = `
A WebSocket of JSON text messages. Send:

| \`type\` | fields | answer |
|---|---|---|
| \`ping\` | \`timestamp?\` | \`{"type": "pong", "timestamp"}\` |
| \`subscribe_execution\` | \`execution_id\` (integer or UUID), \`after?\` (seq, default 0) | \`{"type": "subscribed", "execution_id", "execution_uuid", "after"}\`, then its log after \`after\` and what comes |
| \`subscribe_workflow\` | \`workflow_id\` | \`{"type": "subscribed", "workflow_id"}\`, then what happens from now on in its executions |
| \`subscribe_agent\` | \`agent_id\` | \`{"type": "subscribed", "agent_id"}\`, then what this agent does from now on in any execution |
| \`unsubscribe_execution\`, \`unsubscribe_workflow\`, \`unsubscribe_agent\` | the same name | \`{"type": "unsubscribed", …}\` |

Events are those of the log with their fields at top level, \`execution_id\` being the integer and \`execution_uuid\` the
UUID: \`{"type": "task_completed", "seq": 4, "task_id": 1, "execution_id": 1, "status": "completed", …}\`. Beside them,
\`{"type": "token", "execution_id", "task_key", "text"}\` carries text while a model speaks (not for agents); these have no
seq and may be lost. Each event of an execution comes once and in order, however many subscriptions lead to it: an
execution that is followed already goes on where it stands, and \`after\` in the answer says where that is.

What cannot be done is answered \`{"type": "error", "error", "message", "details", "detail"}\`, and the connection stays.
It closes with 1001 when the server stops, 1009 after a message above 64 KiB, 1013 when its reader is too slow, 4401 when
the credential ends or loses rights: reconnect and subscribe with \`after\`. Each subscription is allowed by the rights of its
moment.

Browsers, which cannot set headers here, send the credential as \`?token=\`; their page must be of this origin or one of
\`CORS_ORIGINS\`. Five new connections a minute for each IP, unless set otherwise.`.trim();
