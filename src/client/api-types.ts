/** Made by `npm run client:types` from the OpenAPI document; not to be changed by hand. */

export type RegisterSchema = {
  email: string;
  /** 8 to 1024 characters */
  password: string;
  name?: string | null | undefined;
};

export type LoginSchema = { email: string; password: string };

export type RefreshSchema = { refresh_token: string };

export type LogoutSchema = { refresh_token?: string | undefined };

export type UpdateMeSchema = {
  name?: string | null | undefined;
  /** Null only where there is none: an address cannot be taken away */
  email?: string | null | undefined;
};

export type ChangePasswordSchema = {
  current_password: string;
  /** 8 to 1024 characters */
  new_password: string;
};

export type CreateApiKeySchema = {
  name: string;
  scopes?: ('read' | 'write' | 'agent' | 'admin')[] | undefined;
  expires_at?: string | null | undefined;
};

export type UpdateApiKeySchema = {
  name?: string | undefined;
  scopes?: ('read' | 'write' | 'agent' | 'admin')[] | undefined;
  expires_at?: string | null | undefined;
};

export type CreateUserSchema = {
  email: string;
  /** Left out: a random one is made and shown once */
  password?: string | undefined;
  name?: string | null | undefined;
  role?: 'user' | 'admin' | undefined;
  is_active?: boolean | undefined;
};

export type UpdateUserSchema = {
  role?: 'user' | 'admin' | undefined;
  is_active?: boolean | undefined;
  name?: string | null | undefined;
};

export type ResetPasswordSchema = {
  /** Left out: a random one is made and shown once */
  new_password?: string | undefined;
};

export type CrewStartSchema = {
  /** Folder name of an example, or the id of a graph. Default: `research` */
  crew?: string | undefined;
  /** Values for the crew’s `{variables}`. Without `crew`, the example’s own inputs fill in what is not given */
  inputs?: { [key: string]: __schema0Schema } | undefined;
  /** Higher is sooner; 0 is usual */
  priority?: number | undefined;
  tags?: string[] | undefined;
  /** Ends the execution as failed with TIMEOUT */
  timeout_seconds?: number | undefined;
  /** No call starts that could exceed it; see `on_budget` */
  max_tokens_total?: number | undefined;
  /** The same in US dollars. Every model needs a price: see the setting MODEL_PRICES */
  max_cost_usd?: number | undefined;
  /** At the limit of tokens or money: `fail` (default) with BUDGET_EXHAUSTED · `ask` a person, who raises it or stops */
  on_budget?: 'fail' | 'ask' | undefined;
  /** `fail` (default) ends the execution · `pause` parks it until somebody retries, edits or skips the task · `continue` goes on without its output */
  on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
  /** A thread of yours in which it speaks; while another run of it is live, its `on_busy` decides */
  thread_id?: string | undefined;
};

export type TaskEditSchema = {
  name?: string | undefined;
  description?: string | undefined;
  expected_output?: string | undefined;
  /** Key of an agent of the crew */
  agent?: string | undefined;
  /** Keys of earlier tasks; null for all of them */
  context?: string[] | null | undefined;
  tools?: string[] | undefined;
  human_input?: boolean | undefined;
};

export type ReplaySchema = {
  /** Key of the task to begin with; those before it are taken over */
  from_task?: string | undefined;
  /** Laid over the inputs of the run */
  inputs?: { [key: string]: __schema1Schema } | undefined;
  /** Changes, by the keys of agents and tasks */
  overrides?:
    | {
        agents?:
          | {
              [key: string]: {
                role?: string | undefined;
                goal?: string | undefined;
                backstory?: string | undefined;
                model?: string | undefined;
                max_iter?: number | undefined;
                temperature?: number | undefined;
              };
            }
          | undefined;
        tasks?: { [key: string]: TaskEditSchema } | undefined;
      }
    | undefined;
};

export type BulkActionSchema = {
  action: 'cancel' | 'retry' | 'replay' | 'pause' | 'resume';
  filter: {
    execution_ids?: string[] | undefined;
    status?:
      | ('pending' | 'running' | 'paused' | 'waiting' | 'cancelling' | 'completed' | 'failed' | 'cancelled')[]
      | undefined;
    kind?: 'crew' | 'flow' | 'task' | 'agent_test' | undefined;
    crew_name?: string | undefined;
    owner_id?: string | undefined;
    /** UTC, ISO 8601 */
    created_before?: string | undefined;
    /** UTC, ISO 8601 */
    created_after?: string | undefined;
  };
  /** Only says what would be met */
  dry_run?: boolean | undefined;
};

export type QuestionAnswerSchema = {
  /** One of the options (an array of them where `multiple`), what fits the schema, or a text; for `human_input` empty to accept */
  answer: __schema2Schema;
};

export type CreateGraphSchema = {
  name?: string | undefined;
  description?: string | undefined;
  nodes?: GraphNodeSchema[] | undefined;
  edges?: GraphEdgeSchema[] | undefined;
  viewport?: { x: number; y: number; zoom: number } | null | undefined;
};

export type GraphNodeSchema = {
  id: string;
  /** `agent`, `task`, `crew` or `tool` */
  type: string;
  position?: ({ x: number; y: number } & { [key: string]: unknown }) | undefined;
  /** The fields of the agent, task, crew or tool */
  data?: { [key: string]: __schema3Schema } | undefined;
} & { [key: string]: unknown };

export type GraphEdgeSchema = { id?: string | undefined; source: string; target: string } & {
  [key: string]: unknown;
};

export type UpdateGraphSchema = {
  name?: string | undefined;
  description?: string | undefined;
  nodes?: GraphNodeSchema[] | undefined;
  edges?: GraphEdgeSchema[] | undefined;
  /** null takes it away */
  viewport?: { x: number; y: number; zoom: number } | null | undefined;
  /** The version this change was made from: 409 when the graph is at another. As `If-Match` */
  version?: number | undefined;
};

export type CloneGraphSchema = { name?: string | undefined };

export type ImportGraphSchema = {
  /** What the graph shall be called; else as the crew calls itself */
  name?: string | undefined;
  /** Which crew is meant where the files hold several: its folder, or its class under `@CrewBase` */
  crew?: string | undefined;
  /** The folder the files come from: names the graph where neither `name` nor the crew does */
  folder?: string | undefined;
  /** The text of each file by its path */
  files: { [key: string]: string };
};

export type GraphDocumentSchema = {
  name?: string | undefined;
  description?: string | undefined;
  nodes?: GraphNodeSchema[] | undefined;
  edges?: GraphEdgeSchema[] | undefined;
  /** Where the builder looks; kept, without a meaning */
  viewport?: { x: number; y: number; zoom: number } | undefined;
};

export type ExecuteGraphSchema = {
  /** Values for the crew’s `{variables}` */
  inputs?: { [key: string]: __schema4Schema } | undefined;
  /** Higher is sooner; 0 is usual */
  priority?: number | undefined;
  tags?: string[] | undefined;
  /** Ends the execution as failed with TIMEOUT */
  timeout_seconds?: number | undefined;
  /** No call starts that could exceed it; see `on_budget` */
  max_tokens_total?: number | undefined;
  /** The same in US dollars. Every model needs a price: see the setting MODEL_PRICES */
  max_cost_usd?: number | undefined;
  /** At the limit of tokens or money: `fail` (default) with BUDGET_EXHAUSTED · `ask` a person, who raises it or stops */
  on_budget?: 'fail' | 'ask' | undefined;
  /** `fail` (default) ends the execution · `pause` parks it until somebody retries, edits or skips the task · `continue` goes on without its output */
  on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
  /** A thread of yours in which it speaks; while another run of it is live, its `on_busy` decides */
  thread_id?: string | undefined;
};

export type ExecuteGraphBatchSchema = {
  /** One execution for each, 1 to 1000 */
  inputs: { [key: string]: __schema5Schema }[];
  /** Higher is sooner; 0 is usual */
  priority?: number | undefined;
  tags?: string[] | undefined;
  /** Ends the execution as failed with TIMEOUT */
  timeout_seconds?: number | undefined;
  /** No call starts that could exceed it; see `on_budget` */
  max_tokens_total?: number | undefined;
  /** The same in US dollars. Every model needs a price: see the setting MODEL_PRICES */
  max_cost_usd?: number | undefined;
  /** At the limit of tokens or money: `fail` (default) with BUDGET_EXHAUSTED · `ask` a person, who raises it or stops */
  on_budget?: 'fail' | 'ask' | undefined;
  /** `fail` (default) ends the execution · `pause` parks it until somebody retries, edits or skips the task · `continue` goes on without its output */
  on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
  /** None: in a thread one run speaks at a time. Each execution has a conversation of its own */
  thread_id?: null | undefined;
};

export type CreateAgentSchema = {
  name: string;
  role: string;
  goal: string;
  backstory?: string | null | undefined;
  /** `provider/model`, or a bare name of the catalogue */
  model?: string | undefined;
  /** A number from 0 to 2, as a text */
  temperature?: string | number | undefined;
  /** Of one reply; what the model can do at most is kept to */
  max_tokens?: number | undefined;
  /** A number from 0 to 1, as a text */
  top_p?: string | number | undefined;
  is_active?: boolean | undefined;
  /** `max_iter`: model turns one task may take · `max_rpm`: model calls a minute, over all its runs · `tool_approvals`: per tool `allow`, `ask` a person before each call, or `deny`; the rest is kept */
  config?: { [key: string]: __schema6Schema } | null | undefined;
  capabilities?: string[] | null | undefined;
  tools?: string[] | null | undefined;
};

export type UpdateAgentSchema = {
  name?: string | undefined;
  role?: string | undefined;
  goal?: string | undefined;
  backstory?: string | null | undefined;
  /** `provider/model`, or a bare name of the catalogue */
  model?: string | undefined;
  /** A number from 0 to 2, as a text */
  temperature?: string | number | undefined;
  /** Of one reply; what the model can do at most is kept to */
  max_tokens?: number | undefined;
  /** A number from 0 to 1, as a text */
  top_p?: string | number | undefined;
  is_active?: boolean | undefined;
  /** `max_iter`: model turns one task may take · `max_rpm`: model calls a minute, over all its runs · `tool_approvals`: per tool `allow`, `ask` a person before each call, or `deny`; the rest is kept */
  config?: { [key: string]: __schema6Schema } | null | undefined;
  capabilities?: string[] | null | undefined;
  tools?: string[] | null | undefined;
};

export type TestAgentSchema = {
  input: string;
  /** Fills `{name}`s of the agent and the input; what neither names is told besides */
  context?: { [key: string]: __schema7Schema } | null | undefined;
  /** How long to wait for the answer */
  wait_seconds?: number | undefined;
};

export type CreateWorkflowSchema = {
  name: string;
  description?: string | null | undefined;
  /** `linear` (default): one task after another, by `order`, then id · `parallel`: all at once · `hierarchical`: as `linear`, under a manager (`config.manager_llm`, else the default model) · `graph`: each as soon as its `dependencies` are done */
  workflow_type?: 'linear' | 'parallel' | 'hierarchical' | 'graph' | undefined;
  /** `manager_llm` · `max_rpm`, `tool_approvals`: as of an agent, for all of them · `tool_approval_timeout_seconds`, after which a call nobody has approved is denied · `remind_after_seconds`, after which people are reminded of a question that stands open; the rest is kept */
  config?: { [key: string]: __schema6Schema } | null | undefined;
  /** An inactive one starts nothing */
  is_active?: boolean | undefined;
};

export type UpdateWorkflowSchema = {
  name?: string | undefined;
  description?: string | null | undefined;
  /** `linear` (default): one task after another, by `order`, then id · `parallel`: all at once · `hierarchical`: as `linear`, under a manager (`config.manager_llm`, else the default model) · `graph`: each as soon as its `dependencies` are done */
  workflow_type?: 'linear' | 'parallel' | 'hierarchical' | 'graph' | undefined;
  /** `manager_llm` · `max_rpm`, `tool_approvals`: as of an agent, for all of them · `tool_approval_timeout_seconds`, after which a call nobody has approved is denied · `remind_after_seconds`, after which people are reminded of a question that stands open; the rest is kept */
  config?: { [key: string]: __schema6Schema } | null | undefined;
  /** An inactive one starts nothing */
  is_active?: boolean | undefined;
};

export type ExecuteWorkflowSchema = {
  /** Fills the tasks’ `{name}`s; what no task names is told to every task */
  input_data?: { [key: string]: __schema8Schema } | null | undefined;
  /** Laid over the workflow’s own for this run */
  config?: { [key: string]: __schema6Schema } | null | undefined;
  /** Higher is sooner; 0 is usual */
  priority?: number | undefined;
  tags?: string[] | undefined;
  /** Ends the execution as failed with TIMEOUT */
  timeout_seconds?: number | undefined;
  /** No call starts that could exceed it; see `on_budget` */
  max_tokens_total?: number | undefined;
  /** The same in US dollars. Every model needs a price: see the setting MODEL_PRICES */
  max_cost_usd?: number | undefined;
  /** At the limit of tokens or money: `fail` (default) with BUDGET_EXHAUSTED · `ask` a person, who raises it or stops */
  on_budget?: 'fail' | 'ask' | undefined;
  /** `fail` (default) ends the execution · `pause` parks it until somebody retries, edits or skips the task · `continue` goes on without its output */
  on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
  /** A thread of yours in which it speaks; while another run of it is live, its `on_busy` decides */
  thread_id?: string | undefined;
};

