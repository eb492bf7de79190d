import type { JsonValue } from '../../domain/json.ts';
import { budgetKey, raiseOf, STOP, type ExhaustedLimit, type OnBudget } from '../../domain/run/budget.ts';
import type { Sql } from '../../persistence/sql.ts';
import type { NewCall } from '../calls/record-call.ts';

/** Limits of tokens and money: which one a refused call met, what people have said of it, and raising it. */

interface LimitsRow {
  on_budget: OnBudget;
  max_tokens: string | null;
  tokens: string;
  max_cost: string | null;
  cost: string | null;
  task_max_tokens: string | null;
  task_tokens: string;
  task_max_cost: string | null;
  task_cost: string | null;
}

/** The limit a call was refused for, under the run's lock; null when by now there is room. */
export async function exhaustedLimit(
  sql: Sql,
  id: number,
  taskId: number,
  call: Pick<NewCall, 'reserveTokens' | 'reserveCostMicroUsd'>,
): Promise<ExhaustedLimit | null> {
  const [row] = await sql.query<LimitsRow>(
    `select e.on_budget, e.max_tokens_total as max_tokens, e.total_tokens + e.reserved_tokens as tokens,
       e.max_cost_micro_usd as max_cost, e.cost_micro_usd + e.reserved_cost_micro_usd as cost,
       t.max_tokens_total as task_max_tokens, t.total_tokens as task_tokens,
       t.max_cost_micro_usd as task_max_cost, t.cost_micro_usd as task_cost
     from executions e join task_executions t on t.execution_id = e.id where e.id = $1 and t.id = $2`,
    [id, taskId],
  );
  if (row === undefined) return null;
  const { reserveTokens: tokens, reserveCostMicroUsd: cost } = call;
  const limits = [
    { of: 'execution', limit: 'max_tokens_total', max: row.max_tokens, used: row.tokens, wanted: tokens },
    { of: 'execution', limit: 'max_cost_usd', max: row.max_cost, used: row.cost, wanted: cost },
    {
      of: 'task',
      limit: 'max_tokens_total',
      max: row.task_max_tokens,
      used: row.task_tokens,
      wanted: tokens,
    },
    { of: 'task', limit: 'max_cost_usd', max: row.task_max_cost, used: row.task_cost, wanted: cost },
  ] as const;
  for (const { max: most, used: spent, ...limit } of limits) {
    if (most === null) continue;
    const max = Number(most);
    const used = spent === null ? null : Number(spent);
    if (used !== null && limit.wanted !== null && used + limit.wanted <= max) continue;
    return { ...limit, max, used, onBudget: row.on_budget };
  }
  return null;
}

/** How people stand to a limit in this generation. */
export type AskedForMore = 'open' | 'stop' | 'not_asked';

export async function askedForMore(
  sql: Sql,
  run: { id: number; generation: number },
  taskId: number,
  { of, limit }: Pick<ExhaustedLimit, 'of' | 'limit'>,
): Promise<AskedForMore> {
  const [row] = await sql.query<{ status: string; answer: JsonValue }>(
    `select status, answer from questions
      where execution_id = $1 and generation = $2 and kind = 'budget' and starts_with(question_key, $3)
        and ($4 = 'execution' or task_execution_id = $5) and status <> 'expired'
      order by asked_at desc, status = 'open' desc limit 1`,
    [run.id, run.generation, budgetKey(of, limit), of, taskId],
  );
  if (row?.status === 'open') return 'open';
  return row?.answer === STOP ? 'stop' : 'not_asked';
}

/** Does what a person answered: raises the limit, or leaves it. In the transaction of the answer, under the run's lock. */
export async function raiseLimit(
  sql: Sql,
  run: { id: number },
  taskId: number,
  { of, limit }: Pick<ExhaustedLimit, 'of' | 'limit'>,
  answer: JsonValue,
): Promise<void> {
  const by = raiseOf(limit, answer);
  if (by === null) return;
  const tokens = limit === 'max_tokens_total' ? by : 0;
  const cost = limit === 'max_cost_usd' ? by : 0;
  await sql.query(
    of === 'execution'
      ? `update executions set max_tokens_total = max_tokens_total + $2, max_cost_micro_usd = max_cost_micro_usd + $3
          where id = $1`
      : `update task_executions set max_tokens_total = max_tokens_total + $2,
          max_cost_micro_usd = max_cost_micro_usd + $3 where id = $1`,
    [of === 'execution' ? run.id : taskId, tokens, cost],
  );
}
