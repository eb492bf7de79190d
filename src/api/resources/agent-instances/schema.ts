import { z } from 'zod';
import { INSTANCE_STATUSES } from '../../../domain/instance/instance-status.ts';
import type {
  AgentSummary,
  InstanceCounts,
  ShownAgentType,
  ShownInstance,
} from '../../../persistence/repositories/agent-instances.repository.ts';
import { ownershipQuery, pageQuery, queryInteger, timestampSchema, uuidParam } from '../../parameters.ts';
import { messageEntrySchema } from '../../realtime/present-message.ts';

const statusSchema = z
  .enum(INSTANCE_STATUSES)
  .describe(
    'Of the run of a crew: as its execution stands. Of an agent elsewhere: `AWAITING_INPUT` while it has asked, `STALE` ' +
      'after 15 minutes without a sign of life, `COMPLETED`, `FAILED`, `KILLED` once its session is over',
  );

export const instanceSchema = z
  .object({
    id: z.uuid().describe('The agent’s own; of the run of a crew the UUID of the execution'),
    owner_id: z.uuid(),
    agent_type_id: z.uuid(),
    agent_type_name: z.string(),
    execution_id: z.uuid().nullable().describe('The run it is; null for an agent elsewhere'),
    name: z.string().nullable(),
    status: statusSchema,
    chat_length: z.int().describe('How many messages it has'),
    latest_message: z.string().nullable().describe('The first 1,000 characters of the last one'),
    latest_message_at: timestampSchema.nullable(),
    last_read_message_id: z.uuid().nullable().describe('How far the agent has read'),
    started_at: timestampSchema,
    ended_at: timestampSchema.nullable(),
    updated_at: timestampSchema,
  })
  .meta({ id: 'AgentInstance' });

export const instanceDetailSchema = instanceSchema
  .extend({
    messages: z.array(messageEntrySchema).describe('A page of messages, oldest first'),
    has_more: z.boolean().describe('Whether there are messages before these: `before_message_id` pages back'),
  })
  .meta({ id: 'AgentInstanceDetail' });

const countsSchema = {
  total_instances: z.int(),
  active_instances: z.int().describe('All that have not ended'),
  awaiting_input_instances: z.int(),
  completed_instances: z.int(),
  by_status: z.record(z.enum(INSTANCE_STATUSES), z.int()),
};

export const agentTypeSchema = z
  .object({
    id: z.uuid(),
    owner_id: z.uuid(),
    name: z.string(),
    created_at: timestampSchema,
    ...countsSchema,
    recent_instances: z.array(instanceSchema).describe('The five that began last'),
  })
  .meta({ id: 'AgentType' });

export const summarySchema = z
  .object({
    ...countsSchema,
    open_questions: z.int().describe('What agents and runs wait for people to answer'),
    agent_types: z
      .array(z.object({ id: z.uuid(), name: z.string(), ...countsSchema }))
      .describe('Those with the most instances, up to a hundred'),
  })
  .meta({ id: 'AgentSummary' });

export const updateInstanceSchema = z
  .object({ name: z.string().trim().min(1).max(200).nullish() })
  .meta({ id: 'UpdateAgentInstance' });

export const instanceStatusSchema = z
  .object({
    status: z
      .enum(['COMPLETED', 'FAILED', 'KILLED', 'PAUSED', 'ACTIVE'])
      .describe(
        'Ended: nothing more is taken from the agent, and its open questions expire. `PAUSED`: the agent reads it in ' +
          'every answer. `ACTIVE`: it may go on, also after an end',
      ),
  })
  .meta({ id: 'AgentInstanceStatus' });

export const personMessageSchema = z
  .object({
    content: z
      .string()
      .min(1)
      .max(100_000)
      .describe(
        'As an answer: the option, a text, or JSON where several options or a schema are asked for. A crew’s run takes ' +
          'answers only',
      ),
    question_id: z
      .uuid()
      .nullish()
      .describe(
        'The question it answers; null for none. Without it: the only one that is open, if there is one',
      ),
    message_id: z.uuid().optional().describe('Your own id for it: sent again, it is written once'),
  })
  .meta({ id: 'PersonMessage' });

export const instanceParams = z.object({ agent_instance_id: uuidParam });
export const typeParams = z.object({ agent_type_id: uuidParam });

const statusList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.enum(INSTANCE_STATUSES)).min(1))
  .meta({ description: 'One status, or several separated by commas', example: 'ACTIVE,AWAITING_INPUT' });