export type ExecuteWorkflowBatchSchema = {
  /** One execution for each, 1 to 1000 */
  input_data: { [key: string]: __schema5Schema }[];
  /** Laid over the workflow’s own for this run */
  config?: { [key: string]: __schema6Schema } | null | undefined;
  /** Higher is sooner; 0 is usual */
  priority?: number | undefined;
  tags?: string[] | undefined;
  /** Ends the execution as failed with TIMEOUT */
  timeout_seconds?: number | undefined;
  /** No call starts that could exceed it; see `on_budget` */
  max_tokens_total?: number | undefined;
  /** The same in US dollars. Every model needs a price: see the setting MODEL_PRICES */
  max_cost_usd?: number | undefined;
  /** At the limit of tokens or money: `fail` (default) with BUDGET_EXHAUSTED · `ask` a person, who raises it or stops */
  on_budget?: 'fail' | 'ask' | undefined;
  /** `fail` (default) ends the execution · `pause` parks it until somebody retries, edits or skips the task · `continue` goes on without its output */
  on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
  /** None: in a thread one run speaks at a time. Each execution has a conversation of its own */
  thread_id?: null | undefined;
};

export type CreateTaskSchema = {
  workflow_id: number;
  agent_id: number;
  name: string;
  /** May hold `{name}`s, which the start fills in */
  description: string;
  /** Kept; every task is done by its agent */
  task_type?: string | undefined;
  /** Higher is sooner; a run has the highest of its tasks */
  priority?: number | undefined;
  /** Its place in the workflow; ties go by id */
  order?: number | undefined;
  /** Values for its `{name}`s where the start brings none */
  input_data?: { [key: string]: __schema9Schema } | null | undefined;
  /** `expected_output`, `human_input`, `max_tokens_total`, `max_cost_usd`; the rest is kept */
  config?: { [key: string]: __schema9Schema } | null | undefined;
  /** Ids of tasks of the same workflow; looked at by workflows of type `graph` */
  dependencies?: number[] | null | undefined;
  is_active?: boolean | undefined;
};

export type UpdateTaskSchema = {
  workflow_id?: number | undefined;
  agent_id?: number | undefined;
  name?: string | undefined;
  /** May hold `{name}`s, which the start fills in */
  description?: string | undefined;
  /** Kept; every task is done by its agent */
  task_type?: string | undefined;
  /** Higher is sooner; a run has the highest of its tasks */
  priority?: number | undefined;
  /** Its place in the workflow; ties go by id */
  order?: number | undefined;
  /** Values for its `{name}`s where the start brings none */
  input_data?: { [key: string]: __schema9Schema } | null | undefined;
  /** `expected_output`, `human_input`, `max_tokens_total`, `max_cost_usd`; the rest is kept */
  config?: { [key: string]: __schema9Schema } | null | undefined;
  /** Ids of tasks of the same workflow; looked at by workflows of type `graph` */
  dependencies?: number[] | null | undefined;
  is_active?: boolean | undefined;
};

export type ExecuteTaskSchema = {
  /** Laid over the task’s own; what the task does not name is told to it besides */
  input_data?: { [key: string]: __schema10Schema } | null | undefined;
  /** Laid over the task’s own for this run */
  config?: { [key: string]: __schema11Schema } | null | undefined;
  /** Higher is sooner; 0 is usual */
  priority?: number | undefined;
  tags?: string[] | undefined;
  /** Ends the execution as failed with TIMEOUT */
  timeout_seconds?: number | undefined;
  /** No call starts that could exceed it; see `on_budget` */
  max_tokens_total?: number | undefined;
  /** The same in US dollars. Every model needs a price: see the setting MODEL_PRICES */
  max_cost_usd?: number | undefined;
  /** At the limit of tokens or money: `fail` (default) with BUDGET_EXHAUSTED · `ask` a person, who raises it or stops */
  on_budget?: 'fail' | 'ask' | undefined;
  /** `fail` (default) ends the execution · `pause` parks it until somebody retries, edits or skips the task · `continue` goes on without its output */
  on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
  /** A thread of yours in which it speaks; while another run of it is live, its `on_busy` decides */
  thread_id?: string | undefined;
};

export type CreateScheduleSchema = {
  name: string;
  /** The folder name of an example */
  crew?: string | null | undefined;
  graph_id?: string | null | undefined;
  workflow_id?: number | null | undefined;
  /** The name of a flow */
  flow?: string | null | undefined;
  /** What the start would take: inputs of a crew, the request of a flow */
  inputs?: { [key: string]: __schema12Schema } | undefined;
  /** Minute, hour, day of month, month, day of week */
  cron: string;
  /** The zone the times are meant in. Default: UTC */
  timezone?: string | undefined;
  /** What becomes of a time that comes while an earlier run is not over: `skip` it (default) · `buffer_one`, `buffer_all`: it waits · `cancel_other`: the earlier run is cancelled first · `terminate_other`: it is cancelled, and not waited for · `allow_all`: both run */
  overlap?:
    'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
  paused?: boolean | undefined;
};

export type UpdateScheduleSchema = {
  name?: string | undefined;
  /** The folder name of an example */
  crew?: string | null | undefined;
  graph_id?: string | null | undefined;
  workflow_id?: number | null | undefined;
  /** The name of a flow */
  flow?: string | null | undefined;
  /** What the start would take: inputs of a crew, the request of a flow */
  inputs?: { [key: string]: __schema12Schema } | undefined;
  /** Minute, hour, day of month, month, day of week */
  cron?: string | undefined;
  /** The zone the times are meant in. Default: UTC */
  timezone?: string | undefined;
  /** What becomes of a time that comes while an earlier run is not over: `skip` it (default) · `buffer_one`, `buffer_all`: it waits · `cancel_other`: the earlier run is cancelled first · `terminate_other`: it is cancelled, and not waited for · `allow_all`: both run */
  overlap?:
    'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
  paused?: boolean | undefined;
};

export type BackfillSchema = {
  /** The first moment */
  from: string;
  /** The last moment; not in the future */
  to: string;
  /** For these times. Default: `buffer_all`, one after another */
  overlap?:
    'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all' | undefined;
};

export type AmpKickoffSchema = {
  /** Values for the crew’s `{variables}` */
  inputs?: { [key: string]: __schema4Schema } | null | undefined;
  /** Kept with the kickoff, and sent along with each call of its webhooks */
  meta?: { [key: string]: __schema13Schema } | null | undefined;
  /** Called after each task that is completed */
  taskWebhookUrl?: string | null | undefined;
  /** Called after each reply of a model and each use of a tool */
  stepWebhookUrl?: string | null | undefined;
  /** Called when the crew is done, has failed or is cancelled */
  crewWebhookUrl?: string | null | undefined;
};

export type AmpResumeSchema = {
  /** The kickoff */
  execution_id: string;
  /** Key of the task whose output waits to be looked at */
  task_id: string;
  /** What to change; goes into the next answer */
  human_feedback?: string | undefined;
  /** True: the output is good as it is */
  is_approve: boolean;
  /** Called after each task that is completed */
  taskWebhookUrl?: string | null | undefined;
  /** Called after each reply of a model and each use of a tool */
  stepWebhookUrl?: string | null | undefined;
  /** Called when the crew is done, has failed or is cancelled */
  crewWebhookUrl?: string | null | undefined;
};

export type CreateTemplateSchema = {
  /** Unique */
  name: string;
  description?: string | undefined;
  graph: GraphDocumentSchema;
};

export type UpdateTemplateSchema = {
  name?: string | undefined;
  description?: string | undefined;
  graph?: GraphDocumentSchema | undefined;
};

export type InstantiateTemplateSchema = {
  /** Of the graph; the template’s when left out */
  name?: string | undefined;
};

export type CreateThreadSchema = {
  title?: string | undefined;
  graph_id?: string | null | undefined;
  /** What becomes of a start while a run of this thread is live: it waits for the end of that (`queue`), is refused with 409 (`reject`), or has it cancelled and then starts (`cancel_and_start`) */
  on_busy?: 'queue' | 'reject' | 'cancel_and_start' | undefined;
};

export type UpdateThreadSchema = {
  title?: string | undefined;
  graph_id?: string | null | undefined;
  /** What becomes of a start while a run of this thread is live: it waits for the end of that (`queue`), is refused with 409 (`reject`), or has it cancelled and then starts (`cancel_and_start`) */
  on_busy?: 'queue' | 'reject' | 'cancel_and_start' | undefined;
};

export type CreateMessageSchema = {
  content: string;
  /** Whether it starts the thread’s graph */
  execute?: boolean | undefined;
  /** Values for the crew’s `{variables}` */
  inputs?: { [key: string]: __schema4Schema } | undefined;
  /** Higher is sooner; 0 is usual */
  priority?: number | undefined;
  tags?: string[] | undefined;
  /** Ends the execution as failed with TIMEOUT */
  timeout_seconds?: number | undefined;
  /** No call starts that could exceed it; see `on_budget` */
  max_tokens_total?: number | undefined;
  /** The same in US dollars. Every model needs a price: see the setting MODEL_PRICES */
  max_cost_usd?: number | undefined;
  /** At the limit of tokens or money: `fail` (default) with BUDGET_EXHAUSTED · `ask` a person, who raises it or stops */
  on_budget?: 'fail' | 'ask' | undefined;
  /** `fail` (default) ends the execution · `pause` parks it until somebody retries, edits or skips the task · `continue` goes on without its output */
  on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
};

export type UpdateAgentInstanceSchema = { name?: string | null | undefined };

export type PersonMessageSchema = {
  /** As an answer: the option, a text, or JSON where several options or a schema are asked for. A crew’s run takes answers only */
  content: string;
  /** The question it answers; null for none. Without it: the only one that is open, if there is one */
  question_id?: string | null | undefined;
  /** Your own id for it: sent again, it is written once */
  message_id?: string | undefined;
};

export type AgentInstanceStatusSchema = {
  /** Ended: nothing more is taken from the agent, and its open questions expire. `PAUSED`: the agent reads it in every answer. `ACTIVE`: it may go on, also after an end */
  status: 'COMPLETED' | 'FAILED' | 'KILLED' | 'PAUSED' | 'ACTIVE';
};

export type AgentMessageSchema = {
  /** Names the session; new ones are made. Left out: one is made, and its id answered */
  agent_instance_id?: string | undefined;
  /** What kind of agent you are */
  agent_type?: string | undefined;
  /** Of a new session, for people to know it by */
  name?: string | undefined;
  content: string;
  /** Whether this is a question */
  requires_user_input?: boolean | undefined;
  /** Kept as it is. Of a question, `question: {options, multiple, schema, timeout_seconds, remind_after_seconds, default}` says what an answer may be */
  message_metadata?: { [key: string]: __schema14Schema } | null | undefined;
  /** Your own id for the message: sent again, it is written once and answered the same */
  message_id?: string | undefined;
};

export type ReportedMessageSchema = {
  agent_instance_id: string;
  content: string;
  /** Whether the agent knows it already */
  mark_as_read?: boolean | undefined;
  /** Your own id for the message: sent again, it is written once and answered the same */
  message_id?: string | undefined;
};

export type EndSessionSchema = {
  agent_instance_id: string;
  /** How it ended */
  status?: 'COMPLETED' | 'FAILED' | 'KILLED' | undefined;
};

export type McpRequestSchema = { [key: string]: __schema15Schema } | __schema16Schema[];

export type RunToolSchema = {
  /** As its `input_schema` wants it */
  input?: { [key: string]: __schema17Schema } | undefined;
};

export type CreateWebhookSchema = {
  url: string;
  /** Event types, with `*` for any piece of a name: `workflow_*`, `task_failed`, `*` */
  events: string[];
  description?: string | undefined;
  /** Only events of runs of this stored workflow */
  workflow_id?: number | null | undefined;
  /** Only events of runs of this graph */
  graph_id?: string | null | undefined;
  /** Only events of runs of this flow, as in `poem_flow` */
  flow_name?: string | null | undefined;
  is_enabled?: boolean | undefined;
};

export type UpdateWebhookSchema = {
  url?: string | undefined;
  /** Event types, with `*` for any piece of a name: `workflow_*`, `task_failed`, `*` */
  events?: string[] | undefined;
  description?: string | undefined;
  /** Only events of runs of this stored workflow */
  workflow_id?: number | null | undefined;
  /** Only events of runs of this graph */
  graph_id?: string | null | undefined;
  /** Only events of runs of this flow, as in `poem_flow` */
  flow_name?: string | null | undefined;
  is_enabled?: boolean | undefined;
};

export type RotateWebhookSecretSchema = {
  /** How long both secrets sign; 0 ends the old one at once */
  overlap_seconds?: number | undefined;
};

