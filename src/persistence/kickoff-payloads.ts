import { z } from 'zod';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import { interpolate, outgrows } from '../domain/plan/interpolate.ts';
import type { EventRow } from './event-log.ts';
import type { Sql } from './sql.ts';
import { parseTimestamp } from './timestamp.ts';

/** What the addresses of a kickoff are sent: CrewAI AMP's payloads of its task, step and crew webhooks, and which event it was. */

/** Characters of a prompt that are sent along with each step. */
const MAX_PROMPT = 4_000;
/** A tool's call stands so near before its result in the log. */
const NEAR = 1_000;

interface RunRow {
  execution_id: string;
  meta: JsonObject | null;
  input_data: JsonObject;
  raw: string | null;
  json: JsonObject | null;
  total_tokens: string;
  prompt_tokens: string;
  completion_tokens: string;
}

interface TaskRow {
  task_key: string;
  name: string;
  agent: string;
  description: string | null;
  inputs: JsonObject | null;
  output: JsonObject | null;
}

interface Material {
  run: RunRow;
  tasks: ReadonlyMap<string, TaskRow>;
  /** The arguments of tools, by the seq of the event that says what came of it. */
  toolInputs: ReadonlyMap<number, string>;
}

const outputSchema = z.looseObject({
  description: z.string(),
  expected_output: z.string(),
  raw: z.string(),
  json_dict: z.record(z.string(), z.json()).nullable(),
});

/**
 * Reads what the payloads of some events of one execution need, in at most three queries.
 * @returns what is sent of each of these events
 */
export async function kickoffPayloads(
  sql: Sql,
  rows: readonly EventRow[],
): Promise<(row: EventRow) => object | null> {
  const [first] = rows;
  if (first === undefined) return () => null;
  const { execution_id: id } = first;
  const ends = rows.some(({ type }) => type === 'workflow_completed');
  const [run] = await sql.query<RunRow>(
    `select execution_id, meta, input_data, total_tokens, prompt_tokens, completion_tokens,
            case when $2 then result->>'raw' end as raw, case when $2 then result->'data' end as json
       from executions where id = $1`,
    [id, ends],
  );
  if (run === undefined) return () => null;
  const material = {
    run,
    tasks: await readTasks(sql, id, rows),
    toolInputs: await readToolInputs(sql, id, rows),
  };
  return (row) => toPayload(row, material);
}

async function readTasks(sql: Sql, id: number, rows: readonly EventRow[]): Promise<Map<string, TaskRow>> {
  const keys = [...new Set(rows.flatMap(({ task_key: key }) => (key === null ? [] : [key])))];
  if (keys.length === 0) return new Map();
  const withOutput = [
    ...new Set(
      rows.flatMap(({ type, task_key: key }) => (type === 'task_completed' && key !== null ? [key] : [])),
    ),
  ];
  const tasks = await sql.query<TaskRow>(
    `select task_key, name, agent, spec->>'description' as description, spec->'inputs' as inputs,
            case when task_key = any($3) then output end as output
       from task_executions where execution_id = $1 and task_key = any($2)`,
    [id, keys, withOutput],
  );
  return new Map(tasks.map((task) => [task.task_key, task]));
}

/** What tools were called with: the last call of that id before the result. */
async function readToolInputs(sql: Sql, id: number, rows: readonly EventRow[]): Promise<Map<number, string>> {
  const seqs = rows.filter(({ type }) => type.startsWith('tool_')).map(({ seq }) => seq);
  if (seqs.length === 0) return new Map();
  const found = await sql.query<{ seq: number; arguments: string }>(
    `select v.seq, s.arguments
       from execution_events v cross join lateral (
         select b.data->>'arguments' as arguments from execution_events b
          where b.execution_id = v.execution_id and b.seq < v.seq and b.seq > v.seq - ${NEAR}
            and b.type = 'tool_started' and b.task_key is not distinct from v.task_key
            and b.data->>'call_id' = v.data->>'call_id'
          order by b.seq desc limit 1) s
      where v.execution_id = $1 and v.seq = any($2) and s.arguments is not null`,
    [id, seqs],
  );
  return new Map(found.map((row) => [row.seq, row.arguments]));
}

function toPayload(row: EventRow, { run, tasks, toolInputs }: Material): JsonObject {
  const task = row.task_key === null ? undefined : tasks.get(row.task_key);
  const common: JsonObject = {
    kickoff_id: run.execution_id,
    meta: run.meta,
    event: row.type,
    seq: row.seq,
    timestamp: parseTimestamp(row.created_at).toISOString(),
  };
  if (row.type === 'task_completed') return { ...ofTask(row, task), ...common };
  if (row.type.startsWith('workflow_')) return { ...ofCrew(row, run), ...common };
  return { ...ofStep(row, run, task, toolInputs.get(row.seq)), ...common };
}

const textOf = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);

function ofTask({ task_key: key, data }: EventRow, task: TaskRow | undefined): JsonObject {
  const output = outputSchema.safeParse(task?.output).data;
  // The task may have been done again since: the event says what it was then.
  const isSame = output?.raw === data['raw'];
  return {
    task_id: key,
    name: task?.name ?? key,
    description: output?.description ?? task?.description ?? null,
    expected_output: output?.expected_output ?? null,
    summary: textOf(data['summary']),
    agent: textOf(data['agent']),
    output: textOf(data['raw']),
    output_json: isSame ? (output?.json_dict ?? null) : null,
  };
}

/** A reply, or what came of a tool. */
function ofStep(
  { type, task_key: key, data }: EventRow,
  run: RunRow,
  task: TaskRow | undefined,
  toolInput: string | undefined,
): JsonObject {
  const step = {
    task_id: key,
    prompt: promptOf(run, task),
    agent: textOf(data['agent']) ?? task?.agent ?? null,
  };
  if (type !== 'llm_call_completed')
    return {
      ...step,
      thought: null,
      tool: textOf(data['tool']),
      tool_input: toolInput ?? null,
      result: textOf(data['output']) ?? textOf(data['error']),
    };
  const [tool] = Array.isArray(data['tool_calls']) ? data['tool_calls'] : [];
  const isAnswer = tool === undefined;
  const text = textOf(data['text']);
  return {
    ...step,
    thought: isAnswer ? null : text,
    tool: textOf(tool),
    tool_input: null,
    result: isAnswer ? text : null,
  };
}

/** The description of the task with its inputs filled in, cut. */
function promptOf(run: RunRow, task: TaskRow | undefined): string | null {
  if (typeof task?.description !== 'string') return null;
  const inputs = { ...task.inputs, ...run.input_data };
  const filled = outgrows([task.description], inputs)
    ? task.description
    : interpolate(task.description, inputs);
  return filled.length > MAX_PROMPT ? `${filled.slice(0, MAX_PROMPT).toWellFormed()}…` : filled;
}

function ofCrew({ type, data }: EventRow, run: RunRow): JsonObject {
  const isDone = type === 'workflow_completed';
  return {
    state: isDone ? 'SUCCESS' : 'FAILED',
    result: isDone ? (run.raw ?? '') : null,
    // A result that is no JSON has none.
    result_json: isDone && Object.keys(run.json ?? {}).length > 0 ? run.json : null,
    error: isDone
      ? null
      : (textOf(data['error']) ?? (type === 'workflow_cancelled' ? 'cancelled' : 'failed')),
    token_usage: {
      total_tokens: Number(run.total_tokens),
      prompt_tokens: Number(run.prompt_tokens),
      completion_tokens: Number(run.completion_tokens),
    },
  };
}
