import { z } from 'zod';
import type { Settings } from '../../../config.ts';
import { limitingConfig } from '../platform-config.ts';
import type { Agent } from '../../../persistence/entities/platform.entity.ts';
import type { AgentFields } from '../../../persistence/repositories/agents.repository.ts';
import {
  given,
  integerIdParam,
  ownershipQuery,
  pageQuery,
  queryBoolean,
  timestampSchema,
} from '../../parameters.ts';

/** A decimal number as a text, as it goes over the wire; a number is taken too and kept as a text. */
const decimalText = (max: number) =>
  z
    .union([z.string().trim(), z.number().transform(String)])
    .refine((text) => /^\d{1,3}(\.\d{1,10})?$/.test(text) && Number(text) <= max, {
      message: `a number from 0 to ${max}, as a text`,
    })
    .describe(`A number from 0 to ${max}, as a text`);

const text = z.string().trim().min(1).max(10_000);
const names = z.array(z.string().trim().min(1).max(200)).max(200);
const config = limitingConfig.nullable();

export const warningSchema = z.object({
  path: z.string().describe('A JSON pointer into the body'),
  message: z.string(),
});

export const agentSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    role: z.string(),
    goal: z.string(),
    backstory: z.string(),
    model: z.string(),
    temperature: z.string(),
    max_tokens: z.int(),
    top_p: z.string(),
    is_active: z.boolean(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
    created_by: z.uuid().nullable().describe('Id of its owner'),
    config: z.record(z.string(), z.unknown()).nullable(),
    capabilities: z.array(z.string()),
    tools: z.array(z.string()),
    warnings: z.array(warningSchema).describe('Tools that nobody offers here: kept, but not handed to it'),
  })
  .meta({ id: 'Agent', description: 'A stored agent.' });

const fields = {
  name: z.string().trim().min(1).max(200),
  role: text,
  goal: text,
  backstory: z
    .string()
    .max(100_000)
    .nullable()
    .transform((value) => value ?? ''),
  model: z.string().trim().min(1).max(500).describe('`provider/model`, or a bare name of the catalogue'),
  temperature: decimalText(2),
  max_tokens: z
    .int()
    .min(1)
    .max(10_000_000)
    .describe('Of one reply; what the model can do at most is kept to'),
  top_p: decimalText(1),
  is_active: z.boolean(),
  config: config.describe(
    '`max_iter`: model turns one task may take · `max_rpm`: model calls a minute, over all its runs · `tool_approvals`: ' +
      'per tool `allow`, `ask` a person before each call, or `deny`; the rest is kept',
  ),
  capabilities: names.nullable().transform((value) => value ?? []),
  tools: names.nullable().transform((value) => value ?? []),
};

export const createAgentSchema = z
  .object({
    name: fields.name,
    role: fields.role,
    goal: fields.goal,
    backstory: fields.backstory.optional(),
    model: fields.model.optional(),
    temperature: fields.temperature.optional(),
    max_tokens: fields.max_tokens.optional(),
    top_p: fields.top_p.optional(),
    is_active: fields.is_active.optional(),
    config: fields.config.optional(),
    capabilities: fields.capabilities.optional(),
    tools: fields.tools.optional(),
  })
  .meta({ id: 'CreateAgent' });

export const updateAgentSchema = createAgentSchema.partial().meta({ id: 'UpdateAgent' });

export const agentParamsSchema = z.object({ agent_id: integerIdParam });
export const listAgentsQuery = z.object({
  ...pageQuery,
  ...ownershipQuery,
  active_only: queryBoolean({ default: true, description: 'Leave inactive ones out' }),
});

/** What was said of an agent, in the words of the table. */
export const changesOf = (body: z.output<typeof updateAgentSchema>): Partial<AgentFields> =>
  given({
    name: body.name,
    role: body.role,
    goal: body.goal,
    backstory: body.backstory,
    model: body.model,
    temperature: body.temperature,
    maxTokens: body.max_tokens,
    topP: body.top_p,
    isActive: body.is_active,
    config: body.config,
    capabilities: body.capabilities,
    tools: body.tools,
  });

/** A new agent, with what is usual where nothing is said. */
export const fieldsOf = (
  body: z.output<typeof createAgentSchema>,
  { DEFAULT_MODEL }: Pick<Settings, 'DEFAULT_MODEL'>,
): AgentFields => ({
  name: body.name,
  role: body.role,
  goal: body.goal,
  backstory: body.backstory ?? '',
  model: body.model ?? DEFAULT_MODEL,
  temperature: body.temperature ?? '0.6',
  maxTokens: body.max_tokens ?? 32_768,
  topP: body.top_p ?? '0.9',
  isActive: body.is_active ?? true,
  config: body.config ?? null,
  capabilities: body.capabilities ?? [],
  tools: body.tools ?? [],
});

/** @param offered names of the tools there are */
export const presentAgent = (agent: Agent, offered: readonly string[]): z.input<typeof agentSchema> => ({
  id: agent.id,
  name: agent.name,
  role: agent.role,
  goal: agent.goal,
  backstory: agent.backstory,
  model: agent.model,
  temperature: agent.temperature,
  max_tokens: agent.maxTokens,
  top_p: agent.topP,
  is_active: agent.isActive,
  created_at: agent.createdAt.toISOString(),
  updated_at: agent.updatedAt.toISOString(),
  created_by: agent.ownerId,
  config: agent.config ?? null,
  capabilities: agent.capabilities,
  tools: agent.tools,
  warnings: agent.tools.flatMap((name, place) =>
    offered.includes(name)
      ? []
      : [{ path: `/tools/${place}`, message: `no tool is called "${name}": the agent works without it` }],
  ),
});

export const testAgentSchema = z
  .object({
    input: z.string().min(1).max(100_000),
    context: z
      .record(z.string(), z.json())
      .nullish()
      .describe('Fills `{name}`s of the agent and the input; what neither names is told besides'),
    wait_seconds: z.int().min(1).max(300).default(120).describe('How long to wait for the answer'),
  })
  .meta({ id: 'TestAgent' });

export const agentTestSchema = z
  .object({
    agent_id: z.int(),
    input: z.string(),
    output: z.string().nullable(),
    execution_time: z.number().describe('Seconds'),
    tokens_used: z.int(),
    success: z.boolean(),
    error: z.string().nullable(),
    execution_id: z.uuid().describe('Where to look for more'),
  })
  .meta({ id: 'AgentTest', description: 'What an agent made of an input.' });

export const exampleAgent = {
  id: 1,
  name: 'Researcher',
  role: 'Research Specialist',
  goal: 'Gather and analyze information from various sources',
  backstory: 'An expert researcher with years of experience...',
  model: 'llama-4-maverick-17b-128e-instruct',
  temperature: '0.6',
  max_tokens: 32_768,
  top_p: '0.9',
  is_active: true,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
  created_by: '6f1c1f5e-3b1a-4c59-9d0e-0f6f2f1f7a11',
  config: null,
  capabilities: ['Data Analysis', 'Report Generation'],
  tools: ['calculator'],
  warnings: [],
};

export const exampleNewAgent = {
  name: 'Content Writer',
  role: 'Content Creator',
  goal: 'Create engaging content',
  model: 'llama-4-maverick-17b-128e-instruct',
};
