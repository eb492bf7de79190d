/** The workflows a worker offers, by the names Temporal knows them under. */
export { crewRun } from './crew-run/workflow.ts';
export { delivery } from './delivery/workflow.ts';
export { flowRun } from './flow-run/workflow.ts';
export { scheduledStart } from './scheduled-start/workflow.ts';
