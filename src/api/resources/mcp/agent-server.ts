import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { invalid, type MusterError } from '../../../domain/errors.ts';
import { ENDED_STATUSES } from '../../../domain/instance/instance-status.ts';
import { endSession, type AgentMessage } from '../../../engine/external-agents/agent-messages.ts';
import type { Message } from '../../../persistence/messages.ts';
import type { Caller } from '../../context.ts';
import type { ApiServices } from '../../services.ts';
import { toMusterError } from '../../errors.ts';
import { askedSchema, toAsked } from '../agent-instances/asked.ts';
import { takeAgentMessage } from '../agent-instances/take-agent-message.ts';
import { waitForAnswer } from './wait-for-answer.ts';

const DESCRIPTION =
  'Report what you do to the people who watch, ask them, and end the session when you are done. Keep the ' +
  'agent_instance_id of the first answer and give it with every further call. queued_user_messages is what people have ' +
  'said since your last call: act on it.';

const session = {
  agent_instance_id: z.uuid().optional().describe('Of your session; left out at first: the answer tells it'),
  agent_type: z.string().trim().min(1).max(200).optional().describe('What kind of agent you are'),
  name: z.string().trim().min(1).max(200).optional().describe('What the session is about'),
  message_id: z.uuid().optional().describe('Your own id for this message: sent again, it is written once'),
};

const stepInput = z.object({
  ...session,
  step: z.string().min(1).max(100_000).describe('What you have done or are about to do'),
});
const questionInput = z.object({
  ...session,
  question: z.string().min(1).max(100_000).optional().describe('What you want to know, complete'),
  ...askedSchema.shape,
  question_id: z
    .uuid()
    .optional()
    .describe('Instead of a question: one you asked before, to wait on for its answer'),
  wait_seconds: z.int().min(0).max(600).default(45).describe('How long to wait for the answer now'),
});
const endInput = z.object({
  agent_instance_id: z.uuid(),
  status: z.enum(ENDED_STATUSES).default('COMPLETED'),
});

type Session = Pick<z.output<typeof stepInput>, keyof typeof session>;

/** A server for one request, in the name of its caller. */
export function createAgentServer(
  engine: Pick<ApiServices, 'computing' | 'database' | 'messages' | 'now' | 'system' | 'waker'>,
  caller: Caller,
): McpServer {
  const server = new McpServer({ name: 'muster', version: '1' }, { instructions: DESCRIPTION });
  server.registerTool(
    'log_step',
    {
      description: 'Logs a step of your work, and tells what people have said meanwhile.',
      inputSchema: stepInput,
    },
    (given) =>
      answered(async () => {
        const said = await takeAgentMessage(engine, caller.userId, {
          ...sessionOf(given),
          content: given.step,
          asks: null,
        });
        return {
          agent_instance_id: said.instance.id,
          message_id: said.message.id,
          status: said.instance.status,
          queued_user_messages: said.queued.map(presentQueued),
        };
      }),
  );
  server.registerTool(
    'ask_question',
    {
      description:
        'Asks the people who watch, and waits a while for the answer. Still open after that: call again with the ' +
        'question_id. The question stands until it is answered or its timeout_seconds are over, whatever becomes of ' +
        'the connection.',
      inputSchema: questionInput,
    },
    (given, extra) =>
      answered(async () => {
        const asked = await ask(engine, caller, given);
        const progressToken = extra._meta?.progressToken;
        const state = await waitForAnswer(engine, caller.userId, asked.questionId, {
          waitMs: given.wait_seconds * 1_000,
          signal: extra.signal,
          progress: async (seconds) => {
            if (progressToken === undefined) return;
            await extra.sendNotification({
              method: 'notifications/progress',
              params: {
                progressToken,
                progress: seconds,
                total: given.wait_seconds,
                message: 'Nobody has answered yet',
              },
            });
          },
        });
        return { ...state, queued_user_messages: asked.queued };
      }),
  );
  server.registerTool(
    'end_session',
    { description: 'Ends your session. Its open questions expire.', inputSchema: endInput },
    ({ agent_instance_id: id, status }) =>
      answered(async () => ({
        agent_instance_id: id,
        final_status: await endSession(engine.system, { ownerId: caller.userId, id, status }, engine.now()),
      })),
  );
  return server;
}

const sessionOf = (given: Session): Omit<AgentMessage, 'ownerId' | 'content' | 'asks'> => ({
  id: given.agent_instance_id ?? randomUUID(),
  agentType: given.agent_type ?? 'agent',
  name: given.name ?? null,
  messageId: given.message_id ?? randomUUID(),
  metadata: {},
});

const presentQueued = ({ id, kind, content, metadata, createdAt }: Message) => ({
  id,
  kind,
  content,
  question_id: metadata['question_id'] ?? null,
  created_at: createdAt.toISOString(),
});

const needs = (path: string, message: string): MusterError =>
  invalid('The arguments do not fit', [{ path, message }]);

/** Asks, or takes up what was asked before. */
async function ask(
  engine: Pick<ApiServices, 'computing' | 'now' | 'system' | 'waker'>,
  caller: Caller,
  given: z.output<typeof questionInput>,
): Promise<{ questionId: string; queued: ReturnType<typeof presentQueued>[] }> {
  if (given.question_id !== undefined) return { questionId: given.question_id, queued: [] };
  if (given.question === undefined)
    throw needs('/question', 'is missing: give it, or the question_id of one you asked before');
  const asks = await toAsked(given, '', { computing: engine.computing, ownerId: caller.userId });
  const said = await takeAgentMessage(engine, caller.userId, {
    ...sessionOf(given),
    content: given.question,
    asks,
  });
  const questionId = said.message.metadata['question_id'];
  if (typeof questionId !== 'string') throw needs('/message_id', 'stands for a message that asks nothing');
  return { questionId, queued: said.queued.map(presentQueued) };
}

/** What a tool found out, as text that is JSON; what went wrong in words the agent can act on. */
async function answered(work: () => Promise<Record<string, unknown>>): Promise<CallToolResult> {
  try {
    return { content: [{ type: 'text', text: JSON.stringify(await work()) }] };
  } catch (thrown) {
    const { code, message, issues } = toMusterError(thrown);
    const told = code === 'INTERNAL' ? 'Something went wrong on our side' : message;
    const details = issues.map((issue) => `${issue.path} ${issue.message}`.trim());
    return { isError: true, content: [{ type: 'text', text: [`${code}: ${told}`, ...details].join('\n') }] };
  }
}
