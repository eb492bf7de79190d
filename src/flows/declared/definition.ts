import { z } from 'zod';
import { isJsonObject, type JsonValue } from '../../domain/json.ts';
import { TOOL_APPROVALS } from '../../domain/plan/tool-approvals.ts';
import { schemaIssues } from '../../domain/run/json-schema-issues.ts';
import { expressionProblem, type Root } from './expression.ts';
import { templateProblems } from './template.ts';
import { UNUSED_FIELDS } from './unused-fields.ts';

/**
 * The fields of `crewai.flow/v1`, the declarative flows of CrewAI 1.15. What cannot be carried out here has its reason
 * beside it and is refused, never passed over. How the parts hang together is looked at in read-definition.ts.
 */

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const name = z
  .string()
  .regex(NAME, 'a name has letters, digits and _ only, 64 at most, and does not begin with a digit')
  .refine((text) => !(text in {}), 'this name cannot be used');

/** A field that CrewAI has and we cannot carry out. Saying no to it is fine. */
const refused = (why: string) =>
  z
    .unknown()
    .superRefine((value, ctx) => {
      if (value !== undefined && value !== null && value !== false)
        ctx.addIssue({ code: 'custom', message: why });
    })
    .optional();

/** Fields that change nothing: taken whatever they say, and named in a warning (unused-fields.ts). */
const unused = (names: readonly string[]): Record<string, z.ZodOptional<z.ZodJSONSchema>> =>
  Object.fromEntries(names.map((field) => [field, z.json().optional()]));

const expression = (roots: readonly Root[]) =>
  z
    .string()
    .transform((text) => /^\s*\$\{([^]*)\}\s*$/.exec(text)?.[1] ?? text)
    .superRefine((text, ctx) => {
      const message = expressionProblem(text, roots);
      if (message !== null) ctx.addIssue({ code: 'custom', message });
    });

const checkTemplate =
  (roots: readonly Root[]) =>
  (value: JsonValue, ctx: z.RefinementCtx): void => {
    for (const { path, message } of templateProblems(value, roots))
      ctx.addIssue({ code: 'custom', path, message });
  };

const template = (roots: readonly Root[]) => z.record(z.string(), z.json()).superRefine(checkTemplate(roots));
const templateText = (roots: readonly Root[]) => z.string().superRefine(checkTemplate(roots));

/** `provider/model`, or that with what CrewAI's LLM takes. */
const llm = z.union(
  [
    z.string().min(1),
    z.strictObject({
      model: z.string().min(1),
      temperature: z.number().min(0).max(2).optional(),
      max_tokens: z.int().min(1).nullish(),
    }),
  ],
  { error: 'a text `provider/model`, or an object of model, temperature and max_tokens' },
);

const NO_FILES =
  'a flow that is uploaded has no files: put the crew into `with`, or give the id of one of your graphs';

const agent = (roots: readonly Root[]) =>
  z.strictObject({
    ...unused(UNUSED_FIELDS.agent),
    role: z.string().min(1),
    goal: z.string().min(1),
    backstory: z.string().default(''),
    llm: llm.optional(),
    settings: z.strictObject({ ...unused(UNUSED_FIELDS.agent), llm: llm.optional() }).optional(),
    tools: z.array(z.string().min(1)).max(50).default([]),
    tool_approvals: z
      .record(z.string(), z.enum(TOOL_APPROVALS, 'must be allow, ask or deny'))
      .nullish()
      .transform((given) => given ?? {}),
    input: templateText(roots),
    type: refused('classes of Python cannot be run here'),
    from_repository: refused('there is no repository of agents here: write the agent out'),
    planning_config: refused('agents do not plan here'),
    allow_delegation: refused('an agent by itself has nobody to delegate to'),
    max_iter: z.int().min(1).max(200).nullish(),
    max_rpm: z.int().min(1).nullish(),
    max_execution_time: refused('give the execution a `timeout_seconds` instead'),
    apps: refused('apps of the CrewAI platform cannot be reached from here'),
    mcps: refused('tools of MCP servers are named in `tools`; the operator of this server configures them'),
    response_format: refused('classes of Python cannot be loaded here'),
  });

const expressionAction = (roots: readonly Root[]) =>
  z.strictObject({ call: z.literal('expression'), expr: expression(roots) });
const toolAction = (roots: readonly Root[]) =>
  z.strictObject({ call: z.literal('tool'), ref: z.string().min(1), with: template(roots).nullish() });
const agentAction = (roots: readonly Root[]) =>
  z.strictObject({ call: z.literal('agent'), with: agent(roots) });

const crewAction = z
  .strictObject({
    call: z.literal('crew'),
    from_declaration: z.uuid(NO_FILES).nullish(),
    with: z.record(z.string(), z.json()).nullish(),
    inputs: template(['state', 'outputs']).nullish(),
  })
  .superRefine((action, ctx) => {
    if ((action.from_declaration ?? undefined) === undefined && (action.with ?? undefined) === undefined)
      ctx.addIssue({
        code: 'custom',
        message: 'a crew needs `with`, or `from_declaration` with the id of a graph',
      });
    else if (isJsonObject(action.with) && typeof action.from_declaration === 'string')
      ctx.addIssue({ code: 'custom', message: 'a crew has either `with` or `from_declaration`' });
    if (isJsonObject(action.with?.['inputs']))
      for (const { path, message } of templateProblems(action.with['inputs'], ['state', 'outputs']))
        ctx.addIssue({ code: 'custom', path: ['with', 'inputs', ...path], message });
  });