export type CreateUserAgentSchema = {
  name: string;
  /** What is called when an instance is made */
  webhook_url: string;
  /** Sent as `Authorization: Bearer …`; never shown again */
  webhook_api_key?: string | null | undefined;
  is_active?: boolean | undefined;
};

export type UpdateUserAgentSchema = {
  name?: string | undefined;
  /** What is called when an instance is made */
  webhook_url?: string | undefined;
  /** Sent as `Authorization: Bearer …`; never shown again */
  webhook_api_key?: string | null | undefined;
  is_active?: boolean | undefined;
};

export type RequestUserAgentInstanceSchema = {
  /** What the agent is to do */
  prompt: string;
};

export type AddKnowledgeSchema = {
  name: string;
  kind?: 'text' | 'csv' | 'json' | undefined;
  content: string;
  /** `provider/model` that makes its vectors; a crew finds by them when its `embedder` is the same. Without, it is found by words */
  embedder?: string | undefined;
};

export type TemporalPayloadsSchema = {
  payloads: {
    /** Name → value in base64 */
    metadata?: { [key: string]: string } | undefined;
    /** The payload in base64 */
    data?: string | undefined;
  }[];
};

export type UploadFlowSchema = {
  /** `crewai.flow/v1`: the text of the YAML, or the same as an object */
  definition: string | { [key: string]: __schema18Schema };
};

export type FlowStateSchema = { [key: string]: __schema19Schema };

export type __schema0Schema =
  string | number | boolean | null | __schema0Schema[] | { [key: string]: __schema0Schema };

export type __schema1Schema =
  string | number | boolean | null | __schema1Schema[] | { [key: string]: __schema1Schema };

export type __schema2Schema =
  string | number | boolean | null | __schema2Schema[] | { [key: string]: __schema2Schema };

export type __schema3Schema =
  string | number | boolean | null | __schema3Schema[] | { [key: string]: __schema3Schema };

export type __schema4Schema =
  string | number | boolean | null | __schema4Schema[] | { [key: string]: __schema4Schema };

export type __schema5Schema =
  string | number | boolean | null | __schema5Schema[] | { [key: string]: __schema5Schema };

export type __schema6Schema =
  string | number | boolean | null | __schema6Schema[] | { [key: string]: __schema6Schema };

export type __schema7Schema =
  string | number | boolean | null | __schema7Schema[] | { [key: string]: __schema7Schema };

export type __schema8Schema =
  string | number | boolean | null | __schema8Schema[] | { [key: string]: __schema8Schema };

export type __schema9Schema =
  string | number | boolean | null | __schema9Schema[] | { [key: string]: __schema9Schema };

export type __schema10Schema =
  string | number | boolean | null | __schema10Schema[] | { [key: string]: __schema10Schema };

export type __schema11Schema =
  string | number | boolean | null | __schema11Schema[] | { [key: string]: __schema11Schema };

export type __schema12Schema =
  string | number | boolean | null | __schema12Schema[] | { [key: string]: __schema12Schema };

export type __schema13Schema =
  string | number | boolean | null | __schema13Schema[] | { [key: string]: __schema13Schema };

export type __schema14Schema =
  string | number | boolean | null | __schema14Schema[] | { [key: string]: __schema14Schema };

export type __schema15Schema =
  string | number | boolean | null | __schema15Schema[] | { [key: string]: __schema15Schema };

export type __schema16Schema =
  string | number | boolean | null | __schema16Schema[] | { [key: string]: __schema16Schema };

export type __schema17Schema =
  string | number | boolean | null | __schema17Schema[] | { [key: string]: __schema17Schema };

export type __schema18Schema =
  string | number | boolean | null | __schema18Schema[] | { [key: string]: __schema18Schema };

export type __schema19Schema =
  string | number | boolean | null | __schema19Schema[] | { [key: string]: __schema19Schema };

export type ErrorSchema = {
  error:
    | 'MALFORMED_REQUEST'
    | 'INVALID_JSON'
    | 'UNAUTHENTICATED'
    | 'FORBIDDEN'
    | 'NOT_FOUND'
    | 'METHOD_NOT_ALLOWED'
    | 'NOT_ACCEPTABLE'
    | 'REQUEST_TIMEOUT'
    | 'CONFLICT'
    | 'PAYLOAD_TOO_LARGE'
    | 'UNSUPPORTED_MEDIA_TYPE'
    | 'VALIDATION_FAILED'
    | 'UPGRADE_REQUIRED'
    | 'RATE_LIMITED'
    | 'HEADERS_TOO_LARGE'
    | 'SERVICE_UNAVAILABLE'
    | 'INTERNAL';
  /** For a person */
  message: string;
  /** What a program can use; `issues` lists everything that is wrong with an input */
  details: {
    request_id: string;
    issues?:
      | {
          /** A JSON pointer into the body (`/email`), or `?name` for a query parameter */
          path: string;
          message: string;
        }[]
      | undefined;
  } & { [key: string]: unknown };
  /** The same as `message` */
  detail: string;
};

export type UserSchema = {
  id: string;
  /** Null for people of an external issuer without a verified address of their own */
  email: string | null;
  name: string | null;
  role: 'user' | 'admin';
  is_active: boolean;
  /** UTC, ISO 8601 */
  created_at: string;
};

export type SessionSchema = {
  access_token: string;
  /** Good for one refresh */
  refresh_token: string;
  token_type: 'bearer';
  /** Seconds the access token is valid */
  expires_in: number;
  user: UserSchema;
};

export type MessageSchema = { message: string };

export type MeSchema = {
  id: string;
  /** Null for people of an external issuer without a verified address of their own */
  email: string | null;
  name: string | null;
  role: 'user' | 'admin';
  is_active: boolean;
  /** UTC, ISO 8601 */
  created_at: string;
  limits: {
    [key: string]: {
      /** Null: no limit */
      maximum: number | null;
      used: number;
    };
  };
};

export type ApiKeySchema = {
  id: string;
  owner_id: string;
  name: string;
  /** How the key begins: enough to recognise it, not to use it */
  prefix: string;
  scopes: ('read' | 'write' | 'agent' | 'admin')[];
  expires_at: string | null;
  /** To the minute */
  last_used_at: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
};

export type NewApiKeySchema = {
  id: string;
  owner_id: string;
  name: string;
  /** How the key begins: enough to recognise it, not to use it */
  prefix: string;
  scopes: ('read' | 'write' | 'agent' | 'admin')[];
  expires_at: string | null;
  /** To the minute */
  last_used_at: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
  /** The key itself; shown this once, null when the answer is repeated */
  key: string | null;
};

export type NewUserSchema = {
  id: string;
  /** Null for people of an external issuer without a verified address of their own */
  email: string | null;
  name: string | null;
  role: 'user' | 'admin';
  is_active: boolean;
  /** UTC, ISO 8601 */
  created_at: string;
  /** The random password, shown this once; null when one was given */
  password: string | null;
};

export type PasswordResetSchema = {
  message: string;
  /** The random password, shown this once; null when one was given */
  password: string | null;
};

export type AuditEntrySchema = {
  id: string;
  /** UTC, ISO 8601 */
  at: string;
  /** Whose credential it was; null when nobody was recognised */
  actor_user_id: string | null;
  /** The API key, where it was one */
  actor_key_id: string | null;
  /** The operation, or what happened in its course */
  action: string;
  /** The id of what it was done to */
  target: string | null;
  method: string;
  path: string;
  /** How it was answered: what was refused stands here too */
  status: number;
  ip: string;
  request_id: string;
};

export type WelcomeSchema = {
  name: string;
  version: string;
  message: string;
  links: { docs: string; redoc: string; openapi: string; health: string; flows: string };
};

export type HealthSchema = {
  status: 'ok' | 'degraded';
  environment: string;
  version: string;
  database: {
    status: 'ok' | 'unavailable';
    /** Null when it did not answer */
    latency_ms: number | null;
  };
  temporal: { status: 'ok' | 'unavailable'; address: string; ui_url: string | null };
  models: {
    /** The built-in demo model stands in for every model */
    demo: boolean;
    default_model: string;
  };
};

export type LiveSchema = { status: 'ok' };

export type ReadySchema = {
  status: 'ready' | 'not_ready';
  checks: { database: 'ok' | 'unavailable'; migrations: 'ok' | 'pending' | 'unknown'; draining: boolean };
};

export type CrewStartedSchema = {
  execution_id: string;
  status: 'PROCESSING' | 'COMPLETED' | 'ERROR';
  message: string;
};

export type CrewStatusSchema = {
  execution_id: string;
  status: 'PROCESSING' | 'COMPLETED' | 'ERROR';
  result:
    | ({ raw: string; data: { [key: string]: unknown }; tasks_output: unknown[] } & {
        [key: string]: unknown;
      })
    | null;
  error: string | null;
};

export type CrewExecutionsSchema = {
  executions: {
    execution_id: string;
    crew_name: string;
    status: 'PROCESSING' | 'COMPLETED' | 'ERROR';
    /** UTC, ISO 8601 */
    created_at: string;
    /** UTC, ISO 8601 */
    updated_at: string;
  }[];
};

export type ExecutionSchema = {
  id: number;
  execution_id: string;
  kind: 'crew' | 'flow' | 'task' | 'agent_test';
  workflow_id: number | null;
  graph_id: string | null;
  flow_name: string | null;
  crew_name: string | null;
  thread_id: string | null;
  parent_execution_id: string | null;
  /** The batch it was started in */
  batch_id: string | null;
  status: 'pending' | 'running' | 'paused' | 'waiting' | 'cancelling' | 'completed' | 'failed' | 'cancelled';
  /** A pause was asked for and the turns in flight are ending */
  pause_requested: boolean;
  input_data: { [key: string]: unknown };
  /** = `result`; in lists always null */
  output_data: { [key: string]: unknown } | null;
  /** Crews: `{raw, data, tasks_output[]}`. In lists each value is cut to 1,000 characters, and says so */
  result: { [key: string]: unknown } | null;
  error: string | null;
  error_message: string | null;
  error_code: string | null;
  /** The first 1,000 entries; each value of `data` is cut to 1,000 characters, and says so: the whole is under `/events`. In lists always null */
  execution_log: LogEntrySchema[] | null;
  priority: number;
  tags: string[];
  token_usage: TokenUsageSchema;
  /** By list prices and MODEL_PRICES; null when a model it has asked has no price */
  cost_usd: number | null;
  model: string | null;
  /** UTC, ISO 8601 */
  started_at: string;
  /** UTC, ISO 8601 */
  created_at: string;
  completed_at: string | null;
  /** UTC, ISO 8601 */
  updated_at: string;
  created_by: string;
  temporal: { workflow_id: string; run_id: string | null; url: string | null };
  /** Its trace at a collector of OpenTelemetry and in the logs: that of the request, if it had one */
  trace_id: string;
  mlflow: { run_id: string | null; url: string | null } | null;
};

export type LogEntrySchema = {
  seq: number;
  /** UTC, ISO 8601 */
  timestamp: string;
  level: 'info' | 'warning' | 'error';
  message: string;
  data: { [key: string]: unknown };
};

export type TokenUsageSchema = { prompt_tokens: number; completion_tokens: number; total_tokens: number };

export type TaskRunSchema = {
  id: number;
  key: string;
  name: string;
  status: 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped' | 'cancelled';
  attempts: number;
  agent: string;
  /** As planned, with its `{variables}`; null for a step of a flow */
  description: string | null;
  expected_output: string | null;
  /** Keys of the tasks that are over before it starts */
  depends_on: string[];
  /** Keys of the tasks whose output it is given; null for all before it */
  context: string[] | null;
  /** Its own, instead of its agent’s; empty for its agent’s */
  tools: string[];
  output: TaskOutputSchema | null;
  error: string | null;
  error_code: string | null;
  /** `model_reply_cut`, `model_reply_filtered`: a reply it was built on is not whole */
  warnings: { code: string; message: string }[];
  token_usage: TokenUsageSchema;
  /** By list prices and MODEL_PRICES; null when a model it has asked has no price */
  cost_usd: number | null;
  started_at: string | null;
  completed_at: string | null;
};

export type TaskOutputSchema = {
  name: string;
  description: string;
  expected_output: string;
  summary: string;
  raw: string;
  json_dict: { [key: string]: unknown } | null;
  agent: string;
  output_format: 'raw' | 'json' | 'pydantic';
};

export type EventSchema = {
  /** 1…n without a gap within one execution */
  seq: number;
  type:
    | 'workflow_started'
    | 'workflow_retried'
    | 'task_edited'
    | 'workflow_paused'
    | 'workflow_resumed'
    | 'workflow_waiting'
    | 'workflow_cancelling'
    | 'workflow_completed'
    | 'workflow_failed'
    | 'workflow_cancelled'
    | 'task_started'
    | 'task_retrying'
    | 'task_completed'
    | 'task_failed'
    | 'task_skipped'
    | 'llm_call_completed'
    | 'tool_started'
    | 'tool_completed'
    | 'tool_failed'
    | 'guardrail_failed'
    | 'question_asked'
    | 'question_reminded'
    | 'question_answered'
    | 'message_created'
    | 'budget_exhausted';
  execution_id: string;
  /** the integer id of the execution */
  id: number;
  /** of the stored workflow it is a run of */
  workflow_id: number | null;
  /** of the stored task */
  task_id: number | null;
  task_key: string | null;
  /** of the stored agent */
  agent_id: number | null;
  /** state of the execution or task after the event */
  status: string | null;
  timestamp: string;
  data: { [key: string]: unknown };
};

