import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { ExecutionStatus } from '../../src/domain/run/status.ts';
import type { RunState } from './run-state.ts';

const EXECUTION_STATE = defineSearchAttributeKey('ExecutionState', 'KEYWORD');

/** Shows an operator in the Web UI where the run stands, without a payload to open. */
export function show(state: RunState, status: ExecutionStatus, searchable: boolean): void {
  setCurrentDetails(`**${status}**, ${state.doneCount} of ${state.taskCount} tasks done`);
  if (searchable) upsertSearchAttributes([{ key: EXECUTION_STATE, value: status }]);
}