export const ofTypeQuery = z.object({ ...pageQuery, status: statusList.optional() });
export const typesQuery = z.object({ ...pageQuery, ...ownershipQuery });
export const instancesQuery = z.object({
  ...pageQuery,
  ...ownershipQuery,
  status: statusList.optional(),
  agent_type_id: z.uuid().optional(),
  source: z
    .enum(['run', 'external'])
    .optional()
    .describe('`run`: executions of crews here. `external`: agents elsewhere'),
});
export const summaryQuery = z.object(ownershipQuery);
export const detailQuery = z.object({
  before_message_id: z.uuid().optional().describe('Only messages before this one'),
  limit: queryInteger({ min: 1, max: 1000, default: 50, description: 'Messages at most' }),
});

export const presentInstance = (instance: ShownInstance): z.input<typeof instanceSchema> => ({
  id: instance.id,
  owner_id: instance.ownerId,
  agent_type_id: instance.agentTypeId,
  agent_type_name: instance.agentTypeName,
  execution_id: instance.executionId,
  name: instance.name,
  status: instance.status,
  chat_length: instance.messageCount,
  latest_message: instance.lastMessage,
  latest_message_at: instance.lastMessageAt?.toISOString() ?? null,
  last_read_message_id: instance.lastReadMessageId,
  started_at: instance.startedAt.toISOString(),
  ended_at: instance.endedAt?.toISOString() ?? null,
  updated_at: instance.updatedAt.toISOString(),
});

const presentCounts = ({ total, ...by }: InstanceCounts) => ({
  total_instances: total,
  active_instances: total - (by.COMPLETED ?? 0) - (by.FAILED ?? 0) - (by.KILLED ?? 0),
  awaiting_input_instances: by.AWAITING_INPUT ?? 0,
  completed_instances: by.COMPLETED ?? 0,
  by_status: {
    ACTIVE: by.ACTIVE ?? 0,
    AWAITING_INPUT: by.AWAITING_INPUT ?? 0,
    PAUSED: by.PAUSED ?? 0,
    COMPLETED: by.COMPLETED ?? 0,
    FAILED: by.FAILED ?? 0,
    KILLED: by.KILLED ?? 0,
    STALE: by.STALE ?? 0,
  },
});

export const presentType = (type: ShownAgentType): z.input<typeof agentTypeSchema> => ({
  id: type.id,
  owner_id: type.ownerId,
  name: type.name,
  created_at: type.createdAt.toISOString(),
  ...presentCounts(type.counts),
  recent_instances: type.recent.map(presentInstance),
});

export const presentSummary = (summary: AgentSummary): z.input<typeof summarySchema> => ({
  ...presentCounts(summary.counts),
  open_questions: summary.openQuestions,
  agent_types: summary.types.map(({ id, name, counts }) => ({ id, name, ...presentCounts(counts) })),
});

const counted = presentCounts({ total: 3, ACTIVE: 1, AWAITING_INPUT: 1, COMPLETED: 1 });

export const exampleInstance: z.input<typeof instanceSchema> = {
  id: '0193a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a60',
  owner_id: '0191f7a4-8c5e-7b1a-9f00-2a6b1c3d4e5f',
  agent_type_id: '0193a1b2-7c3d-8e5f-aa9b-0c1d2e3f4a61',
  agent_type_name: 'Claude Code',
  execution_id: null,
  name: 'Tidy the tests',
  status: 'AWAITING_INPUT',
  chat_length: 12,
  latest_message: 'Shall I push?',
  latest_message_at: '2026-11-24T09:31:00.000Z',
  last_read_message_id: '0193a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a62',
  started_at: '2026-11-24T09:30:00.000Z',
  ended_at: null,
  updated_at: '2026-11-24T09:31:00.000Z',
};

export const exampleType: z.input<typeof agentTypeSchema> = {
  id: exampleInstance.agent_type_id,
  owner_id: exampleInstance.owner_id,
  name: 'Claude Code',
  created_at: '2026-11-24T09:30:00.000Z',
  ...counted,
  recent_instances: [exampleInstance],
};

export const exampleSummary: z.input<typeof summarySchema> = {
  ...counted,
  open_questions: 1,
  agent_types: [{ id: exampleType.id, name: exampleType.name, ...counted }],
};

export const exampleMessage: z.input<typeof messageEntrySchema> = {
  id: '0193a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a62',
  seq: 12,
  thread_id: null,
  execution_id: null,
  agent_instance_id: exampleInstance.id,
  sender_type: 'agent',
  kind: 'question',
  content: 'Shall I push?',
  requires_user_input: true,
  message_metadata: {
    question: { options: ['yes', 'no'] },
    question_id: '0193a1b2-7c3d-4e5f-8a9b-0c1d2e3f4a63',
  },
  created_at: '2026-11-24T09:31:00.000Z',
};