export type ExecutionStatsSchema = {
  /** Successful and failed */
  total_executions: number;
  successful_executions: number;
  /** Cancelled ones among them */
  failed_executions: number;
  /** Under way now: running, paused, waiting or cancelling */
  running_executions: number;
  /** Percent of the total, one decimal; 0 when there is none */
  success_rate: number;
  /** Seconds from start to end */
  average_execution_time: number;
  total_tokens_used: number;
  /** US dollars; calls of models without a known price count as nothing */
  total_cost_usd: number;
  /** UTC days, oldest first */
  executions_by_day: {
    date: string;
    count: number;
    successful: number;
    failed: number;
    /** Of `count`: some are cancelled before they start */
    started: number;
    /** Seconds from start to end, added up over those started */
    execution_time: number;
    tokens: number;
    cost_usd: number;
  }[];
  top_workflows: { workflow_id: number; count: number; successful: number; failed: number }[];
  error_breakdown: {
    /** An `error_code` */
    error: string;
    count: number;
  }[];
};

export type ExecutionStatusSchema = {
  id: number;
  execution_id: string;
  status: 'pending' | 'running' | 'paused' | 'waiting' | 'cancelling' | 'completed' | 'failed' | 'cancelled';
  progress: {
    /** Skipped ones among them */
    completed_tasks: number;
    total_tasks: number;
  };
  error_message: string | null;
};

export type ExecutionMetricsSchema = {
  id: number;
  execution_id: string;
  status: 'pending' | 'running' | 'paused' | 'waiting' | 'cancelling' | 'completed' | 'failed' | 'cancelled';
  /** Seconds until work began */
  queue_time: number;
  /** Seconds from then to the end, or until now */
  execution_time: number;
  /** Seconds in models, added up over calls that ran side by side */
  model_time: number;
  tool_time: number;
  model_calls: number;
  failed_model_calls: number;
  tool_calls: number;
  token_usage: TokenUsageSchema;
  /** By list prices and MODEL_PRICES; null when a model it has asked has no price */
  cost_usd: number | null;
  /** How many tasks are in which state */
  tasks: { [key: string]: number };
};

export type BulkResultSchema = {
  /** At most 1000 at once, the oldest first */
  matched: number;
  done: number;
  failed: { execution_id: string; error: string; message: string }[];
};

export type QuestionSchema = {
  id: string;
  /** The integer id of the execution that asks; null when it is an agent elsewhere */
  execution_id: number | null;
  task_key: string | null;
  /** The agent instance that asks, an agent elsewhere or the run of a crew */
  agent_instance_id: string | null;
  /** The message with which an agent elsewhere asked */
  message_id: string | null;
  /** `ask_human`: the agent asks · `human_input`: a look at its answer, empty accepts it · `unknown_outcome`: a worker died in a tool call that may not be repeated blindly · `budget`: a limit is reached, answer with the number to raise it by or `stop` · `tool_approval`: may this tool be called with these arguments · `agent`: an agent elsewhere asks */
  kind: 'ask_human' | 'human_input' | 'unknown_outcome' | 'budget' | 'tool_approval' | 'agent';
  question: string;
  /** The possible answers, null when it is free */
  options: string[] | null;
  /** Whether several of the options may be chosen: the answer is then an array */
  multiple: boolean;
  /** The JSON schema an answer must fit */
  schema: { [key: string]: __schema20Schema } | null;
  status: 'open' | 'answered' | 'expired';
  answer: __schema21Schema;
  /** What counts when nobody answers in time */
  default: __schema22Schema;
  /** UTC, ISO 8601 */
  asked_at: string;
  answered_at: string | null;
  expires_at: string | null;
  /** When people are reminded of it, once, if it is still open; null for never */
  remind_at: string | null;
  reminded_at: string | null;
};

export type BatchSchema = {
  batch_id: string;
  /** `completed` once every execution has ended, however */
  status: 'running' | 'completed';
  crew_name: string | null;
  graph_id: string | null;
  workflow_id: number | null;
  /** Its executions */
  count: number;
  /** Those that have ended */
  finished: number;
  /** Its executions in each state, 0 where there is none */
  counts: { [key: string]: number };
  /** Of all of them so far */
  token_usage: TokenUsageSchema;
  /** Null when one of them has asked a model without a price */
  cost_usd: number | null;
  /** UTC, ISO 8601 */
  created_at: string;
  /** When the last has ended */
  completed_at: string | null;
  created_by: string;
};

export type GraphSummarySchema = {
  id: string;
  owner_id: string;
  name: string;
  description: string;
  /** Raised by every save that changes something */
  version: number;
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
};

export type GraphSchema = {
  id: string;
  owner_id: string;
  name: string;
  description: string;
  /** Raised by every save that changes something */
  version: number;
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
  nodes: GraphNodeOutputSchema[];
  edges: GraphEdgeOutputSchema[];
  viewport: { x: number; y: number; zoom: number } | null;
};

export type GraphVersionSchema = {
  graph_id: string;
  /** Raised by every save that changes something */
  version: number;
  /** UTC, ISO 8601 */
  created_at: string;
  created_by: string;
};

export type GraphVersionDocumentSchema = {
  graph_id: string;
  /** Raised by every save that changes something */
  version: number;
  /** UTC, ISO 8601 */
  created_at: string;
  created_by: string;
  document: GraphDocumentOutputSchema;
};

export type ImportedGraphSchema = {
  graph: GraphSchema;
  report: GraphValidationSchema;
  /** What could not be read or was left out */
  warnings: {
    /** `file:line`, or the file */
    path: string;
    message: string;
  }[];
};

export type GraphValidationSchema = {
  valid: boolean;
  errors: {
    /** CrewAI’s own error type, or ours with the prefix `graph_` */
    code: string;
    message: string;
    /** A JSON pointer into the document */
    path: string;
    node_id?: string | undefined;
  }[];
  warnings: {
    /** CrewAI’s own error type, or ours with the prefix `graph_` */
    code: string;
    message: string;
    /** A JSON pointer into the document */
    path: string;
    node_id?: string | undefined;
  }[];
  crewai_version: string;
  /** Ids of the task nodes */
  execution_order: string[];
  /** Names of the variables a start must bring */
  inputs: string[];
};

export type GraphInputsSchema = { inputs: string[] };

export type BatchStartedSchema = {
  batch_id: string;
  count: number;
  /** In the order of the inputs */
  executions: { id: number; execution_id: string }[];
};

export type AgentSchema = {
  id: number;
  name: string;
  role: string;
  goal: string;
  backstory: string;
  model: string;
  temperature: string;
  max_tokens: number;
  top_p: string;
  is_active: boolean;
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
  /** Id of its owner */
  created_by: string | null;
  config: { [key: string]: unknown } | null;
  capabilities: string[];
  tools: string[];
  /** Tools that nobody offers here: kept, but not handed to it */
  warnings: {
    /** A JSON pointer into the body */
    path: string;
    message: string;
  }[];
};

export type AgentTestSchema = {
  agent_id: number;
  input: string;
  output: string | null;
  /** Seconds */
  execution_time: number;
  tokens_used: number;
  success: boolean;
  error: string | null;
  /** Where to look for more */
  execution_id: string;
};

export type WorkflowSchema = {
  id: number;
  name: string;
  description: string;
  workflow_type: 'linear' | 'parallel' | 'hierarchical' | 'graph';
  config: { [key: string]: unknown } | null;
  is_active: boolean;
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
  /** Id of its owner */
  created_by: string | null;
};

export type TaskSchema = {
  id: number;
  workflow_id: number;
  agent_id: number;
  name: string;
  description: string;
  task_type: string;
  priority: number;
  order: number;
  input_data: { [key: string]: unknown } | null;
  config: { [key: string]: unknown } | null;
  dependencies: number[];
  is_active: boolean;
  /** Of its latest run; `pending` before the first */
  status: 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped' | 'cancelled';
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
  /** Id of its owner */
  created_by: string | null;
};

export type TaskExecutionSchema = {
  id: number;
  key: string;
  name: string;
  status: 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped' | 'cancelled';
  attempts: number;
  agent: string;
  /** As planned, with its `{variables}`; null for a step of a flow */
  description: string | null;
  expected_output: string | null;
  /** Keys of the tasks that are over before it starts */
  depends_on: string[];
  /** Keys of the tasks whose output it is given; null for all before it */
  context: string[] | null;
  /** Its own, instead of its agent’s; empty for its agent’s */
  tools: string[];
  output: TaskOutputSchema | null;
  error: string | null;
  error_code: string | null;
  /** `model_reply_cut`, `model_reply_filtered`: a reply it was built on is not whole */
  warnings: { code: string; message: string }[];
  token_usage: TokenUsageSchema;
  /** By list prices and MODEL_PRICES; null when a model it has asked has no price */
  cost_usd: number | null;
  started_at: string | null;
  completed_at: string | null;
  task_id: number | null;
  agent_id: number | null;
  workflow_id: number | null;
  execution_id: number;
  execution_uuid: string;
};

export type ScheduleSchema = {
  id: string;
  name: string;
  crew: string | null;
  graph_id: string | null;
  workflow_id: number | null;
  flow: string | null;
  inputs: { [key: string]: unknown };
  cron: string;
  timezone: string;
  overlap: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all';
  paused: boolean;
  /** The next times; none while it is paused */
  next_runs: string[];
  /** The latest times that came, newest first */
  last_runs: {
    /** UTC, ISO 8601 */
    scheduled_at: string;
    /** `refused`: it could not be started, and `error` says why */
    status: 'due' | 'started' | 'refused';
    execution_id: string | null;
    execution_status:
      | ('pending' | 'running' | 'paused' | 'waiting' | 'cancelling' | 'completed' | 'failed' | 'cancelled')
      | null;
    error: string | null;
  }[];
  temporal: {
    schedule_id: string;
    /** Whether Temporal has heard of the last change */
    synced: boolean;
  };
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
  created_by: string;
};

export type AmpInputsSchema = { inputs: string[] };

export type AmpKickedOffSchema = { kickoff_id: string };

export type AmpStatusSchema =
  | {
      status: 'running';
      state: 'PENDING' | 'STARTED';
      /** As it came with the kickoff */
      meta: { [key: string]: __schema24Schema } | null;
      current_task: string | null;
      progress: { completed_tasks: number; total_tasks: number };
    }
  | {
      status: 'completed';
      state: 'SUCCESS';
      /** As it came with the kickoff */
      meta: { [key: string]: __schema24Schema } | null;
      result: {
        output: string;
        tasks: {
          task_id: string;
          output: string;
          agent: string;
          /** Seconds */
          execution_time: number;
        }[];
      };
      /** Seconds */
      execution_time: number;
    }
  | {
      status: 'error';
      state: 'FAILED';
      /** As it came with the kickoff */
      meta: { [key: string]: __schema24Schema } | null;
      error: string;
      message: string;
      /** Seconds */
      execution_time: number;
    };

export type AmpResumedSchema = { kickoff_id: string; status: 'running' };

export type TemplateSchema = {
  id: string;
  name: string;
  description: string;
  graph: GraphDocumentOutputSchema;
  /** null: it ships with the program */
  created_by: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
};

export type ThreadSchema = {
  id: string;
  owner_id: string;
  title: string;
  /** What its messages may start */
  graph_id: string | null;
  /** What becomes of a start while a run of this thread is live: it waits for the end of that (`queue`), is refused with 409 (`reject`), or has it cancelled and then starts (`cancel_and_start`) */
  on_busy: 'queue' | 'reject' | 'cancel_and_start';
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
};

export type ConversationMessageSchema = {
  id: string;
  /** 1…n within its conversation: what `after` and `Last-Event-ID` speak of */
  seq: number;
  thread_id: string | null;
  /** The run it started or comes from */
  execution_id: string | null;
  agent_instance_id: string | null;
  sender_type: 'agent' | 'user';
  /** `step`: the output of a task. `result`, `failure`: how a run ended */
  kind: 'user' | 'step' | 'question' | 'reminder' | 'answer' | 'feedback' | 'result' | 'failure' | 'system';
  content: string;
  requires_user_input: boolean;
  message_metadata: { [key: string]: unknown };
  /** UTC, ISO 8601 */
  created_at: string;
};

export type AgentSummarySchema = {
  total_instances: number;
  /** All that have not ended */
  active_instances: number;
  awaiting_input_instances: number;
  completed_instances: number;
  by_status: { [key: string]: number };
  /** What agents and runs wait for people to answer */
  open_questions: number;
  /** Those with the most instances, up to a hundred */
  agent_types: {
    id: string;
    name: string;
    total_instances: number;
    /** All that have not ended */
    active_instances: number;
    awaiting_input_instances: number;
    completed_instances: number;
    by_status: { [key: string]: number };
  }[];
};

