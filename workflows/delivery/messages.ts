import { defineSignal } from '@temporalio/workflow';

/** There is something (more) to deliver. The API imports this file, and nothing else of the workflow. */
export const wakeSignal = defineSignal('wake');