/** An action that CrewAI has and we do not carry out. */
const never = <const Call extends string>(call: Call, why: string) =>
  z.looseObject({ call: z.literal(call) }).transform((_action, ctx): never => {
    ctx.addIssue({ code: 'custom', path: ['call'], message: `\`${call}\` ${why}` });
    return z.NEVER;
  });
const codeAction = never(
  'code',
  'runs Python of yours, which this server does not: use expression, tool, agent or crew',
);
const scriptAction = never('script', 'runs Python of yours, which this server does not: use an expression');

const ITEM_ROOTS = ['item', 'state', 'outputs'] as const;
const EACH_CALLS = { error: 'inside `each`, `call` is expression, tool or agent' };

const eachStep = z.strictObject({
  name,
  if: expression(ITEM_ROOTS).nullish(),
  action: z.discriminatedUnion(
    'call',
    [
      expressionAction(ITEM_ROOTS),
      toolAction(ITEM_ROOTS),
      agentAction(ITEM_ROOTS),
      codeAction,
      scriptAction,
      never('crew', 'cannot stand inside `each`: a crew is a method of its own'),
      never('each', 'cannot stand inside `each`'),
    ],
    EACH_CALLS,
  ),
});

const ROOTS = ['state', 'outputs'] as const;

const eachAction = z.strictObject({
  call: z.literal('each'),
  in: expression(ROOTS),
  do: z.array(eachStep).min(1).max(20),
});

const action = z.discriminatedUnion(
  'call',
  [
    expressionAction(ROOTS),
    toolAction(ROOTS),
    agentAction(ROOTS),
    crewAction,
    eachAction,
    codeAction,
    scriptAction,
  ],
  { error: '`call` is expression, tool, agent, crew or each' },
);

const persist = z.strictObject({
  ...unused(UNUSED_FIELDS.persist),
  // Everything is kept, whatever this says.
  enabled: z.boolean().default(false),
  persistence: refused('this server keeps every step in its own database: leave the backend out'),
});

const humanFeedback = z.strictObject({
  ...unused(UNUSED_FIELDS.feedback),
  message: z.string().min(1).max(10_000),
  emit: z.array(name).min(1).max(20).nullish(),
  llm: llm.nullish(),
  default_outcome: z.string().nullish(),
  provider: refused('people are asked under /api/v1/questions: leave the provider out'),
  learn: refused('feedback is not learned from here'),
});

const method = z.strictObject({
  description: z.string().max(10_000).nullish(),
  do: action,
  // Conditions are read in triggers.ts.
  start: z.json().optional(),
  listen: z.json().optional(),
  router: z.boolean().default(false),
  emit: z.array(name).max(50).nullish(),
  human_feedback: humanFeedback.nullish(),
  persist: persist.nullish(),
});

const jsonSchema = z.record(z.string(), z.json()).superRefine((schema, ctx) => {
  for (const { path, message } of schemaIssues(schema))
    ctx.addIssue({ code: 'custom', path: path.split('/').slice(1), message });
});
const defaults = z.record(z.string(), z.json()).nullish();

const state = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('dict'), default: defaults }),
    z.strictObject({ type: z.literal('json_schema'), json_schema: jsonSchema, default: defaults }),
    z.strictObject({
      type: z.literal('pydantic'),
      ref: z.string().nullish(),
      json_schema: z
        .record(
          z.string(),
          z.json(),
          'classes of Python cannot be loaded here: give the state as `json_schema`',
        )
        .pipe(jsonSchema),
      default: defaults,
    }),
  ],
  { error: '`type` is dict or json_schema' },
);

const config = z.strictObject({
  ...unused(UNUSED_FIELDS.config),
  // Every run can be followed as a stream.
  stream: z.boolean().optional(),
  max_method_calls: z.int().min(1).max(1_000).default(100),
  memory: refused('flows have no memory here'),
  input_provider: refused('the inputs come with the request that starts the flow'),
});

export const flowDefinitionSchema = z.strictObject({
  schema: z.literal('crewai.flow/v1', '`schema` is crewai.flow/v1'),
  name: z.string().min(1).max(60),
  description: z.string().max(10_000).nullish(),
  state: state.nullish(),
  config: config.nullish(),
  persist: persist.nullish(),
  conversational: refused('flows do not chat here: use a thread'),
  methods: z.record(name, method),
});

export type FlowDefinition = z.output<typeof flowDefinitionSchema>;
export type FlowMethod = z.output<typeof method>;
export type FlowAction = z.output<typeof action>;
export type EachStep = z.output<typeof eachStep>;
export type AgentAction = Extract<FlowAction, { call: 'agent' }>;
export type CrewAction = z.output<typeof crewAction>;
export type LlmSetting = z.output<typeof llm>;