export type AgentTypeSchema = {
  id: string;
  owner_id: string;
  name: string;
  /** UTC, ISO 8601 */
  created_at: string;
  total_instances: number;
  /** All that have not ended */
  active_instances: number;
  awaiting_input_instances: number;
  completed_instances: number;
  by_status: { [key: string]: number };
  /** The five that began last */
  recent_instances: AgentInstanceSchema[];
};

export type AgentInstanceSchema = {
  /** The agent’s own; of the run of a crew the UUID of the execution */
  id: string;
  owner_id: string;
  agent_type_id: string;
  agent_type_name: string;
  /** The run it is; null for an agent elsewhere */
  execution_id: string | null;
  name: string | null;
  /** Of the run of a crew: as its execution stands. Of an agent elsewhere: `AWAITING_INPUT` while it has asked, `STALE` after 15 minutes without a sign of life, `COMPLETED`, `FAILED`, `KILLED` once its session is over */
  status: 'ACTIVE' | 'AWAITING_INPUT' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'KILLED' | 'STALE';
  /** How many messages it has */
  chat_length: number;
  /** The first 1,000 characters of the last one */
  latest_message: string | null;
  latest_message_at: string | null;
  /** How far the agent has read */
  last_read_message_id: string | null;
  /** UTC, ISO 8601 */
  started_at: string;
  ended_at: string | null;
  /** UTC, ISO 8601 */
  updated_at: string;
};

export type AgentInstanceDetailSchema = {
  /** The agent’s own; of the run of a crew the UUID of the execution */
  id: string;
  owner_id: string;
  agent_type_id: string;
  agent_type_name: string;
  /** The run it is; null for an agent elsewhere */
  execution_id: string | null;
  name: string | null;
  /** Of the run of a crew: as its execution stands. Of an agent elsewhere: `AWAITING_INPUT` while it has asked, `STALE` after 15 minutes without a sign of life, `COMPLETED`, `FAILED`, `KILLED` once its session is over */
  status: 'ACTIVE' | 'AWAITING_INPUT' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'KILLED' | 'STALE';
  /** How many messages it has */
  chat_length: number;
  /** The first 1,000 characters of the last one */
  latest_message: string | null;
  latest_message_at: string | null;
  /** How far the agent has read */
  last_read_message_id: string | null;
  /** UTC, ISO 8601 */
  started_at: string;
  ended_at: string | null;
  /** UTC, ISO 8601 */
  updated_at: string;
  /** A page of messages, oldest first */
  messages: ConversationMessageSchema[];
  /** Whether there are messages before these: `before_message_id` pages back */
  has_more: boolean;
};

export type AgentMessageTakenSchema = {
  success: true;
  agent_instance_id: string;
  message_id: string;
  /** Of a question */
  question_id: string | null;
  /** How the instance stands: a person may pause or end it */
  status: 'ACTIVE' | 'AWAITING_INPUT' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'KILLED' | 'STALE';
  /** What people have said since you last read, oldest first; it counts as read now */
  queued_user_messages: ConversationMessageSchema[];
};

export type ReportedMessageTakenSchema = {
  success: true;
  agent_instance_id: string;
  message_id: string;
  marked_as_read: boolean;
  /** What people have said since you last read, oldest first; it counts as read now */
  queued_user_messages: ConversationMessageSchema[];
};

export type PendingMessagesSchema = {
  agent_instance_id: string;
  /** `stale`: the cursor is not where you think; somebody, or an answer that got lost, has read on */
  status: 'ok' | 'stale';
  /** What people have said since the cursor; empty when stale */
  messages: ConversationMessageSchema[];
  /** When stale: what people have said since `last_read_message_id` and was handed out already */
  missed_messages: ConversationMessageSchema[];
  /** Where the cursor is now */
  last_read_message_id: string | null;
  /** How the instance stands: a person may pause or end it */
  instance_status: 'ACTIVE' | 'AWAITING_INPUT' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'KILLED' | 'STALE';
};

export type InputRequestedSchema = {
  success: true;
  agent_instance_id: string;
  message_id: string;
  /** What people have said since you last read, oldest first; it counts as read now */
  messages: ConversationMessageSchema[];
};

export type SessionEndedSchema = {
  success: true;
  agent_instance_id: string;
  final_status: 'COMPLETED' | 'FAILED' | 'KILLED';
};

export type ToolSchema = {
  name: string;
  description: string;
  /** JSON Schema of its input */
  input_schema: { [key: string]: __schema25Schema };
  /** Whether a call may be repeated without doing a thing twice */
  idempotent: boolean;
  source: 'builtin' | 'mcp';
  /** The MCP server it comes from */
  server: string | null;
};

export type ToolOutputSchema = { output: string };

export type ToolServerSchema = {
  name: string;
  /** `disabled`: the file of MCP_SERVERS says so */
  status: 'connecting' | 'connected' | 'away' | 'disabled';
  /** Why it is away (for admins) */
  error: string | null;
  /** What it offers, or offered when it was last there */
  tools: string[];
  /** Tools the server lists that agents cannot use, and why */
  left_out: { tool: string; reason: string }[];
};

export type WebhookSchema = {
  id: string;
  owner_id: string;
  url: string;
  events: string[];
  description: string;
  workflow_id: number | null;
  graph_id: string | null;
  flow_name: string | null;
  is_enabled: boolean;
  /** Why it was switched off by itself; null when it was not */
  disabled_reason: string | null;
  /** The first failed attempt since the last success */
  failing_since: string | null;
  /** Several attempts in a row failed, or the receiver asked for it: nothing is sent before */
  held_until: string | null;
  /** To the minute */
  last_success_at: string | null;
  /** After a change of the secret: until then the old one signs too */
  previous_secret_until: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
};

export type NewWebhookSchema = {
  id: string;
  owner_id: string;
  url: string;
  events: string[];
  description: string;
  workflow_id: number | null;
  graph_id: string | null;
  flow_name: string | null;
  is_enabled: boolean;
  /** Why it was switched off by itself; null when it was not */
  disabled_reason: string | null;
  /** The first failed attempt since the last success */
  failing_since: string | null;
  /** Several attempts in a row failed, or the receiver asked for it: nothing is sent before */
  held_until: string | null;
  /** To the minute */
  last_success_at: string | null;
  /** After a change of the secret: until then the old one signs too */
  previous_secret_until: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
  /** Verifies signatures; shown this once, null when the answer is repeated */
  secret: string | null;
};

export type WebhookDeliverySchema = {
  /** Also the webhook-id: the same for every attempt and redelivery */
  id: string;
  webhook_id: string;
  event_type: string;
  execution_id: string | null;
  /** Of the event in the log of its execution */
  seq: number | null;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  next_attempt_at: string | null;
  last_attempt_at: string | null;
  /** Of the last attempt; null when there was no answer */
  response_code: number | null;
  duration_ms: number | null;
  /** What went wrong at the last attempt */
  error: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
  delivered_at: string | null;
};

export type UserAgentSchema = {
  id: string;
  owner_id: string;
  name: string;
  webhook_url: string;
  has_webhook_api_key: boolean;
  is_active: boolean;
  /** Why it was switched off by itself; null when it was not */
  disabled_reason: string | null;
  /** The first failed call since the last success */
  failing_since: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
  /** UTC, ISO 8601 */
  updated_at: string;
};

export type RequestedInstanceSchema = {
  /** Of the instance, under /agent-instances */
  id: string;
  /** The same */
  agent_instance_id: string;
  user_agent_id: string;
  agent_type_name: string;
  status: 'ACTIVE';
  delivery: UserAgentDeliverySchema;
};

export type UserAgentDeliverySchema = {
  /** Also the webhook-id: the same for every attempt and redelivery */
  id: string;
  event_type: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  next_attempt_at: string | null;
  last_attempt_at: string | null;
  /** Of the last attempt; null when there was no answer */
  response_code: number | null;
  duration_ms: number | null;
  /** What went wrong at the last attempt */
  error: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
  delivered_at: string | null;
  user_agent_id: string;
  agent_instance_id: string | null;
};

export type MemorySchema = {
  id: number;
  /** The name of the crew it belongs to */
  crew: string;
  kind: 'short' | 'long' | 'entity';
  /** Of an entity */
  name: string | null;
  content: string;
  /** The task that left it behind */
  task_key: string;
  /** The run it is of, for `short`; it goes with the run */
  execution_id: string | null;
  /** What made its vector; null: it is found by its words */
  embedder: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
};

export type ClearedMemoriesSchema = { deleted: number };

export type KnowledgeSourceSchema = {
  id: string;
  name: string;
  kind: 'text' | 'pdf' | 'csv' | 'json';
  bytes: number;
  /** The pieces in which it is searched */
  chunks: number;
  embedder: string | null;
  /** UTC, ISO 8601 */
  created_at: string;
};

export type ReconcileReportSchema = {
  dry_run: boolean;
  /** False when Temporal did not answer for some of it: ask again */
  complete: boolean;
  /** Open executions that were compared with their workflows */
  executions: number;
  /** Open workflows that were compared with their executions */
  workflows: number;
  /** How many differ; `differences` tells at most 1,000 of them */
  found: number;
  differences: {
    execution_id: string | null;
    workflow_id: string;
    /** What the database says; null: nothing */
    status:
      | ('pending' | 'running' | 'paused' | 'waiting' | 'cancelling' | 'completed' | 'failed' | 'cancelled')
      | null;
    /** What Temporal says: ABSENT, RUNNING, TERMINATED, FAILED, … */
    workflow: string;
    /** `started`, `restarted`: it had no workflow, or one that was gone; `ended`: its workflow was over; `adopted`: it was reset in Temporal; `stopped`: it was over, its workflow was not; `terminated`: a workflow without an execution */
    repair: 'started' | 'restarted' | 'ended' | 'adopted' | 'stopped' | 'terminated';
    mended: boolean;
  }[];
  /** Queued executions whose turn it was */
  released: number;
};

export type WorkerSchema = {
  id: string;
  /** `draining`: it takes nothing new; `ended`: as it should; `gone`: not heard of for 15 s */
  status: 'running' | 'draining' | 'ended' | 'gone';
  task_queue: string;
  host: string;
  pid: number;
  build_id: string | null;
  version: string;
  /** Tasks of crews and steps of flows that it works on */
  tasks: number;
  /** UTC, ISO 8601 */
  started_at: string;
  /** UTC, ISO 8601 */
  seen_at: string;
  drain_requested_at: string | null;
  ended_at: string | null;
};

export type FlowSchema = {
  /** In code of this server, or uploaded */
  kind: 'code' | 'declarative';
  /** As executions name it */
  name: string;
  path: string;
  summary: string;
  description: string;
  execute_url: string;
  steps: {
    name: string;
    kind: 'start' | 'listen' | 'router';
    /** Steps or labels: `any` each of them sets it off, `all` once every one has come */
    listens_to: { kind: 'any' | 'all'; of: string[] } | null;
    /** What a router may answer */
    labels: string[];
  }[];
};

export type SavedFlowSchema = {
  /** In code of this server, or uploaded */
  kind: 'code' | 'declarative';
  /** As executions name it */
  name: string;
  path: string;
  summary: string;
  description: string;
  execute_url: string;
  steps: {
    name: string;
    kind: 'start' | 'listen' | 'router';
    /** Steps or labels: `any` each of them sets it off, `all` once every one has come */
    listens_to: { kind: 'any' | 'all'; of: string[] } | null;
    /** What a router may answer */
    labels: string[];
  }[];
  /** As `crewai.flow/v1`, with what was left out filled in; null for code */
  definition: { [key: string]: __schema26Schema } | null;
  /** As it was uploaded */
  source: string | null;
  created_at: string | null;
  updated_at: string | null;
  /** What a crew says that has no effect here */
  warnings: { path: string; message: string }[];
};

export type FlowDetailSchema = {
  /** In code of this server, or uploaded */
  kind: 'code' | 'declarative';
  /** As executions name it */
  name: string;
  path: string;
  summary: string;
  description: string;
  execute_url: string;
  steps: {
    name: string;
    kind: 'start' | 'listen' | 'router';
    /** Steps or labels: `any` each of them sets it off, `all` once every one has come */
    listens_to: { kind: 'any' | 'all'; of: string[] } | null;
    /** What a router may answer */
    labels: string[];
  }[];
  /** As `crewai.flow/v1`, with what was left out filled in; null for code */
  definition: { [key: string]: __schema26Schema } | null;
  /** As it was uploaded */
  source: string | null;
  created_at: string | null;
  updated_at: string | null;
};

export type FlowStartedSchema = {
  execution_id: string;
  status: 'pending' | 'running' | 'completed' | 'failed';
  message: string;
};

export type ContentReviewFlowExecutionSchema = {
  execution_id: string;
  flow_name: string;
  status: 'pending' | 'running' | 'completed' | 'failed';
  /** UTC, ISO 8601 */
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  result: {
    topic: string;
    content: string;
    /** How often it was written anew */
    revisions: number;
    /** `exhausted`: the judge was not content, but no revision was left */
    verdict: 'good' | 'exhausted';
    approved: boolean;
    published: boolean;
    /** What the address answered */
    publish_status: number | null;
  } | null;
  error: string | null;
};

