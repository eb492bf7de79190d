import type { RunErrorCode } from '../../src/domain/errors.ts';
import {
  budgetKey,
  canBeRaised,
  exhaustedData,
  exhaustedText,
  raiseQuestion,
} from '../../src/domain/run/budget.ts';
import { askedForMore, exhaustedLimit } from '../../src/engine/budgets/budget-limits.ts';
import type { NewCall } from '../../src/engine/calls/record-call.ts';
import { askQuestion } from '../../src/engine/questions/run-questions.ts';
import type { Lease } from '../../src/engine/claims/task-lease.ts';
import type { Sql } from '../../src/persistence/sql.ts';
import type { BareEvent } from './task-record.ts';

/** What follows when a call may not begin for a limit of tokens or money. */
export type Exhausted =
  /** A person is asked, now or by another task of the run; an answer wakes all of them. */
  | { kind: 'asked'; events: BareEvent[] }
  | { kind: 'failed'; failure: { error: string; code: RunErrorCode }; events: BareEvent[] }
  /** By now there is room: what was in flight has used less than it had reserved. */
  | { kind: 'room' };

/** Finds the limit, says once in the log that it is reached, and asks where the run wants that. Under the run's lock. */
export async function meetLimit(
  sql: Sql,
  lease: Lease,
  taskId: number,
  wanted: NewCall,
  remindAfterMs: number | null,
  now: Date,
): Promise<Exhausted> {
  const limit = await exhaustedLimit(sql, lease.id, taskId, wanted);
  if (limit === null) return { kind: 'room' };
  const reached: BareEvent = {
    type: 'budget_exhausted',
    // Once for the limit as it stands, whichever task meets it.
    key: `g${lease.generation}:budget:${limit.limit}:${limit.max}`,
    ofRun: limit.of === 'execution',
    data: exhaustedData(limit),
  };
  const failed: Exhausted = {
    kind: 'failed',
    failure: { error: exhaustedText(limit, wanted.name), code: 'BUDGET_EXHAUSTED' },
    events: [reached],
  };
  if (limit.onBudget === 'fail' || !canBeRaised(limit)) return failed;
  const asked = await askedForMore(sql, lease, taskId, limit);
  if (asked === 'stop') return failed;
  if (asked === 'open') return { kind: 'asked', events: [] };
  const { event } = await askQuestion(
    sql,
    lease,
    taskId,
    {
      // The limit is part of the key: once raised, it may be reached and asked about again.
      key: `${budgetKey(limit.of, limit.limit)}:${limit.max}`,
      kind: 'budget',
      ...raiseQuestion(limit),
      options: null,
      multiple: false,
      default: undefined,
      timeoutMs: null,
      remindAfterMs,
    },
    now,
  );
  return { kind: 'asked', events: [reached, event] };
}
