import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { ExecutionStatus } from '../../src/domain/run/status.ts';
import type { RunState } from './run-state.ts';

const EXECUTION_STATE = defineSearchAttributeKey('ExecutionState', 'KEYWORD');

/** As many tasks in hand are named; of the others there is a number. */
const NAMED = 5;

/** Shows an operator in the Web UI where the run stands, without a payload to open. */
export function show(state: RunState, status: ExecutionStatus, searchable: boolean): void {
  setCurrentDetails(`**${status}**, ${done(state)}`);
  if (searchable) upsertSearchAttributes([{ key: EXECUTION_STATE, value: status }]);
}

/** The same while tasks come and go: no command, so it changes no history. */
export function showInHand(state: RunState): void {
  const names = state.namesOut(NAMED);
  const more = state.tasksOut - names.length;
  const inHand =
    names.length === 0 ? '' : `; in hand: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  setCurrentDetails(`**${state.isPaused ? 'pausing' : 'running'}**, ${done(state)}${inHand}`);
}

const done = (state: RunState): string => `${state.doneCount} of ${state.taskCount} tasks done`;