export type PoemFlowExecutionSchema = {
  execution_id: string;
  flow_name: string;
  status: 'pending' | 'running' | 'completed' | 'failed';
  /** UTC, ISO 8601 */
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  result: {
    /** How many sentences were asked for */
    sentence_count: number;
    poem: string;
  } | null;
  error: string | null;
};

export type FlowExecutionSchema = {
  execution_id: string;
  flow_name: string;
  status: 'pending' | 'running' | 'completed' | 'failed';
  /** UTC, ISO 8601 */
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  result: {
    /** What the method that ended last said */
    output: __schema27Schema;
    /** What it was started with, and an `id` */
    state: { [key: string]: __schema28Schema };
  } | null;
  error: string | null;
};

export type __schema20Schema =
  string | number | boolean | null | __schema20Schema[] | { [key: string]: __schema20Schema };

export type __schema21Schema =
  string | number | boolean | null | __schema21Schema[] | { [key: string]: __schema21Schema };

export type __schema22Schema =
  string | number | boolean | null | __schema22Schema[] | { [key: string]: __schema22Schema };

export type __schema23Schema =
  string | number | boolean | null | __schema23Schema[] | { [key: string]: __schema23Schema };

export type __schema24Schema =
  string | number | boolean | null | __schema24Schema[] | { [key: string]: __schema24Schema };

export type __schema25Schema =
  string | number | boolean | null | __schema25Schema[] | { [key: string]: __schema25Schema };

export type __schema26Schema =
  string | number | boolean | null | __schema26Schema[] | { [key: string]: __schema26Schema };

export type __schema27Schema =
  string | number | boolean | null | __schema27Schema[] | { [key: string]: __schema27Schema };

export type __schema28Schema =
  string | number | boolean | null | __schema28Schema[] | { [key: string]: __schema28Schema };

export type GraphNodeOutputSchema = {
  id: string;
  /** `agent`, `task`, `crew` or `tool` */
  type: string;
  position?: ({ x: number; y: number } & { [key: string]: unknown }) | undefined;
  /** The fields of the agent, task, crew or tool */
  data: { [key: string]: __schema23Schema };
} & { [key: string]: unknown };

export type GraphEdgeOutputSchema = { id?: string | undefined; source: string; target: string } & {
  [key: string]: unknown;
};

export type GraphDocumentOutputSchema = {
  name: string;
  description: string;
  nodes: GraphNodeOutputSchema[];
  edges: GraphEdgeOutputSchema[];
  /** Where the builder looks; kept, without a meaning */
  viewport?: { x: number; y: number; zoom: number } | undefined;
};

export type TemporalPayloadsOutputSchema = {
  payloads: {
    /** Name → value in base64 */
    metadata: { [key: string]: string };
    /** The payload in base64 */
    data: string;
  }[];
};

