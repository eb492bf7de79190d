import { defineSignal } from '@temporalio/workflow';

/** The run that was started at this time is over, or it could not be started. */
export const endedSignal = defineSignal('ended');