export interface paths {
  '/api/v1/auth/register': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Make an account */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': RegisterSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': UserSchema } };
        400: components['responses']['InvalidJson'];
        403: components['responses']['Forbidden'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/login': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Trade e-mail and password for an access token and a refresh token */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': LoginSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': SessionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/refresh': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Trade a refresh token for a new pair of tokens */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': RefreshSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': SessionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/logout': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** End the session */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: { content: { 'application/json': LogoutSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/me': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Whose credential this is */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MeSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch: /** Change your name or e-mail address */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': UpdateMeSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': UserSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/auth/change-password': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Choose another password */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': ChangePasswordSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': SessionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/api-keys': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your API keys, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined; scope?: 'mine' | 'all' | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ApiKeySchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Make an API key */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateApiKeySchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': NewApiKeySchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/api-keys/{id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One API key */ {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ApiKeySchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete: /** Revoke an API key, at once */ {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change what a key is called, may do, and how long */ {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateApiKeySchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ApiKeySchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/api-keys/{id}/rotate': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Replace the secret of a key */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': NewApiKeySchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/users': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Users, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': UserSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Make a user */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateUserSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': NewUserSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/users/{id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One user */ {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': UserSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete: /** Delete a user with all credentials */ {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change role, name, or whether the user may do anything */ {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateUserSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': UserSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/users/{id}/reset-password': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Give a user another password */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { id: string };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': ResetPasswordSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': PasswordResetSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/audit': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** What admins and API keys did, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          actor_user_id?: string | undefined;
          action?: string | undefined;
          after?: string | undefined;
          before?: string | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AuditEntrySchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** What this is, and where to look next */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WelcomeSchema } };
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How the services behind this one are */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': HealthSchema } };
        503: { headers: { [name: string]: unknown }; content: { 'application/json': HealthSchema } };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/livez': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Whether this process is alive */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': LiveSchema } };
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/readyz': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Whether this process wants requests */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ReadySchema } };
        503: { headers: { [name: string]: unknown }; content: { 'application/json': ReadySchema } };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/crew/start': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Start a crew */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': CrewStartSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': CrewStartedSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/crew/status/{execution_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How a crew is doing */ {
      parameters: { query?: never; header?: never; path: { execution_id: number | string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': CrewStatusSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/crew/executions': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The latest crew executions */ {
      parameters: { query?: { limit?: number | undefined }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': CrewExecutionsSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Executions, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          scope?: 'mine' | 'all' | undefined;
          status?: string | undefined;
          kind?: 'crew' | 'flow' | 'task' | 'agent_test' | undefined;
          flow_name?: string | undefined;
          workflow_id?: number | undefined;
          graph_id?: string | undefined;
          thread_id?: string | undefined;
          schedule_id?: string | undefined;
          batch_id?: string | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One execution */ {
      parameters: { query?: never; header?: never; path: { execution_id: number | string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/tasks': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its tasks, in the order of the plan */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined };
        header?: never;
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TaskRunSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/events': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its log as JSON, page by page */ {
      parameters: {
        query?: {
          after?: number | undefined;
          limit?: number | undefined;
          task_key?: string | undefined;
          type?: string | undefined;
          search?: string | undefined;
        };
        header?: never;
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': EventSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/stream': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its log as server-sent events */ {
      parameters: {
        query?: { after?: number | undefined; token?: string | undefined };
        header?: never;
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'text/event-stream': string } };
        204: { headers: { [name: string]: unknown }; content?: never };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/pause': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Pause it */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/resume': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Resume it */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/cancel': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Cancel it */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/retry': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Retry it */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/stats': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How executions went */ {
      parameters: {
        query?: {
          scope?: 'mine' | 'all' | undefined;
          workflow_id?: number | undefined;
          days?: number | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionStatsSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/logs': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its log in words, page by page */ {
      parameters: {
        query?: { after?: number | undefined; limit?: number | undefined };
        header?: never;
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': LogEntrySchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/status': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How far it is */ {
      parameters: { query?: never; header?: never; path: { execution_id: number | string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionStatusSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/metrics': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** What it took: time, calls, tokens and money */ {
      parameters: { query?: never; header?: never; path: { execution_id: number | string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': ExecutionMetricsSchema };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/tasks/{key}/retry': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Try a failed task again */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { execution_id: number | string; key: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': TaskRunSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/tasks/{key}/skip': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Leave a task out */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { execution_id: number | string; key: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': TaskRunSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/tasks/{key}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch: /** Change a task that has not started */ {
      parameters: {
        query?: never;
        header?: never;
        path: { execution_id: number | string; key: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': TaskEditSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': TaskRunSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/replay': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Run it again, as a new execution */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': ReplaySchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/bulk': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Steer many executions at once */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': BulkActionSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': BulkResultSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/questions': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your inbox: what all your runs, and your agents elsewhere, ask, newest first */ {
      parameters: {
        query?: {
          status?: 'open' | 'answered' | 'expired' | undefined;
          skip?: number | undefined;
          limit?: number | undefined;
          scope?: 'mine' | 'all' | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': QuestionSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/questions/{question_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One question */ {
      parameters: { query?: never; header?: never; path: { question_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': QuestionSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/questions': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** What it has asked, oldest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined };
        header?: never;
        path: { execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': QuestionSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/executions/{execution_id}/questions/{question_id}/answer': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Answer it */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { execution_id: number | string; question_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': QuestionAnswerSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': QuestionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/questions/{question_id}/answer': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Answer it, whoever asks: a run or an agent elsewhere */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { question_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': QuestionAnswerSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': QuestionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/batches/{batch_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How a batch stands */ {
      parameters: { query?: never; header?: never; path: { batch_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': BatchSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/batches/{batch_id}/cancel': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Cancel all its executions that have not ended */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { batch_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': BulkResultSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your graphs, newest first, without their nodes and edges */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          scope?: 'mine' | 'all' | undefined;
          q?: string | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphSummarySchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Store a graph */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateGraphSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': GraphSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One graph */ {
      parameters: { query?: never; header?: never; path: { graph_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Save a graph as its next version */ {
      parameters: { query?: never; header?: never; path: { graph_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateGraphSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete a graph with its versions */ {
      parameters: { query?: never; header?: never; path: { graph_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Save a graph as its next version */ {
      parameters: { query?: never; header?: never; path: { graph_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateGraphSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/clone': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Copy a graph into one of your own */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { graph_id: string };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': CloneGraphSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': GraphSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/versions': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its versions, newest first, without what they hold */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined };
        header?: never;
        path: { graph_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphVersionSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/versions/{version}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One version with its document */ {
      parameters: {
        query?: never;
        header?: never;
        path: { graph_id: string; version: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': GraphVersionDocumentSchema };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/versions/{version}/restore': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Go back to a version */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { graph_id: string; version: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/import': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Make a graph of a CrewAI project */ {
      parameters: {
        query?: { name?: string | undefined; crew?: string | undefined; folder?: string | undefined };
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': ImportGraphSchema; 'application/zip': string } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': ImportedGraphSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/export': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Take a graph away as a file */ {
      parameters: {
        query?: { format?: 'json' | 'crewai' | undefined };
        header?: never;
        path: { graph_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': GraphDocumentOutputSchema; 'application/zip': string };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/validate': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Say what is wrong with a graph that is not stored */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': GraphDocumentSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphValidationSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/validate': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Say what is wrong with a stored graph */ {
      parameters: { query?: never; header?: never; path: { graph_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphValidationSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/inputs': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The names of the variables a start must bring */ {
      parameters: { query?: never; header?: never; path: { graph_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': GraphInputsSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/execute': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Run a graph */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { graph_id: string };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': ExecuteGraphSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/graphs/{graph_id}/execute/batch': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Run a graph once for each of many inputs */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { graph_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': ExecuteGraphBatchSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': BatchStartedSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agents': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your agents, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          scope?: 'mine' | 'all' | undefined;
          active_only?: boolean | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Store an agent */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateAgentSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': AgentSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agents/{agent_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One agent */ {
      parameters: { query?: never; header?: never; path: { agent_id: number }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Change an agent */ {
      parameters: { query?: never; header?: never; path: { agent_id: number }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateAgentSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete an agent */ {
      parameters: { query?: never; header?: never; path: { agent_id: number }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change an agent */ {
      parameters: { query?: never; header?: never; path: { agent_id: number }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateAgentSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/agents/{agent_id}/test': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Put an input to an agent and wait for what it says */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { agent_id: number };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': TestAgentSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentTestSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/workflows': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your workflows, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          scope?: 'mine' | 'all' | undefined;
          active_only?: boolean | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WorkflowSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Store a workflow */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateWorkflowSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': WorkflowSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/workflows/{workflow_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One workflow */ {
      parameters: { query?: never; header?: never; path: { workflow_id: number }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WorkflowSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Change a workflow */ {
      parameters: { query?: never; header?: never; path: { workflow_id: number }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateWorkflowSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WorkflowSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete a workflow with its tasks */ {
      parameters: { query?: never; header?: never; path: { workflow_id: number }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change a workflow */ {
      parameters: { query?: never; header?: never; path: { workflow_id: number }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateWorkflowSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WorkflowSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/workflows/{workflow_id}/execute': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Run a workflow */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { workflow_id: number };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': ExecuteWorkflowSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/workflows/{workflow_id}/execute/batch': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Run a workflow once for each of many inputs */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { workflow_id: number };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': ExecuteWorkflowBatchSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': BatchStartedSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/workflows/{workflow_id}/executions': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its executions, and those of its single tasks, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined; status?: string | undefined };
        header?: never;
        path: { workflow_id: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/workflows/{workflow_id}/pause': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Pause all its live executions */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { workflow_id: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': BulkResultSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/workflows/{workflow_id}/resume': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Resume all its live executions */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { workflow_id: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': BulkResultSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/workflows/{workflow_id}/cancel': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Cancel all its live executions */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { workflow_id: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': BulkResultSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your tasks, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          scope?: 'mine' | 'all' | undefined;
          workflow_id?: number | undefined;
          agent_id?: number | undefined;
          status?: string | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TaskSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Add a task to a workflow */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateTaskSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': TaskSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks/workflow/{workflow_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The tasks of a workflow, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          agent_id?: number | undefined;
          status?: string | undefined;
        };
        header?: never;
        path: { workflow_id: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TaskSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks/{task_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One task */ {
      parameters: { query?: never; header?: never; path: { task_id: number }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TaskSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Change a task */ {
      parameters: { query?: never; header?: never; path: { task_id: number }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateTaskSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TaskSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete a task */ {
      parameters: { query?: never; header?: never; path: { task_id: number }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change a task */ {
      parameters: { query?: never; header?: never; path: { task_id: number }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateTaskSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TaskSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/tasks/{task_id}/execute': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Run a task by itself */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { task_id: number };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': ExecuteTaskSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks/{task_id}/executions': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its runs in whatever execution, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined };
        header?: never;
        path: { task_id: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TaskExecutionSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tasks/{task_id}/retry': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Try its latest failed run again */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { task_id: number };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ExecutionSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/schedules': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your schedules, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined; scope?: 'mine' | 'all' | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Start a crew or a flow at certain times */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateScheduleSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/schedules/{schedule_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One schedule */ {
      parameters: { query?: never; header?: never; path: { schedule_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Change a schedule */ {
      parameters: { query?: never; header?: never; path: { schedule_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateScheduleSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete a schedule */ {
      parameters: { query?: never; header?: never; path: { schedule_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change a schedule */ {
      parameters: { query?: never; header?: never; path: { schedule_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateScheduleSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/schedules/{schedule_id}/pause': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Start nothing until it is resumed */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { schedule_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/schedules/{schedule_id}/resume': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Start again when the next time comes */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { schedule_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/schedules/{schedule_id}/trigger': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Start it now, beside its times */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { schedule_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/schedules/{schedule_id}/backfill': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Make up for times that have passed */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { schedule_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': BackfillSchema } };
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': ScheduleSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/amp/{graph_id}/inputs': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The names of the inputs a kickoff must bring */ {
      parameters: { query?: never; header?: never; path: { graph_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AmpInputsSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/amp/{graph_id}/kickoff': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Start the crew */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { graph_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': AmpKickoffSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AmpKickedOffSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/amp/{graph_id}/status/{kickoff_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How a kickoff is doing */ {
      parameters: {
        query?: never;
        header?: never;
        path: { graph_id: string; kickoff_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AmpStatusSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/amp/{graph_id}/resume': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Look at an output of a task with `human_input` */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { graph_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': AmpResumeSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AmpResumedSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/templates': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The templates, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TemplateSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Make a template */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateTemplateSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': TemplateSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/templates/{template_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One template */ {
      parameters: { query?: never; header?: never; path: { template_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TemplateSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Change a template */ {
      parameters: { query?: never; header?: never; path: { template_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateTemplateSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TemplateSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete a template */ {
      parameters: { query?: never; header?: never; path: { template_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change a template */ {
      parameters: { query?: never; header?: never; path: { template_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateTemplateSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': TemplateSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/templates/{template_id}/instantiate': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Make a graph of a template */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { template_id: string };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': InstantiateTemplateSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': GraphSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/threads': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your threads, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          scope?: 'mine' | 'all' | undefined;
          graph_id?: string | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ThreadSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Begin a thread */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': CreateThreadSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': ThreadSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/threads/{thread_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One thread */ {
      parameters: { query?: never; header?: never; path: { thread_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ThreadSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Change a thread */ {
      parameters: { query?: never; header?: never; path: { thread_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateThreadSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ThreadSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete a thread with its messages */ {
      parameters: { query?: never; header?: never; path: { thread_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change a thread */ {
      parameters: { query?: never; header?: never; path: { thread_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateThreadSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ThreadSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/threads/{thread_id}/messages': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its messages, page by page */ {
      parameters: {
        query?: { after?: number | undefined; limit?: number | undefined };
        header?: never;
        path: { thread_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': ConversationMessageSchema[] };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Say something, and with `execute` start the thread’s graph */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { thread_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateMessageSchema } };
      responses: {
        201: {
          headers: { [name: string]: unknown };
          content: { 'application/json': ConversationMessageSchema };
        };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/threads/{thread_id}/stream': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its messages as server-sent events */ {
      parameters: {
        query?: { after?: number | undefined; token?: string | undefined };
        header?: never;
        path: { thread_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'text/event-stream': string } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agent-summary': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How your agents stand, counted now */ {
      parameters: {
        query?: { scope?: 'mine' | 'all' | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentSummarySchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agent-types': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your kinds of agents by name, with how many there are of each */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined; scope?: 'mine' | 'all' | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentTypeSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agent-types/{agent_type_id}/instances': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Instances of one type, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined; status?: string | undefined };
        header?: never;
        path: { agent_type_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentInstanceSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agent-instances': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your agent instances, newest first: agents elsewhere, and every run of a crew */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          scope?: 'mine' | 'all' | undefined;
          status?: string | undefined;
          agent_type_id?: string | undefined;
          source?: 'run' | 'external' | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentInstanceSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agent-instances/{agent_instance_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One instance with its last messages */ {
      parameters: {
        query?: { before_message_id?: string | undefined; limit?: number | undefined };
        header?: never;
        path: { agent_instance_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': AgentInstanceDetailSchema };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete: /** Delete it with its messages */ {
      parameters: { query?: never; header?: never; path: { agent_instance_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Name it */ {
      parameters: { query?: never; header?: never; path: { agent_instance_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateAgentInstanceSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentInstanceSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/agent-instances/{agent_instance_id}/messages': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its messages, page by page */ {
      parameters: {
        query?: { after?: number | undefined; limit?: number | undefined };
        header?: never;
        path: { agent_instance_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': ConversationMessageSchema[] };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Say something to it, or answer what it asks */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { agent_instance_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': PersonMessageSchema } };
      responses: {
        201: {
          headers: { [name: string]: unknown };
          content: { 'application/json': ConversationMessageSchema };
        };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agent-instances/{agent_instance_id}/messages/stream': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Its messages as server-sent events */ {
      parameters: {
        query?: { after?: number | undefined; token?: string | undefined };
        header?: never;
        path: { agent_instance_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'text/event-stream': string } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/agent-instances/{agent_instance_id}/status': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put: /** Say how it stands, in its agent’s place */ {
      parameters: { query?: never; header?: never; path: { agent_instance_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': AgentInstanceStatusSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': AgentInstanceSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/inbox/stream': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** All your messages as server-sent events: threads, runs and agents elsewhere */ {
      parameters: {
        query?: { after?: string | undefined; token?: string | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'text/event-stream': string } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/messages/agent': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Report a step or ask a question, and hear what people have said meanwhile */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': AgentMessageSchema } };
      responses: {
        201: {
          headers: { [name: string]: unknown };
          content: { 'application/json': AgentMessageTakenSchema };
        };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/messages/user': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Report what a person told the agent where it runs */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': ReportedMessageSchema } };
      responses: {
        201: {
          headers: { [name: string]: unknown };
          content: { 'application/json': ReportedMessageTakenSchema };
        };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/messages/pending': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Read what people have said since the cursor, which moves on */ {
      parameters: {
        query: { agent_instance_id: string; last_read_message_id?: string | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': PendingMessagesSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/messages/{message_id}/request-input': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch: /** Make a message that was sent already a question */ {
      parameters: { query?: never; header?: never; path: { message_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': InputRequestedSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/sessions/end': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** End the session; its open questions expire */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': EndSessionSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': SessionEndedSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/mcp': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** MCP server (streamable HTTP) with the tools log_step, ask_question and end_session */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': McpRequestSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'text/event-stream': string } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        406: components['responses']['NotAcceptable'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tools': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The tools agents may use, by name */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ToolSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tools/{name}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One tool */ {
      parameters: { query?: never; header?: never; path: { name: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ToolSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tools/{name}/run': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Try a tool out */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { name: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': RunToolSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ToolOutputSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tool-servers': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The MCP servers that tools come from, and which of them are away */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ToolServerSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your webhooks, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined; scope?: 'mine' | 'all' | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WebhookSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Be told of events */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateWebhookSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': NewWebhookSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{webhook_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One webhook, and how it is doing */ {
      parameters: { query?: never; header?: never; path: { webhook_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WebhookSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Change a webhook, switch it off or on */ {
      parameters: { query?: never; header?: never; path: { webhook_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateWebhookSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WebhookSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete a webhook with its deliveries */ {
      parameters: { query?: never; header?: never; path: { webhook_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change a webhook, switch it off or on */ {
      parameters: { query?: never; header?: never; path: { webhook_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateWebhookSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WebhookSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/webhooks/{webhook_id}/rotate-secret': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Replace the secret of a webhook */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { webhook_id: string };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': RotateWebhookSecretSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': NewWebhookSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{webhook_id}/deliveries': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** What was and will be sent, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          status?: 'pending' | 'delivered' | 'failed' | undefined;
        };
        header?: never;
        path: { webhook_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': WebhookDeliverySchema[] };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One delivery */ {
      parameters: {
        query?: never;
        header?: never;
        path: { webhook_id: string; delivery_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WebhookDeliverySchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Send a message again, now */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { webhook_id: string; delivery_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': WebhookDeliverySchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{webhook_id}/test': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Send a message to see whether it arrives */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { webhook_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': WebhookDeliverySchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/user-agents': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your user agents, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined; scope?: 'mine' | 'all' | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': UserAgentSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Make an agent of yours known */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': CreateUserAgentSchema } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': UserAgentSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/user-agents/{user_agent_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One user agent, and how it is doing */ {
      parameters: { query?: never; header?: never; path: { user_agent_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': UserAgentSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Change a user agent */ {
      parameters: { query?: never; header?: never; path: { user_agent_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateUserAgentSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': UserAgentSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete a user agent; its instances stay */ {
      parameters: { query?: never; header?: never; path: { user_agent_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch: /** Change a user agent */ {
      parameters: { query?: never; header?: never; path: { user_agent_id: string }; cookie?: never };
      requestBody: { content: { 'application/json': UpdateUserAgentSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': UserAgentSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    trace?: never;
  };
  '/api/v1/user-agents/{user_agent_id}/instances': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Have a user agent begin something */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { user_agent_id: string };
        cookie?: never;
      };
      requestBody: { content: { 'application/json': RequestUserAgentInstanceSchema } };
      responses: {
        202: {
          headers: { [name: string]: unknown };
          content: { 'application/json': RequestedInstanceSchema };
        };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/user-agents/{user_agent_id}/deliveries': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The calls of its webhook, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          status?: 'pending' | 'delivered' | 'failed' | undefined;
        };
        header?: never;
        path: { user_agent_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': UserAgentDeliverySchema[] };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/memories': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** What your crews remember, newest first */ {
      parameters: {
        query?: {
          crew?: string | undefined;
          kind?: 'short' | 'long' | 'entity' | undefined;
          skip?: number | undefined;
          limit?: number | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MemorySchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete: /** Make your crews forget */ {
      parameters: {
        query?: { crew?: string | undefined; kind?: 'short' | 'long' | 'entity' | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ClearedMemoriesSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/knowledge': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Your knowledge sources, newest first */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined; scope?: 'mine' | 'all' | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': KnowledgeSourceSchema[] };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Add a knowledge source */ {
      parameters: {
        query?: { name?: string | undefined; embedder?: string | undefined };
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': AddKnowledgeSchema; 'application/pdf': string } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': KnowledgeSourceSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/knowledge/{knowledge_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One knowledge source */ {
      parameters: { query?: never; header?: never; path: { knowledge_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': KnowledgeSourceSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete: /** Delete a knowledge source */ {
      parameters: { query?: never; header?: never; path: { knowledge_id: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/ws/': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Events over a WebSocket */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        101: { headers: { [name: string]: unknown }; content?: never };
        400: components['responses']['MalformedRequest'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        426: components['responses']['UpgradeRequired'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/metrics': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** Metrics for Prometheus */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content?: never };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/codec/decode': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Decrypt payloads, for Temporal’s Web UI and CLI */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': TemporalPayloadsSchema } };
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': TemporalPayloadsOutputSchema };
        };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/codec/encode': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Encrypt payloads, for Temporal’s Web UI and CLI */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': TemporalPayloadsSchema } };
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': TemporalPayloadsOutputSchema };
        };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/admin/reconcile': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Compare database and Temporal, and mend what differs */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody?: {
        content: {
          'application/json': {
            /** Only says what differs */
            dry_run?: boolean | undefined;
          };
        };
      };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': ReconcileReportSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/admin/workers': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The workers there are, newest first */ {
      parameters: {
        query?: {
          skip?: number | undefined;
          limit?: number | undefined;
          status?: 'running' | 'draining' | 'ended' | 'gone' | undefined;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': WorkerSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/admin/workers/{worker_id}/drain': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Have a worker take nothing new, and end */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { worker_id: string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': WorkerSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/flows': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** The flows you can run: those of this server, then those you have uploaded, by name */ {
      parameters: {
        query?: { skip?: number | undefined; limit?: number | undefined };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': FlowSchema[] } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post: /** Upload a declarative flow */ {
      parameters: {
        query?: never;
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: { content: { 'application/json': UploadFlowSchema; 'application/yaml': string } };
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': SavedFlowSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/flows/{flow}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** One flow with its definition */ {
      parameters: { query?: never; header?: never; path: { flow: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': FlowDetailSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put: /** Replace an uploaded flow */ {
      parameters: { query?: never; header?: never; path: { flow: string }; cookie?: never };
      requestBody: { content: { 'application/json': UploadFlowSchema; 'application/yaml': string } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': SavedFlowSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    post?: never;
    delete: /** Delete an uploaded flow */ {
      parameters: { query?: never; header?: never; path: { flow: string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': MessageSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/content-review-flow/execute': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Has a text written by a crew, judged, revised, approved by a person and published */ {
      parameters: {
        query?: {
          priority?: number | undefined;
          tags?: string | undefined;
          timeout_seconds?: number | undefined;
          max_tokens_total?: number | undefined;
          max_cost_usd?: number | undefined;
          on_budget?: 'fail' | 'ask' | undefined;
          on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
          thread_id?: string | undefined;
        };
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** What to write about */
            topic: string;
            audience?: string | undefined;
            /** How often the text is written anew at most */
            max_revisions?: number | undefined;
            /** Where the text is posted once a person has approved it; without it, it is only given back */
            publish_url?: string | undefined;
            /** After so long without an answer the text counts as rejected */
            decide_within_seconds?: number | undefined;
          };
        };
      };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': FlowStartedSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/content-review-flow/execution/{execution_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How a run of it is doing */ {
      parameters: { query?: never; header?: never; path: { execution_id: number | string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': ContentReviewFlowExecutionSchema };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/poem-flow/execute': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Writes a poem about how CrewAI is awesome */ {
      parameters: {
        query?: {
          priority?: number | undefined;
          tags?: string | undefined;
          timeout_seconds?: number | undefined;
          max_tokens_total?: number | undefined;
          max_cost_usd?: number | undefined;
          on_budget?: 'fail' | 'ask' | undefined;
          on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
          thread_id?: string | undefined;
        };
        header?: { 'Idempotency-Key'?: string | undefined };
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          'application/json': {
            /** How long the poem is to be; one to five by chance */
            sentence_count?: number | undefined;
          };
        };
      };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': FlowStartedSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/poem-flow/execution/{execution_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How a run of it is doing */ {
      parameters: { query?: never; header?: never; path: { execution_id: number | string }; cookie?: never };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': PoemFlowExecutionSchema };
        };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/{flow}/execute': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get?: never;
    put?: never;
    post: /** Run a flow that you have uploaded */ {
      parameters: {
        query?: {
          priority?: number | undefined;
          tags?: string | undefined;
          timeout_seconds?: number | undefined;
          max_tokens_total?: number | undefined;
          max_cost_usd?: number | undefined;
          on_budget?: 'fail' | 'ask' | undefined;
          on_task_failure?: 'fail' | 'pause' | 'continue' | undefined;
          thread_id?: string | undefined;
        };
        header?: { 'Idempotency-Key'?: string | undefined };
        path: { flow: string };
        cookie?: never;
      };
      requestBody?: { content: { 'application/json': FlowStateSchema } };
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': FlowStartedSchema } };
        400: components['responses']['InvalidJson'];
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        409: components['responses']['Conflict'];
        413: components['responses']['PayloadTooLarge'];
        415: components['responses']['UnsupportedMediaType'];
        422: components['responses']['ValidationFailed'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/{flow}/execution/{execution_id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** How a run of an uploaded flow is doing */ {
      parameters: {
        query?: never;
        header?: never;
        path: { flow: string; execution_id: number | string };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': FlowExecutionSchema } };
        401: components['responses']['Unauthenticated'];
        403: components['responses']['Forbidden'];
        404: components['responses']['NotFound'];
        429: components['responses']['RateLimited'];
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/openapi.json': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: /** This document */ {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: {
        200: {
          headers: { [name: string]: unknown };
          content: { 'application/json': { openapi: string } & { [key: string]: unknown } };
        };
        503: components['responses']['ServiceUnavailable'];
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}

export interface components {
  schemas: {
    Register: RegisterSchema;
    Login: LoginSchema;
    Refresh: RefreshSchema;
    Logout: LogoutSchema;
    UpdateMe: UpdateMeSchema;
    ChangePassword: ChangePasswordSchema;
    CreateApiKey: CreateApiKeySchema;
    UpdateApiKey: UpdateApiKeySchema;
    CreateUser: CreateUserSchema;
    UpdateUser: UpdateUserSchema;
    ResetPassword: ResetPasswordSchema;
    CrewStart: CrewStartSchema;
    TaskEdit: TaskEditSchema;
    Replay: ReplaySchema;
    BulkAction: BulkActionSchema;
    QuestionAnswer: QuestionAnswerSchema;
    CreateGraph: CreateGraphSchema;
    GraphNode: GraphNodeSchema;
    GraphEdge: GraphEdgeSchema;
    UpdateGraph: UpdateGraphSchema;
    CloneGraph: CloneGraphSchema;
    ImportGraph: ImportGraphSchema;
    GraphDocument: GraphDocumentSchema;
    ExecuteGraph: ExecuteGraphSchema;
    ExecuteGraphBatch: ExecuteGraphBatchSchema;
    CreateAgent: CreateAgentSchema;
    UpdateAgent: UpdateAgentSchema;
    TestAgent: TestAgentSchema;
    CreateWorkflow: CreateWorkflowSchema;
    UpdateWorkflow: UpdateWorkflowSchema;
    ExecuteWorkflow: ExecuteWorkflowSchema;
    ExecuteWorkflowBatch: ExecuteWorkflowBatchSchema;
    CreateTask: CreateTaskSchema;
    UpdateTask: UpdateTaskSchema;
    ExecuteTask: ExecuteTaskSchema;
    CreateSchedule: CreateScheduleSchema;
    UpdateSchedule: UpdateScheduleSchema;
    Backfill: BackfillSchema;
    AmpKickoff: AmpKickoffSchema;
    AmpResume: AmpResumeSchema;
    CreateTemplate: CreateTemplateSchema;
    UpdateTemplate: UpdateTemplateSchema;
    InstantiateTemplate: InstantiateTemplateSchema;
    CreateThread: CreateThreadSchema;
    UpdateThread: UpdateThreadSchema;
    CreateMessage: CreateMessageSchema;
    UpdateAgentInstance: UpdateAgentInstanceSchema;
    PersonMessage: PersonMessageSchema;
    AgentInstanceStatus: AgentInstanceStatusSchema;
    AgentMessage: AgentMessageSchema;
    ReportedMessage: ReportedMessageSchema;
    EndSession: EndSessionSchema;
    McpRequest: McpRequestSchema;
    RunTool: RunToolSchema;
    CreateWebhook: CreateWebhookSchema;
    UpdateWebhook: UpdateWebhookSchema;
    RotateWebhookSecret: RotateWebhookSecretSchema;
    CreateUserAgent: CreateUserAgentSchema;
    UpdateUserAgent: UpdateUserAgentSchema;
    RequestUserAgentInstance: RequestUserAgentInstanceSchema;
    AddKnowledge: AddKnowledgeSchema;
    TemporalPayloads: TemporalPayloadsSchema;
    UploadFlow: UploadFlowSchema;
    FlowState: FlowStateSchema;
    __schema0: __schema0Schema;
    __schema1: __schema1Schema;
    __schema2: __schema2Schema;
    __schema3: __schema3Schema;
    __schema4: __schema4Schema;
    __schema5: __schema5Schema;
    __schema6: __schema6Schema;
    __schema7: __schema7Schema;
    __schema8: __schema8Schema;
    __schema9: __schema9Schema;
    __schema10: __schema10Schema;
    __schema11: __schema11Schema;
    __schema12: __schema12Schema;
    __schema13: __schema13Schema;
    __schema14: __schema14Schema;
    __schema15: __schema15Schema;
    __schema16: __schema16Schema;
    __schema17: __schema17Schema;
    __schema18: __schema18Schema;
    __schema19: __schema19Schema;
    Error: ErrorSchema;
    User: UserSchema;
    Session: SessionSchema;
    Message: MessageSchema;
    Me: MeSchema;
    ApiKey: ApiKeySchema;
    NewApiKey: NewApiKeySchema;
    NewUser: NewUserSchema;
    PasswordReset: PasswordResetSchema;
    AuditEntry: AuditEntrySchema;
    Welcome: WelcomeSchema;
    Health: HealthSchema;
    Live: LiveSchema;
    Ready: ReadySchema;
    CrewStarted: CrewStartedSchema;
    CrewStatus: CrewStatusSchema;
    CrewExecutions: CrewExecutionsSchema;
    Execution: ExecutionSchema;
    LogEntry: LogEntrySchema;
    TokenUsage: TokenUsageSchema;
    TaskRun: TaskRunSchema;
    TaskOutput: TaskOutputSchema;
    Event: EventSchema;
    ExecutionStats: ExecutionStatsSchema;
    ExecutionStatus: ExecutionStatusSchema;
    ExecutionMetrics: ExecutionMetricsSchema;
    BulkResult: BulkResultSchema;
    Question: QuestionSchema;
    Batch: BatchSchema;
    GraphSummary: GraphSummarySchema;
    Graph: GraphSchema;
    GraphVersion: GraphVersionSchema;
    GraphVersionDocument: GraphVersionDocumentSchema;
    ImportedGraph: ImportedGraphSchema;
    GraphValidation: GraphValidationSchema;
    GraphInputs: GraphInputsSchema;
    BatchStarted: BatchStartedSchema;
    Agent: AgentSchema;
    AgentTest: AgentTestSchema;
    Workflow: WorkflowSchema;
    Task: TaskSchema;
    TaskExecution: TaskExecutionSchema;
    Schedule: ScheduleSchema;
    AmpInputs: AmpInputsSchema;
    AmpKickedOff: AmpKickedOffSchema;
    AmpStatus: AmpStatusSchema;
    AmpResumed: AmpResumedSchema;
    Template: TemplateSchema;
    Thread: ThreadSchema;
    ConversationMessage: ConversationMessageSchema;
    AgentSummary: AgentSummarySchema;
    AgentType: AgentTypeSchema;
    AgentInstance: AgentInstanceSchema;
    AgentInstanceDetail: AgentInstanceDetailSchema;
    AgentMessageTaken: AgentMessageTakenSchema;
    ReportedMessageTaken: ReportedMessageTakenSchema;
    PendingMessages: PendingMessagesSchema;
    InputRequested: InputRequestedSchema;
    SessionEnded: SessionEndedSchema;
    Tool: ToolSchema;
    ToolOutput: ToolOutputSchema;
    ToolServer: ToolServerSchema;
    Webhook: WebhookSchema;
    NewWebhook: NewWebhookSchema;
    WebhookDelivery: WebhookDeliverySchema;
    UserAgent: UserAgentSchema;
    RequestedInstance: RequestedInstanceSchema;
    UserAgentDelivery: UserAgentDeliverySchema;
    Memory: MemorySchema;
    ClearedMemories: ClearedMemoriesSchema;
    KnowledgeSource: KnowledgeSourceSchema;
    ReconcileReport: ReconcileReportSchema;
    Worker: WorkerSchema;
    Flow: FlowSchema;
    SavedFlow: SavedFlowSchema;
    FlowDetail: FlowDetailSchema;
    FlowStarted: FlowStartedSchema;
    ContentReviewFlowExecution: ContentReviewFlowExecutionSchema;
    PoemFlowExecution: PoemFlowExecutionSchema;
    FlowExecution: FlowExecutionSchema;
    __schema20: __schema20Schema;
    __schema21: __schema21Schema;
    __schema22: __schema22Schema;
    __schema23: __schema23Schema;
    __schema24: __schema24Schema;
    __schema25: __schema25Schema;
    __schema26: __schema26Schema;
    __schema27: __schema27Schema;
    __schema28: __schema28Schema;
    GraphNodeOutput: GraphNodeOutputSchema;
    GraphEdgeOutput: GraphEdgeOutputSchema;
    GraphDocumentOutput: GraphDocumentOutputSchema;
    TemporalPayloadsOutput: TemporalPayloadsOutputSchema;
  };
  responses: {
    InvalidJson: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    Forbidden: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    PayloadTooLarge: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    UnsupportedMediaType: {
      headers: { [name: string]: unknown };
      content: { 'application/json': ErrorSchema };
    };
    ValidationFailed: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    RateLimited: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    ServiceUnavailable: {
      headers: { [name: string]: unknown };
      content: { 'application/json': ErrorSchema };
    };
    Unauthenticated: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    Conflict: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    NotFound: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    NotAcceptable: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    MalformedRequest: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
    UpgradeRequired: { headers: { [name: string]: unknown }; content: { 'application/json': ErrorSchema } };
  };
}
